import CMPI
import Foundation
import MartletCore

/// What ranks tell each other when they meet. It has one size whatever they do, so that a rank which does something else is found.
struct Meeting: BitwiseCopyable {
    enum Kind: Int64 {
        /// Before the results of a step are exchanged.
        case step = 1
        /// After a step, for what callbacks decided.
        case decisions
        /// Within a step, for sums over the whole batch.
        case sums
        /// Before a step of a loop of one's own, for its batch.
        case data
    }

    var kind: Int64
    /// The number of the steps that have begun.
    var step: Int64
    var samples: Int64 = 0
    /// Tell models and optimizers, data and the values of weights apart.
    var function: UInt64 = 0
    var data: UInt64 = 0
    var values: UInt64 = 0
    /// Of a step 0, or 1 where a loss needs factors, or 2 after a failure. Of decisions, whether training stops. Of data 0, or
    /// 1 at the end, or 2 after a failure.
    var state: Int64 = 0
    var byteCount: Int64 = 0
    var learningRate = 0.0

    init(_ kind: Kind, step: Int64) { (self.kind, self.step) = (kind.rawValue, step) }

    /// What the rank is about to do.
    var purpose: String {
        switch Kind(rawValue: kind) {
        case .step: "is at the end of step \(step)"
        case .decisions: "has ended step \(step) and comes to what callbacks decide"
        case .sums: "adds the statistics of step \(step)"
        case .data: "asks for a batch after step \(step)"
        case nil: "does what this version does not know"
        }
    }
}

/// The ranks of an MPI job, of which this process is one.
final class Communicator: @unchecked Sendable {
    let rank: Int
    let size: Int
    /// How long a rank waits for the others, in seconds.
    private(set) var timeout = 25.0

    /// The job's ranks: one process without MPI.
    /// - Throws: `MartletError` when MPI cannot begin.
    static let world = Result { try Communicator() }

    private init() throws {
        var (rank, size): (Int32, Int32) = (0, 1)
        let code = mk_mpi_start(&rank, &size)
        guard code == 0 else { throw MartletError("MPI cannot begin: \(Self.text(code)).", at: "MultiWorkerMirroredStrategy") }
        (self.rank, self.size) = (Int(rank), Int(size))
    }

    func setTimeout(_ seconds: Double) {
        timeout = seconds
        mk_mpi_set_limit(seconds)
    }

    private static func text(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) {
            mk_mpi_error_text(code, $0.baseAddress, $0.count)
            return String(cString: $0.baseAddress!)
        }
    }

    // MARK: Places

    /// Notes what this rank is at, for messages about it.
    /// - Parameter tensor: the path of the tensor that it is at, nil for the last one.
    func note(step: Int, _ function: String, _ work: StaticString, tensor: String? = nil) {
        let place = mk_mpi_own_place()!
        place.pointee.step = Int64(step)
        Self.write(function, to: &place.pointee.function)
        Self.write("\(work)", to: &place.pointee.work)
        if let tensor { note(tensor: tensor) }
    }

    /// Notes the tensor that this rank is at.
    func note(tensor: String) { Self.write(tensor, to: &mk_mpi_own_place()!.pointee.tensor) }

    /// Sees to it that the death of a rank is told of.
    func watch() { mk_mpi_watch() }

    private static func write<Field>(_ text: String, to field: inout Field) {
        withUnsafeMutableBytes(of: &field) { bytes in
            var text = text
            text.withUTF8 { source in
                let count = min(source.count, bytes.count - 1)
                bytes.copyBytes(from: source.prefix(count))
                bytes[count] = 0
            }
        }
    }

    private static func read<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private struct Place {
        let process: Int32
        let step: Int64
        let function, work, tensor: String
    }

    private func place(of rank: Int) -> Place? {
        var place = mk_mpi_place()
        if rank == self.rank {
            place = mk_mpi_own_place()!.pointee
        } else if mk_mpi_place_of(Int32(rank), &place) == 0 {
            return nil
        }
        return Place(
            process: place.process, step: place.step, function: Self.read(place.function), work: Self.read(place.work),
            tensor: Self.read(place.tensor))
    }

    // MARK: Ends

    /// Ends all ranks with a message: no rank can go on without the others.
    /// - Parameter speaker: the rank that says it; the others wait to be ended.
    func end(by speaker: Int, _ message: () -> String) -> Never {
        if rank == speaker {
            FileHandle.standardError.write(Data("error: \(message())\n".utf8))
            mk_mpi_abort(1)
        }
        Thread.sleep(forTimeInterval: 5)
        _exit(1)
    }

    /// Says where this rank is.
    var here: String {
        let place = place(of: rank)!
        return "Step \(place.step)" + (place.function.isEmpty ? "" : ", \(place.function)")
    }

    /// At which tensor this rank is.
    var tensorHere: String {
        let tensor = place(of: rank)!.tensor
        return tensor.isEmpty ? "" : ", at the tensor \"\(tensor)\""
    }

    private func check(_ code: Int32) {
        guard code != 0 else { return }
        guard code == MK_MPI_TIMEOUT else {
            // Mostly a rank has died. The launcher then ends this one, which says more.
            Thread.sleep(forTimeInterval: 2)
            end(by: rank) { "\(here): rank \(rank) of \(size) cannot reach the others\(tensorHere): \(Self.text(code))." }
        }
        var answers = [Int32](repeating: 0, count: size)
        mk_mpi_call_roll(1.5, &answers)
        // All that wait know the same; the first of them says it.
        let speaker = answers.firstIndex(of: Int32(MK_MPI_WAITS)) ?? rank
        end(by: speaker) { reason(answers) }
    }

    private func reason(_ answers: [Int32]) -> String {
        func ranks(_ answer: Int) -> [Int] {
            answers.indices.filter { answers[$0] == Int32(answer) }
        }
        func at(_ rank: Int) -> String {
            guard let place = place(of: rank) else { return "" }
            return " (process \(place.process), in step \(place.step): it \(place.work.isEmpty ? "began" : place.work)"
                + (place.tensor.isEmpty ? ")" : ", at the tensor \"\(place.tensor)\")")
        }
        let (silent, ended) = (ranks(MK_MPI_SILENT), ranks(MK_MPI_HAS_ENDED))
        if let first = silent.first {
            let others = silent.count > 1 ? " So do \(silent.count - 1) more." : ""
            return "\(here): rank \(first) of \(size) does not answer within \(timeout) s\(at(first)). Rank \(rank) "
                + "waits for it\(tensorHere).\(others) All ranks end."
        }
        if let first = ended.first {
            return "\(here): rank \(first) of \(size) has ended its program\(at(first)), and rank \(rank) waits for it"
                + "\(tensorHere). Expected the same number of steps on all ranks."
        }
        return "\(here): the ranks wait for each other, with different things to do: "
            + (0..<size).map { "rank \($0)\(at($0))" }.joined(separator: "; ") + "."
    }

    // MARK: Exchange

    /// Meets the other ranks. One that is elsewhere ends all.
    func meet(_ own: Meeting, failure: () -> String = { "" }) -> [Meeting] {
        let all = gather(own)
        guard let other = all.firstIndex(where: { $0.kind != all[0].kind || $0.step != all[0].step }) else { return all }
        // A failure of one rank's is the reason why it is elsewhere.
        if let failed = all.firstIndex(where: { $0.kind == Meeting.Kind.step.rawValue && $0.state == 2 }) {
            end(by: failed) { "\(here): rank \(failed) of \(size)\(tensorHere): \(failure())" }
        }
        end(by: 0) {
            "\(here): rank \(other) of \(size) \(all[other].purpose), rank 0 \(all[0].purpose)\(tensorHere). Expected the same "
                + "data, and the same number of steps, on all ranks."
        }
    }

    /// The same number of bytes of each rank.
    func gather<Value: BitwiseCopyable>(_ value: Value) -> [Value] {
        [Value](unsafeUninitializedCapacity: size) { target, count in
            withUnsafeBytes(of: value) {
                check(mk_mpi_gather_equal($0.baseAddress, target.baseAddress, Int32($0.count)))
            }
            count = size
        }
    }

    /// The bytes of each rank, of the numbers that all know.
    func gather(_ bytes: [UInt8], counts: [Int]) -> [ArraySlice<UInt8>] {
        let places = Self.places(counts)
        let total = places.last! + counts.last!
        let all = [UInt8](unsafeUninitializedCapacity: max(1, total)) { target, count in
            gather(bytes.withUnsafeBytes { $0.baseAddress }, into: target.baseAddress!, counts: counts)
            count = total
        }
        return zip(places, counts).map { all[$0..<($0 + $1)] }
    }

    /// Texts of all ranks, where none knows the others' lengths.
    func gather(text: String) -> [String] {
        let bytes = Array(text.utf8)
        return gather(bytes, counts: gather(Int64(bytes.count)).map { Int($0) }).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Gathers parts of a tensor's memory, each of which one rank has, in their order.
    func gather(_ own: UnsafeRawPointer?, into whole: UnsafeMutableRawPointer, counts: [Int]) {
        check(mk_mpi_gather(own, whole, numbers(counts), numbers(Self.places(counts)), Int32(rank)))
    }

    /// Sends each rank its part of `source`, and puts what each sends here one behind the other.
    func exchange(
        _ source: UnsafeRawPointer, sending sent: [Int], _ target: UnsafeMutableRawPointer, receiving received: [Int]
    ) {
        check(
            mk_mpi_exchange(
                source, numbers(sent), numbers(Self.places(sent)), target, numbers(received), numbers(Self.places(received))))
    }

    /// MPI counts in 32 bits.
    private func numbers(_ counts: [Int]) -> [Int32] {
        counts.map { count in
            guard let number = Int32(exactly: count) else {
                end(by: rank) { "\(here): rank \(rank) has \(count) bytes for the others\(tensorHere). Expected at most 2 GiB." }
            }
            return number
        }
    }

    private static func places(_ counts: [Int]) -> [Int] {
        var place = 0
        return counts.map { count in
            defer { place += count }
            return place
        }
    }
}
