import Foundation
import MartletCore
import MartletFormats

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends the logs of every epoch to a server, by HTTP POST: as JSON, or as a form field that holds JSON. If the server
/// cannot be reached, a warning is logged and training continues.
///
/// Source: [`keras.callbacks.RemoteMonitor`](https://keras.io/api/callbacks/remote_monitor/).
public final class RemoteMonitor: Callback, ChiefCallback {
    private let root: String
    private let path: String
    private let field: String
    private let headers: [String: String]
    private let sendAsJSON: Bool
    private let timeout: Double

    /// Makes the callback.
    /// - Parameters:
    ///   - root: the server.
    ///   - path: the path on the server that receives the logs.
    ///   - field: the form field that holds them.
    ///   - headers: further headers of the request.
    ///   - sendAsJSON: whether the body is JSON instead of a form.
    ///   - timeout: how many seconds to wait for an answer.
    public init(
        root: String = "http://localhost:9000", path: String = "/publish/epoch/end/", field: String = "data",
        headers: [String: String] = [:], sendAsJSON: Bool = false, timeout: Double = 10
    ) {
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.sendAsJSON = sendAsJSON
        self.timeout = timeout
    }

    public override func onTrainBegin() throws { _ = try url() }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        if let problem = send(try request(epoch, logs)) {
            Settings.logger.warning("Could not reach the server of RemoteMonitor at \(root): \(problem)")
        }
    }

    private func url() throws -> URL {
        guard let url = URL(string: root + path), url.host != nil else {
            throw MartletError("Expected the address of a server. Received: \"\(root + path)\".", at: "RemoteMonitor")
        }
        return url
    }

    /// The request that is sent after an epoch.
    package func request(_ epoch: Int, _ logs: Logs) throws -> URLRequest {
        var members = ["epoch": JSONValue.int(epoch)]
        for (name, value) in logs { members[name] = .double(value) }
        let json = JSONValue.object(members).serialized()
        var request = URLRequest(url: try url(), timeoutInterval: timeout)
        request.httpMethod = "POST"
        let unreserved = CharacterSet.alphanumerics.intersection(.init(charactersIn: "\0"..."\u{7F}"))
        func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "" }
        request.httpBody = Data((sendAsJSON ? json : "\(escaped(field))=\(escaped(json))").utf8)
        request.setValue(
            sendAsJSON ? "application/json" : "application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return request
    }

    /// Sends a request, waits for the answer, and returns why it failed, or nil.
    private func send(_ request: URLRequest) -> String? {
        let problem = Outcome()
        let task = URLSession.shared.dataTask(with: request) { _, _, error in
            problem.text = error?.localizedDescription
            problem.isThere.signal()
        }
        task.resume()
        problem.isThere.wait()
        return problem.text
    }

    /// Written before the signal and read after it.
    private final class Outcome: @unchecked Sendable {
        let isThere = DispatchSemaphore(value: 0)
        var text: String?
    }

    public override var description: String { text(["root": root, "path": path]) }
}
