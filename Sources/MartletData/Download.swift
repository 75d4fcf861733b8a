import Foundation
import MartletCore

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// One file from the web, into memory.
enum Download {
    /// The bytes at `address`. Throws when the server does not answer within 20 seconds, sends nothing for that long,
    /// refuses, or sends more than `limit` bytes, and when the whole download takes more than ten minutes.
    static func bytes(of address: String, limit: Int) throws -> [UInt8] {
        guard let url = URL(string: address) else { throw MartletError("Expected a web address.", at: address) }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 20
        configuration.timeoutIntervalForResource = 600
        let receiver = Receiver(limit: limit)
        let session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: url).resume()
        return Array(try receiver.wait(for: address))
    }

    /// Collects the received bytes on the session's queue, for the thread that waits.
    private final class Receiver: NSObject, URLSessionDataDelegate {
        private struct State {
            var data = Data()
            var problem: String?
        }
        private let state = Guarded(State())
        private let isDone = DispatchSemaphore(value: 0)
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        func wait(for address: String) throws -> Data {
            isDone.wait()
            return try state.withLock { state in
                if let problem = state.problem { throw MartletError(problem, at: address) }
                return state.data
            }
        }

        func urlSession(
            _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
            completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
        ) {
            let code = (response as? HTTPURLResponse)?.statusCode ?? 200
            if code != 200 { fail("Expected the file. The server answered with status \(code).") }
            completionHandler(code == 200 ? .allow : .cancel)
        }

        func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
            let fits = state.withLock { state in
                guard data.count <= limit - state.data.count else { return false }
                state.data += data
                return true
            }
            if !fits {
                fail("Expected at most \(limit) bytes. The server sends more.")
                dataTask.cancel()
            }
        }

        func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
            if let error { fail("The download failed: \(error.localizedDescription)") }
            isDone.signal()
        }

        /// The first problem is the cause: cancelling causes further ones.
        private func fail(_ problem: String) {
            state.withLock { if $0.problem == nil { $0.problem = problem } }
        }
    }
}
