import CMPI
import Foundation
import MartletCore

/// The ranks of an MPI job, of which this process is one.
final class Communicator: @unchecked Sendable {
    let rank: Int
    let size: Int

    /// The job's ranks: one process without MPI.
    /// - Throws: `MartletError` when MPI cannot begin.
    static let world = Result { try Communicator() }

    private init() throws {
        var (rank, size): (Int32, Int32) = (0, 1)
        let code = mk_mpi_start(&rank, &size)
        guard code == 0 else { throw MartletError("MPI cannot begin: \(Self.text(code)).", at: "MultiWorkerMirroredStrategy") }
        (self.rank, self.size) = (Int(rank), Int(size))
    }

    private static func text(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) {
            mk_mpi_error_text(code, $0.baseAddress, $0.count)
            return String(cString: $0.baseAddress!)
        }
    }

    /// Ends all ranks with a message: no rank can go on without the others.
    func abort(_ message: String) -> Never {
        FileHandle.standardError.write(Data("error: rank \(rank) of \(size): \(message)\n".utf8))
        fflush(nil)
        mk_mpi_abort(1)
        exit(1)
    }

    private func check(_ code: Int32, _ what: () -> String) {
        guard code != 0 else { return }
        abort("\(what()): \(Self.text(code)). A rank has ended, hangs, or waits for something else.")
    }

    /// The same number of bytes of each rank.
    func gather<Value: BitwiseCopyable>(_ value: Value, _ what: () -> String) -> [Value] {
        let values = [Value](unsafeUninitializedCapacity: size) { target, count in
            withUnsafeBytes(of: value) {
                check(mk_mpi_gather_equal($0.baseAddress, target.baseAddress, Int32($0.count)), what)
            }
            count = size
        }
        return values
    }

    /// The bytes of each rank, of the numbers that all know.
    func gather(_ bytes: [UInt8], counts: [Int], _ what: () -> String) -> [ArraySlice<UInt8>] {
        let places = Self.places(counts)
        let all = [UInt8](unsafeUninitializedCapacity: max(1, places.last! + counts.last!)) { target, count in
            check(
                mk_mpi_gather(bytes, target.baseAddress, counts.map(Int32.init), places.map(Int32.init), Int32(rank)), what)
            count = places.last! + counts.last!
        }
        return zip(places, counts).map { all[$0..<($0 + $1)] }
    }

    /// Gathers parts of a tensor's memory, each of which one rank has, in their order.
    func gather(_ own: UnsafeRawPointer?, into whole: UnsafeMutableRawPointer, counts: [Int], _ what: () -> String) {
        check(
            mk_mpi_gather(own, whole, counts.map(Int32.init), Self.places(counts).map(Int32.init), Int32(rank)), what)
    }

    /// Sends each rank its part of `source`, and puts what each sends here one behind the other.
    func exchange(
        _ source: UnsafeRawPointer, sending sent: [Int], _ target: UnsafeMutableRawPointer, receiving received: [Int],
        _ what: () -> String
    ) {
        check(
            mk_mpi_exchange(
                source, sent.map(Int32.init), Self.places(sent).map(Int32.init), target, received.map(Int32.init),
                Self.places(received).map(Int32.init)), what)
    }

    private static func places(_ counts: [Int]) -> [Int] {
        var place = 0
        return counts.map { count in
            defer { place += count }
            return place
        }
    }
}
