import Foundation
import MartletCore
import MartletNN

/// Sums over the shards of a batch in the middle of their steps: what synchronized batch normalization asks for.
///
/// The steps of all shards of this process then run at the same time, each on a thread of its own. A step that asks for a sum
/// waits until all have given their parts. These, and those of other processes, are added in the order of the tree, so that the
/// sum has the same bits wherever the shards are.
final class ShardSums: @unchecked Sendable {
    /// Gives what all shards of the batch have, for what those of this process have.
    typealias Exchange = (_ own: [Int: [UInt8]], _ byteCount: Int) throws -> [[UInt8]]

    private let condition = NSCondition()
    private var usage = false
    /// The shards of the present step here that have not ended.
    private var expected = 0
    private var given: [Int: [UInt8]] = [:]
    private var exchange: Exchange?
    /// The last sum, and how many there were.
    private var sum: Result<[UInt8], any Error> = .success([])
    private var rounds = 0
    private var failure: MartletError?

    /// What a shard throws because another one failed.
    static let broken = MartletError("Another shard of the batch has failed.", at: "synchronized")

    /// Whether a traced step asks for sums.
    var isUsed: Bool { condition.withLock { usage } }

    /// Makes ready for the shards of a step.
    func begin(_ count: Int, _ exchange: @escaping Exchange) {
        condition.withLock { (expected, given, failure, self.exchange) = (count, [:], nil, exchange) }
    }

    func end() { condition.withLock { exchange = nil } }

    /// Lets no shard wait for one that has failed.
    func fail() {
        condition.withLock {
            failure = Self.broken
            condition.broadcast()
        }
    }

    /// The sum over all shards of what each gives.
    fileprivate func add(_ bytes: [UInt8], of shard: Int, _ adding: ([[UInt8]]) -> [UInt8]) throws -> [UInt8] {
        condition.lock()
        defer { condition.unlock() }
        if let failure { throw failure }
        guard let exchange else {
            throw MartletError("Expected a step that a strategy runs.", at: "BatchNormalization(synchronized: true)")
        }
        given[shard] = bytes
        let round = rounds
        if given.count == expected {
            let all = given
            given = [:]
            sum = Result { adding(try exchange(all, bytes.count)) }
            rounds += 1
            condition.broadcast()
        }
        while rounds == round, failure == nil { condition.wait() }
        if rounds == round, let failure { throw failure }
        return try sum.get()
    }

    // MARK: In a trace

    /// The tensor's sum over the shards. `isMean` says how the gradients of shards make that of the batch: their mean, weighted by
    /// their shares, or their sum.
    func sum(_ tensor: Tensor, share: Tensor, number: Tensor, isMean: Bool) -> Tensor {
        condition.withLock { usage = true }
        return operation(isMean: isMean)(tensor, share, number)
    }

    private lazy var meanOperation = makeOperation(isMean: true)
    private lazy var sumOperation = makeOperation(isMean: false)

    private func operation(isMean: Bool) -> CustomOp { condition.withLock { isMean ? meanOperation : sumOperation } }

    private func makeOperation(isMean: Bool) -> CustomOp {
        CustomOp("sumOverShards") { inputs in
            guard [.float32, .float64].contains(inputs[0].dtype) else {
                throw MartletError("Expected float32 or float64. Received: \(inputs[0].dtype).")
            }
            return [inputs[0]]
        } run: { [unowned self] inputs, outputs in
            let shard = Int(inputs[2].elements(Int64.self)[0])
            let isWide = inputs[0].spec.dtype == .float64
            let sum = try add(Array(inputs[0].bytes), of: shard) { parts in
                isWide ? Self.total(parts, Double.self) : Self.total(parts, Float.self)
            }
            outputs[0].bytes.copyBytes(from: sum)
        } gradient: { [unowned self] inputs, _, upstream in
            // Each shard's loss depends on the sum, and so on each shard's part.
            let share = inputs[1].cast(to: upstream[0].dtype)
            let weighted = isMean ? upstream[0] * share : upstream[0]
            let total = operation(isMean: isMean)(weighted, inputs[1], inputs[2])
            return [isMean ? total / share : total, nil, nil]
        }
    }

    /// Adds as `SumTree` does.
    private static func total<Element: BinaryFloatingPoint & BitwiseCopyable>(
        _ parts: [[UInt8]], _ type: Element.Type
    ) -> [UInt8] {
        var values = parts.map { part in part.withUnsafeBytes { Array($0.bindMemory(to: type)) } }
        while values.count > 1 {
            values = stride(from: 0, to: values.count, by: 2).map { index in
                index + 1 < values.count ? zip(values[index], values[index + 1]).map { $0 + $1 } : values[index]
            }
        }
        return values[0].withUnsafeBytes { Array($0) }
    }
}
