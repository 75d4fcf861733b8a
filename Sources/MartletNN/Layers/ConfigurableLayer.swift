import MartletCore
import MartletFormats

/// A layer that configurations can name.
package protocol ConfigurableLayer: Layer, Configurable {
    /// Configurations of the layer with inputs for every test that runs over all layers.
    static var samples: [LayerSample] { get }
}

/// One configuration of a layer with the inputs to test it on. Everything is in `float64`.
package struct LayerSample: Sendable {
    /// One input, without its batch axis.
    package struct Input: Sendable, ExpressibleByArrayLiteral {
        package let shape: [Int]
        /// Integers are below it; nil for real numbers.
        package let classCount: Int?
        /// The strings of a tensor of strings.
        package let words: [String]?

        package init(arrayLiteral sizes: Int...) { self.init(sizes) }
        package init(_ shape: [Int], classCount: Int? = nil, words: [String]? = nil) {
            self.shape = shape
            self.classCount = classCount
            self.words = words
        }

        /// The dtype of `tensor`.
        package var dtype: DType { words != nil ? .string : classCount != nil ? .int64 : .float64 }
        /// The shape of a batch of any size.
        package var batchedShape: PartialShape {
            var result = PartialShape(shape.map { $0 }).batched()
            result.holdsStrings = words != nil
            return result
        }

        /// Values for a batch of the given size: integers, or numbers of which no two are near each other, or near 0,
        /// or near one of another seed.
        package func tensor(batch: Int, seed: UInt64 = 1) -> Tensor {
            let all = Shape([batch] + shape)
            if let words {
                return Tensor(strings: (0..<all.elementCount).map { words[($0 * 7 + Int(seed)) % words.count] }, shape: all)
            }
            guard let classCount else { return SampleInput.distinct(all, step: 0.11, seed: seed) + 0.03 * Double(seed) }
            return Tensor((0..<all.elementCount).map { ($0 * 7 + Int(seed)) % classCount }, shape: all)
        }
    }

    /// Distinguishes the samples of a layer in reports.
    package let label: String
    /// Makes the layer; every call makes a new one.
    package let make: @Sendable () -> Layer
    package let inputs: [Input]
    /// Lists of inputs' shapes that the layer must refuse.
    package let bad: [[PartialShape]]
    /// Whether a training call changes weights on which its output depends, without a gradient of the change.
    package let changesWeights: Bool
    /// Whether high derivatives ask for smaller steps of numerical gradients: many products of weights in a row.
    package let isSteep: Bool

    package init(
        _ label: String, _ make: @escaping @Sendable @autoclosure () -> Layer, _ inputs: [Input],
        bad: [[PartialShape]] = [], changesWeights: Bool = false, isSteep: Bool = false
    ) {
        self.label = label
        self.make = make
        self.inputs = inputs
        self.bad = bad
        self.changesWeights = changesWeights
        self.isSteep = isSteep
    }
}

extension Configurable where Self: Layer {
    public static var className: String { typeName }
}

extension Layer {
    /// The only input's shape.
    /// - Throws: `MartletError` when there are more or none, or the rank is not the one that `axes` name.
    static func onlyInput(_ shapes: [PartialShape], axes: String? = nil, rank: Int? = nil) throws -> PartialShape {
        guard shapes.count == 1 else { throw MartletError("Expected one input. Received: \(shapes.count) inputs.") }
        if let rank, shapes[0].rank != rank {
            throw MartletError(
                "Expected an input of rank \(rank)\(axes.map { ", \($0)" } ?? ""). Received: shape \(shapes[0]).")
        }
        return shapes[0]
    }

    /// The size of an axis, which a weight depends on.
    static func knownSize(_ shape: PartialShape, axis: Int) throws -> Int {
        guard let size = shape[axis] else {
            throw MartletError("Expected axis \(axis) to have a known size. Received: shape \(shape).")
        }
        return size
    }

    /// Makes a layer of Keras's class name and configuration.
    /// - Throws: `MartletError` when there is no such layer, or an argument is missing, of a wrong type or out of
    ///   range.
    public static func make(className: String, config: [String: JSONValue]) throws -> Layer {
        try LayerRegistry.shared.make(className: className, config: .object(config))
    }
}

extension Configuration {
    /// The layer's name; nil makes one.
    public var name: String? { get throws { try optional("name") } }
    /// Whether the layer's weights are trained.
    public var trainable: Bool { get throws { try value("trainable", default: true) } }
}

extension PartialShape {
    /// The shape with one axis of another size.
    func replacing(_ axis: Int, by size: Int?) -> PartialShape {
        var result = self
        result[axis] = size
        return result
    }

    /// The axis as a number in `0..<rank`, nil when it is not one of the shape's axes.
    func normalizedAxis(_ axis: Int) -> Int? {
        let positive = axis < 0 ? axis + rank : axis
        return positive >= 0 && positive < rank ? positive : nil
    }

    /// A size as Keras writes it: null where any will do.
    static func size(_ json: JSONValue) throws -> Int? {
        if json == .null { return nil }
        let size: Int = try json.value(at: [])
        guard size >= 0 else { throw MartletError("Expected sizes of 0 or more. Received: \(size).") }
        return size
    }
}
