import MartletCore

/// Values for the outputs of a model: one value for all, a list in the order of the outputs, or a dictionary by their
/// names. An output may have no value.
///
/// ```swift
/// try model.compile(optimizer: "adam", losses: ["digit": "mse", "parity": "binary_crossentropy"])
/// try model.compile(optimizer: "adam", losses: ["mse", nil])
/// ```
public enum PerOutput<Value> {
    /// The same for every output.
    case single(Value)
    /// One for each output.
    case list([Value?])
    /// By the names of outputs. Other outputs have no value.
    case named([(output: String, value: Value?)])

    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> PerOutput<Other> {
        switch self {
        case .single(let value): .single(try transform(value))
        case .list(let values): .list(try values.map { try $0.map(transform) })
        case .named(let values): .named(try values.map { ($0.output, try $0.value.map(transform)) })
        }
    }

    /// The values for outputs of these names, in their order.
    /// - Throws: `MartletError` when a list has another length, or a name is not the name of an output.
    package func values(for outputs: [String], _ argument: String) throws -> [Value?] {
        switch self {
        case .single(let value): return outputs.map { _ in value }
        case .list(let values):
            guard values.count == outputs.count else {
                throw MartletError(
                    "Expected one for each of the model's \(outputs.count) outputs \(outputs). Received: \(values.count).",
                    at: argument)
            }
            return values
        case .named(let values):
            if let stranger = values.first(where: { !outputs.contains($0.output) }) {
                throw MartletError(
                    "Expected names among the outputs \(outputs). Received: \"\(stranger.output)\".", at: argument)
            }
            return outputs.map { name in values.first { $0.output == name }?.value }
        }
    }
}

extension PerOutput: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Value?...) { self = .list(elements) }
}

extension PerOutput: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, Value?)...) { self = .named(elements.map { ($0.0, $0.1) }) }
}

extension PerOutput<[any MetricConvertible]> {
    /// The metrics of each output. A plain list belongs to a single output, or has one metric for each of several outputs.
    func metrics(for outputs: [String], _ argument: String) throws -> [[any MetricConvertible]] {
        guard case .single(let all) = self, outputs.count > 1, !all.isEmpty else {
            return try values(for: outputs, argument).map { $0 ?? [] }
        }
        guard all.count == outputs.count else {
            throw MartletError(
                "Expected a list of metrics for each of the model's \(outputs.count) outputs \(outputs), or one metric for "
                    + "each. Received one list of \(all.count).", at: argument)
        }
        return all.map { [$0] }
    }
}
