import MartletCore

/// One configuration of a layer with the inputs to test it on. Everything is in `float64`: gradients are compared with finite
/// differences.
///
/// ```swift
/// let sample = LayerSample("wide", Dense(4, dtype: .float64), [[3]])
/// let failures = try LayerCheck(sample).failures()
/// precondition(failures.isEmpty, failures.joined(separator: "\n"))
/// ```
public struct LayerSample: Sendable {
    /// One input, without its batch axis.
    public struct Input: Sendable, ExpressibleByArrayLiteral {
        public let shape: [Int]
        /// Integers are below it; nil for real numbers.
        public let classCount: Int?
        /// The strings of a tensor of strings.
        public let words: [String]?

        /// An input of real numbers.
        public init(arrayLiteral sizes: Int...) { self.init(sizes) }
        /// Makes an input.
        /// - Parameters:
        ///   - shape: its shape, without the batch axis.
        ///   - classCount: integers below it are the values; nil for real numbers.
        ///   - words: strings are the values.
        public init(_ shape: [Int], classCount: Int? = nil, words: [String]? = nil) {
            self.shape = shape
            self.classCount = classCount
            self.words = words
        }

        /// The dtype of `tensor`.
        public var dtype: DType { words != nil ? .string : classCount != nil ? .int64 : .float64 }
        /// The shape of a batch of any size.
        public var batchedShape: PartialShape {
            var result = PartialShape(shape.map { $0 }).batched()
            result.holdsStrings = words != nil
            return result
        }

        /// Values for a batch of the given size: integers, or numbers of which no two are near each other, or near 0,
        /// or near one of another seed.
        public func tensor(batch: Int, seed: UInt64 = 1) -> Tensor {
            let all = Shape([batch] + shape)
            if let words {
                return Tensor(strings: (0..<all.elementCount).map { words[($0 * 7 + Int(seed)) % words.count] }, shape: all)
            }
            guard let classCount else { return SampleInput.distinct(all, step: 0.11, seed: seed) + 0.03 * Double(seed) }
            return Tensor((0..<all.elementCount).map { ($0 * 7 + Int(seed)) % classCount }, shape: all)
        }
    }

    /// Distinguishes the samples of a layer in reports.
    public let label: String
    /// Makes the layer; every call makes a new one.
    public let make: @Sendable () -> Layer
    public let inputs: [Input]
    /// Lists of inputs' shapes that the layer must refuse.
    public let bad: [[PartialShape]]
    /// Whether a training call changes weights on which its output depends, without a gradient of the change.
    public let changesWeights: Bool
    /// Whether high derivatives ask for smaller steps of numerical gradients: many products of weights in a row.
    public let isSteep: Bool

    /// Makes a sample.
    /// - Parameters:
    ///   - label: distinguishes the samples of a layer in reports.
    ///   - make: makes the layer, with `dtype: .float64`; it is evaluated anew for each layer that is needed.
    ///   - inputs: the inputs of a call.
    ///   - bad: lists of inputs' shapes that the layer must refuse.
    ///   - changesWeights: whether a training call changes weights on which its output depends, without a gradient of the
    ///     change, as batch normalization does.
    ///   - isSteep: whether high derivatives ask for smaller steps of numerical gradients.
    public init(
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
