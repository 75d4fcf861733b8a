import MartletCore
import MartletData
import MartletNN

/// What must be the same on all ranks in a step, each with a name for messages. Only the values are compared: names of layers may
/// count what else a rank has made.
package struct StepFacts {
    package private(set) var entries: [(name: String, value: String)] = []

    package init() {}

    /// Of a step's function: the version, and what it does to variables.
    init(of function: String, _ effects: ShardEffects?) {
        add("Martlet", "version \(Settings.version)")
        add("the function", function)
        guard let effects else { return }
        var gradients = effects.gradients.makeIterator()
        for update in effects.plan.updates {
            add("the optimizer", "\(type(of: update.optimizer))")
            for (variable, isPresent) in zip(update.variables, update.isPresent) {
                let gradient = isPresent ? gradients.next().map { "\($0.spec)" } ?? "none" : "none"
                add(variable.path, "\(variable.name) \(variable.spec) with gradient \(gradient)")
            }
        }
        for (variable, value) in zip(effects.plan.variables, effects.values) {
            add(variable.path, "\(variable.name) \(variable.spec) that becomes \(value.spec)")
        }
    }

    /// Of a step's data: shapes, dtypes, and some elements.
    package init(ofData input: some TensorGroup) {
        let names = (input as? Batch).map { batch in
            func named(_ name: String, _ tensors: [Tensor]) -> [String] {
                tensors.indices.map { tensors.count == 1 ? name : "\(name)[\($0)]" }
            }
            return named("x", batch.inputs) + named("y", batch.targets) + named("sampleWeight", batch.sampleWeights)
        }
        var index = 0
        input.forEachTensor { tensor in
            add(names?[index] ?? "input \(index)", "\(tensor.spec) with contents \(Self.hexadecimal(Self.digest(of: tensor)))")
            index += 1
        }
    }

    /// Of the values of variables.
    package init(ofValues variables: [Variable]) {
        for variable in variables {
            let value = variable.heldValue
            add(variable.path, "\(variable.name) \(value.spec) with values \(Self.hexadecimal(Self.digest(of: value)))")
        }
    }

    package init(text: String) {
        entries = text.split(separator: "\u{1E}").map { line in
            let parts = line.split(separator: "\u{1F}", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// All of it, for another rank.
    package var text: String { entries.map { "\($0.name)\u{1F}\($0.value)" }.joined(separator: "\u{1E}") }

    package mutating func add(_ name: String, _ value: String) { entries.append((name, value)) }

    mutating func add(_ others: StepFacts) { entries += others.entries }

    /// Equal where the values are.
    package var digest: UInt64 { Self.digest(of: Array(entries.map(\.value).joined(separator: "\u{1E}").utf8)) }

    /// What another rank has otherwise than the first one: the first of the values.
    /// - Parameter all: the facts of each rank.
    package static func difference(_ all: [StepFacts]) -> (rank: Int, text: String)? {
        for (rank, other) in all.enumerated().dropFirst() {
            let (ours, theirs) = (all[0].entries, other.entries)
            for index in 0..<max(ours.count, theirs.count) {
                switch (index < ours.count ? ours[index] : nil, index < theirs.count ? theirs[index] : nil) {
                case (let a?, let b?) where a.value != b.value:
                    return (rank, "has \"\(b.name)\": \(b.value); rank 0 has \"\(a.name)\": \(a.value)")
                case (let a?, nil): return (rank, "has nothing in place of \"\(a.name)\": \(a.value) of rank 0")
                case (nil, let b?): return (rank, "has \"\(b.name)\": \(b.value), which rank 0 has not")
                default: break
                }
            }
        }
        return nil
    }

    /// Of some places of the tensors, without making texts.
    static func quickDigest(of input: some TensorGroup) -> UInt64 {
        var result: UInt64 = 0
        input.forEachTensor { tensor in
            result = result &* 0x100_0000_01B3 ^ UInt64(bitPattern: Int64(tensor.spec.hashForRanks)) ^ digest(of: tensor)
        }
        return result
    }

    /// Of some places of a tensor.
    static func digest(of tensor: Tensor) -> UInt64 {
        tensor.withUnsafeBytes { all in
            let step = max(1, all.count / 1024) | 1
            return digest(of: stride(from: 0, to: all.count, by: step).lazy.map { all[$0] })
        }
    }

    /// FNV-1a.
    private static func digest(of bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func hexadecimal(_ number: UInt64) -> String { String(number, radix: 16) }
}

extension TensorSpec {
    /// The same in every process, which `hashValue` is not.
    fileprivate var hashForRanks: Int {
        shape.dimensions.reduce(DType.allCases.firstIndex(of: dtype)! + 1) { $0 &* 1_000_003 &+ $1 }
    }
}
