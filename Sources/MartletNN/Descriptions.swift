import Foundation
import MartletCore
import MartletFormats

extension Logs: CustomStringConvertible, CustomDebugStringConvertible {
    /// The figures as the progress bar shows them: `loss: 1.0480 - accuracy: 0.8300`.
    public var description: String { map { "\($0.key): \(Self.text($0.value))" }.joined(separator: " - ") }
    public var debugDescription: String { "Logs(\(description))" }

    static func text(_ figure: Double) -> String { figure.text(abs(figure) > 1e-3 ? "%.4f" : "%.4e") }
}

extension Callback: CustomStringConvertible, CustomDebugStringConvertible {
    /// The type with arguments: `EarlyStopping(monitor: "val_loss", patience: 3)`. One that is nil is left out.
    package func text(_ arguments: KeyValuePairs<String, Any?>) -> String {
        let parts = arguments.compactMap { name, value -> String? in
            guard let value else { return nil }
            let text = (value as? String)?.debugDescription ?? (value as? Double)?.text ?? "\(value)"
            return name.isEmpty ? text : "\(name): \(text)"
        }
        return "\(Self.self)(\(parts.joined(separator: ", ")))"
    }
}

extension History {
    /// A table of the figures: a row for each epoch, counted from 1 as in the progress bar.
    var table: String {
        var rows = [["epoch"] + history.keys]
        for (epoch, figures) in zip(epochs, logs) {
            rows.append(["\(epoch + 1)"] + history.keys.map { figures[$0].map(Logs.text) ?? "-" })
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in zip(row, widths).map { $0.padded(toWidth: $1) }.joined(separator: "  ") }
            .joined(separator: "\n")
    }
}

extension Layer: CustomStringConvertible, CustomDebugStringConvertible {
    /// The type, the name, the shapes and the number of parameters, in a line.
    public var debugDescription: String {
        let layers = (self as? Model).map { $0.layers.count == 1 ? "1 layer" : "\($0.layers.count) layers" }
        let parts = ["\"\(name)\"", layers, shapes, isBuilt ? "\(grouped(parameterCount)) parameters" : nil]
        return "\(summaryType)(\(parts.compactMap { $0 }.joined(separator: ", ")))"
    }

    private var shapes: String? {
        if let input = self as? InputLayer { return "\(input.batchShape)" }
        guard let builtInputShapes else { return "not built" }
        return "\(Self.text(builtInputShapes)) -> \(summaryShape)"
    }
}

extension SymbolicTensor: CustomStringConvertible, CustomDebugStringConvertible {
    /// Shape, dtype, and the layer that gives it.
    public var description: String { "SymbolicTensor(\(dtype) \(shape), of \"\(node.layer.name)\")" }
    public var debugDescription: String { description }
}

extension Optimizer: CustomStringConvertible, CustomDebugStringConvertible {
    public var debugDescription: String { description }

    var configurationText: String { "\(className)(\(config.text(first: ["learning_rate"], without: ["name"])))" }
}

extension Loss: CustomStringConvertible, CustomDebugStringConvertible {
    public var debugDescription: String { description }

    var configurationText: String { "\(className)(\(config.text(first: ["name"])))" }
}

extension Metric: CustomStringConvertible, CustomDebugStringConvertible {
    public var debugDescription: String { description }

    var configurationText: String { "\(className)(\(config.text(first: ["name"])))" }
}

extension [String: JSONValue] {
    /// `beta_1: 0.9, name: "adam"`, without what is null.
    fileprivate func text(first: [String], without left: Set<String> = []) -> String {
        let keys = first + keys.sorted().filter { !first.contains($0) && !left.contains($0) }
        return keys.compactMap { key in self[key]?.shortText.map { "\(key): \($0)" } }.joined(separator: ", ")
    }
}

extension JSONValue {
    /// The value in a line, an object by the class that it configures; nil when there is nothing to show.
    fileprivate var shortText: String? {
        switch self {
        case .null: nil
        case .object(let members): members["class_name"]?.shortText.map { $0.filter { $0 != "\"" } } ?? "{...}"
        default: serialized()
        }
    }
}
