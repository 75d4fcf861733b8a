import Foundation
import MartletCore

extension Model {
    /// Prints the layers with their output shapes and numbers of parameters, like Keras.
    /// - Parameters:
    ///   - width: the number of characters in a line; nil takes Keras's width, or the terminal's if that is smaller.
    ///   - output: where it is printed.
    public func summary(width: Int? = nil, to output: TextOutput = .standardOutput) {
        let available = output.width.map { $0 - 4 } ?? .max
        output.write(summaryText(width: width ?? min(defaultSummaryWidth, available)) + "\n")
    }

    /// The text that `summary` prints.
    /// - Parameter width: the number of characters in a line, from 40 to 1,000; nil takes Keras's width.
    public func summaryText(width: Int? = nil) -> String {
        var header = ["Layer (type)", "Output Shape", "Param #"]
        var places = [0.45, 0.80, 1.0]
        if !isStack {
            header.append("Connected to")
            places = [0.3, 0.56, 0.74, 1.0]
        }
        let connections = isStack ? [:] : connections
        let rows = layers.map { layer in
            let parameters = layer.isBuilt || layer is InputLayer ? grouped(layer.parameterCount) : "0 (unbuilt)"
            let fields = ["\(layer.name) (\(layer.summaryType))", layer.summaryShape, parameters]
            return isStack ? fields : fields + [connections[ObjectIdentifier(layer)] ?? "-"]
        }
        let table = TextTable(
            header: header, rows: rows, rightAligned: [2],
            widths: TextTable.widths(places: places, total: min(max(40, width ?? defaultSummaryWidth), 1000)))
        return (["Model: \"\(name.shortened(to: MartletError.quotedCount))\"", table.text, counts] + softmaxHints)
            .joined(separator: "\n")
    }

    private var defaultSummaryWidth: Int { isStack ? 88 : 108 }

    /// Whether each layer is called once, on the output of the one before. Then the table needs no connections.
    private var isStack: Bool {
        guard let graph else { return true }
        return graph.layers.count == graph.nodes.count && zip(graph.nodes, graph.nodes.dropFirst()).allSatisfy {
            $1.inputs.count == 1 && $1.inputs[0].node === $0
        }
    }

    /// The inputs of all calls of each layer: `name[call][output]`.
    private var connections: [ObjectIdentifier: String] {
        var sources: [ObjectIdentifier: [String]] = [:]
        var numbers: [ObjectIdentifier: Int] = [:]
        var calls: [ObjectIdentifier: Int] = [:]
        for node in graph?.nodes ?? [] {
            let layer = ObjectIdentifier(node.layer)
            numbers[ObjectIdentifier(node)] = calls[layer, default: 0]
            calls[layer, default: 0] += 1
            for input in node.inputs {
                let call = numbers[ObjectIdentifier(input.node)] ?? 0
                sources[layer, default: []].append("\(input.node.layer.name)[\(call)][\(input.index)]")
            }
        }
        return sources.mapValues { $0.joined(separator: ", ") }
    }

    private var counts: String {
        let optimizerVariables = optimizer.map { $0.isBuilt ? $0.variables : [] } ?? []
        var lines = [
            ("Total params", weights + optimizerVariables), ("Trainable params", trainableWeights),
            ("Non-trainable params", nonTrainableWeights),
        ]
        if !optimizerVariables.isEmpty { lines.append(("Optimizer params", optimizerVariables)) }
        return lines.map { title, variables in
            let count = variables.reduce(0) { $0 + $1.shape.elementCount }
            let bytes = variables.reduce(0) { $0 + $1.shape.elementCount * $1.dtype.byteCount }
            return " \(title): \(grouped(count)) (\(readableSize(bytes)))"
        }.joined(separator: "\n")
    }
}

extension Layer {
    /// What a summary calls the layer's type.
    package var summaryType: String {
        if let model = self as? Model, model.graph != nil { return "Functional" }
        return Self.typeName
    }

    /// What a summary says of the output's shape.
    package var summaryShape: String {
        let known: [PartialShape]?
        if let input = self as? InputLayer {
            known = [input.batchShape]
        } else {
            known = builtInputShapes.flatMap { try? outputShapes(for: $0) }
        }
        return known.map(Self.text) ?? "?"
    }

    static func text(_ shapes: [PartialShape]) -> String {
        shapes.isEmpty ? "?" : shapes.count == 1 ? "\(shapes[0])" : "[" + shapes.map(\.description).joined(separator: ", ") + "]"
    }
}

/// `225,034`
package func grouped(_ count: Int) -> String {
    let digits = String(count.magnitude)
    let groups = digits.enumerated().map { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : "\(digit)"
    }
    return (count < 0 ? "-" : "") + groups.joined()
}

/// `879.04 KB`, with 1,024 bytes in a KB.
package func readableSize(_ bytes: Int) -> String {
    var size = Double(bytes)
    let units = ["B", "KB", "MB", "GB", "TB", "PB"]
    var unit = 0
    while size >= 1024, unit < units.count - 1 {
        size /= 1024
        unit += 1
    }
    return String(format: "%.2f %@", size, units[unit])
}
