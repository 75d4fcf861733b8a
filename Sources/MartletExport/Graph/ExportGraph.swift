import Martlet
import MartletCore

/// What stands between a model and the formats of other frameworks: neutral operations on values with names, dtypes and shapes
/// whose batch axis, and others that the model leaves open, may be unknown. ``init(of:inputShapes:keeping:)`` makes it of a model, a
/// format's reader of a file.
///
/// Layouts are Martlet's: channels last, kernels [window, channels in, channels out], matrices [in, out]. Elementwise
/// operations broadcast as NumPy's do.
package struct ExportGraph: Sendable {
    /// How integers stand for numbers: `(integer - zeroPoint) * scale`.
    package struct Quantization: Hashable, Sendable {
        /// One, or one for each index of `axis`.
        package var scales: [Float]
        package var zeroPoints: [Int]
        package var axis: Int
        /// The integers' width.
        package var bits: Int

        package init(scales: [Float], zeroPoints: [Int], axis: Int = 0, bits: Int = 8) {
            self.scales = scales
            self.zeroPoints = zeroPoints
            self.axis = axis
            self.bits = bits
        }

        package init(scale: Float, zeroPoint: Int, bits: Int = 8) {
            self.init(scales: [scale], zeroPoints: [zeroPoint], bits: bits)
        }
    }

    /// A tensor of the graph.
    package struct Value: Sendable {
        /// Unique in the graph.
        package var name: String
        package var dtype: DType
        package var shape: [Dimension]
        /// The elements of a weight or another constant.
        package var constant: Tensor?
        /// How a file keeps the value in integers; the dtype says what they stand for.
        package var quantization: Quantization?
        /// Whether a file keeps the constant in 16 bits.
        package var isHalf = false

        package var rank: Int { shape.count }
        /// The shape when it is known.
        package var knownShape: [Int]? {
            let sizes = shape.compactMap(\.size)
            return sizes.count == shape.count ? sizes : nil
        }
        /// How many axes are not known.
        package var unknownCount: Int { shape.count { $0.size == nil } }
    }

    /// One operation at its place.
    package struct Node: Sendable {
        package var operation: Operation
        package var inputs: [Int]
        package var outputs: [Int]
        /// The path of the layer that it belongs to, for names and messages.
        package var layer: String
    }

    /// The model's name.
    package var name = "model"
    package var values: [Value] = []
    /// In an order in which they can run.
    package var nodes: [Node] = []
    package var inputs: [Int] = []
    package var outputs: [Int] = []
    /// The inputs that a file keeps in integers without a sign.
    var unsignedInputs: Set<Int> = []
    /// The names that users know inputs and outputs by.
    package var inputNames: [String] = []
    package var outputNames: [String] = []
    /// What loops repeat.
    package var bodies: [ExportGraph] = []
    /// The open sizes, the batch's first, in each of the traces that the graph was made of: what tells them apart.
    var openSizes: [[Int]] = [[2, 3]]
    /// Whether the model rounds to 16 bits within, where the graph computes in `float32`.
    package var roundsToHalf = false
    /// The names that are taken, and the number that was last added to each.
    private var names: [String: Int] = [:]

    package init() {}

    /// Adds a value; a number makes its name unique.
    package mutating func addValue(
        _ name: String, _ dtype: DType, _ shape: [Dimension], constant: Tensor? = nil
    ) -> Int {
        var unique = name
        if var number = names[name] {
            repeat {
                number += 1
                unique = "\(name)_\(number)"
            } while names[unique] != nil
            names[name] = number
        }
        names[unique] = 0
        values.append(Value(name: unique, dtype: dtype, shape: shape, constant: constant))
        return values.count - 1
    }

    /// Adds a constant.
    package mutating func addConstant(_ tensor: Tensor, _ name: String) -> Int {
        addValue(name, tensor.dtype, tensor.shape.dimensions.map { Dimension($0) }, constant: tensor)
    }

    /// Adds an operation of one output.
    package mutating func add(
        _ operation: Operation, _ inputs: [Int], _ dtype: DType, _ shape: [Dimension], layer: String
    ) -> Int {
        let output = addValue(layer.isEmpty ? operation.name : "\(layer)/\(operation.name)", dtype, shape)
        nodes.append(Node(operation: operation, inputs: inputs, outputs: [output], layer: layer))
        return output
    }

    /// The constant that a value is, nil for others.
    package func constant(_ value: Int) -> Tensor? { values[value].constant }

    /// The number that a value is, when it is a constant of one element.
    package func number(_ value: Int) -> Double? {
        constant(value).flatMap { $0.elementCount == 1 && $0.dtype != .string ? $0.item() : nil }
    }

    /// For each value the node that computes it.
    package var producers: [Int: Int] {
        var found: [Int: Int] = [:]
        for (index, node) in nodes.enumerated() { for output in node.outputs { found[output] = index } }
        return found
    }

    /// How often each value is read, the graph's outputs included.
    package var readCounts: [Int] {
        var counts = [Int](repeating: 0, count: values.count)
        for value in nodes.flatMap(\.inputs) + outputs { counts[value] += 1 }
        return counts
    }

    /// A line for each node.
    package var description: String {
        nodes.map { node in
            let outputs = node.outputs.map { "\(values[$0].name): \(values[$0].dtype)\(values[$0].shape)" }
            return "\(outputs.joined(separator: ", ")) = \(node.operation)(\(node.inputs.map { values[$0].name }))"
        }.joined(separator: "\n")
    }
}
