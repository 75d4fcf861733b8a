import Martlet
import MartletCore
import MartletData
import MartletFormats
import MartletNN

/// The file of `--class-weight`: weights under the numbers or the names of classes.
struct ClassWeights {
    private let path: String
    private let weights: [(name: String, weight: Double)]

    init(_ path: String) throws {
        self.path = path
        let members: JSONObject
        do {
            members = try JSONValue(parsing: FileIO.read(path)).object()
        } catch let error as MartletError {
            throw error.location == path ? error : Self.failure(error.message, path)
        }
        weights = try members.map { name, value in
            guard let weight = Double(json: value), weight.isFinite else {
                throw Self.failure("\"\(name)\": \(value.serialized()).", path)
            }
            return (name, weight)
        }
    }

    private static func failure(_ received: String, _ path: String) -> MartletError {
        MartletError(
            "Expected an object of classes, by their numbers or names, and their weights, such as {\"0\": 1.0}. "
                + "Received: \(received)", at: path)
    }

    /// The weights by the numbers of the classes, for samples in memory.
    func numbers(for model: Model, _ data: TensorDataset) throws -> [Int: Double] {
        // Where the outputs do not tell, the targets do.
        if try classCount(of: model) == nil, data.targets.count == 1, let target = data.targets.first, target.rank <= 2,
            target.rank < 2 || target.shape[-1] == 1, target.dtype != .string
        {
            let there = try withErrors { Set(target.cast(to: .int64).scalars(as: Int.self)) }
            return try numbers(named: [], among: there.sorted(), "of the targets")
        }
        return try numbers(for: model, classNames: [])
    }

    /// The weights by the numbers of the classes.
    /// - Parameter classNames: where they have names.
    func numbers(for model: Model, classNames: [String]) throws -> [Int: Double] {
        let count = try classNames.isEmpty ? classCount(of: model) ?? (model.takesTwoClasses ? 2 : nil) : classNames.count
        return try numbers(named: classNames, among: count.map { Array(0..<$0) }, classNames.isEmpty ? "of the model" : "of the data")
    }

    /// - Parameter known: the numbers of the classes, nil where nobody knows them.
    private func numbers(named names: [String], among known: [Int]?, _ origin: String) throws -> [Int: Double] {
        var found: [Int: Double] = [:]
        for (name, weight) in weights {
            guard let number = names.firstIndex(of: name) ?? Int(name), known?.contains(number) ?? true else {
                let shown = names.isEmpty ? (known ?? []).prefix(20).map(String.init) : names.prefix(20).enumerated().map { "\($0) \($1)" }
                let all = known.map { "the classes \(origin): \(shown.joined(separator: ", "))\($0.count > shown.count ? ", ..." : "")" }
                throw MartletError(
                    "Expected \(all ?? "the numbers of classes"). Received: \"\(name.prefix(100))\".", at: path)
            }
            guard found.updateValue(weight, forKey: number) == nil else { throw Self.failure("class \(number) twice.", path) }
        }
        return found
    }

    /// How many classes the model's output tells apart; nil where it does not say.
    private func classCount(of model: Model) throws -> Int? {
        guard model.outputCount == 1, !model.inputSpecs.isEmpty else { return nil }
        let shape = try withErrors { model.outputs[0].shape }
        guard shape.rank > 1, let count = shape[-1], count > 1 else { return nil }
        return count
    }
}
