import MartletCore
import MartletFormats

/// The bin of each string or integer: a hash without a vocabulary, by which different values may share a bin.
///
/// ```swift
/// let hash = Hashing(numBins: 3)
/// print(hash(Tensor(strings: ["A", "B", "C"])))
/// ```
///
/// Integers are hashed by their digits; floating-point numbers lose their fraction. Shapes: `int` keeps the shape, `oneHot` gives
/// [..., numBins] (a last axis of size 1 is replaced), the others [batch, ..., numBins], over axis 1.
///
/// Source: [`keras.layers.Hashing`](https://keras.io/api/layers/preprocessing_layers/categorical/hashing/).
public final class Hashing: Layer, ConfigurableLayer, Described {
    /// The number of bins, at least 1, that of `maskValue` included.
    public private(set) var numBins: Int
    /// The value that has bin 0 for itself, a string or an integer; nil for none.
    private var mask: LookupToken?
    /// A key of two integers: then SipHash, else FarmHash.
    public private(set) var salt: [Int]?
    /// What the layer returns; all but `tfIDF`.
    public private(set) var outputMode: OutputMode

    /// Makes a layer for strings or integers. The properties describe the arguments.
    /// - Parameter dtype: that of the output: `int64` or `int32` in `int` mode. Nil is `int64` there, else the default float
    ///   type.
    public convenience init(
        numBins: Int, maskValue: Int? = nil, salt: [Int]? = nil, outputMode: OutputMode = .int, name: String? = nil,
        dtype: DType? = nil
    ) {
        self.init(numBins, maskValue.map { .integer($0) }, salt, outputMode, name, dtype)
    }

    /// Makes a layer for strings, one of which is masked. The properties describe the arguments.
    public convenience init(
        numBins: Int, maskValue: String, salt: [Int]? = nil, outputMode: OutputMode = .int, name: String? = nil,
        dtype: DType? = nil
    ) {
        self.init(numBins, LookupToken(maskValue), salt, outputMode, name, dtype)
    }

    private init(
        _ numBins: Int, _ mask: LookupToken?, _ salt: [Int]?, _ outputMode: OutputMode, _ name: String?, _ dtype: DType?
    ) {
        self.numBins = numBins
        self.mask = mask
        self.salt = salt
        self.outputMode = outputMode
        super.init(name: name, dtype: dtype ?? (outputMode == .int ? .int64 : nil))
    }

    public static let arguments = Arguments(default: Hashing(numBins: 1)) {
        $0("num_bins", \.numBins, required: true, .atLeast(1))
        $0("mask_value", \.mask, as: .token, name: "maskValue")
        $0("salt", \.salt, as: .salt, .salt)
        $0("output_mode", \.outputMode, .oneOf([.int, .oneHot, .multiHot, .count]))
        $0.absent("sparse", "sparse")
        $0.custom("dtype") { layer, config in
            layer.dtype = try config.dtype ?? (layer.outputMode == .int ? .int64 : Settings.defaultFloatType)
        } write: {
            .string($0.dtype.name)
        }
        $0.check { layer in
            Argument.check(
                layer.outputMode != .int || [.int32, .int64].contains(layer.dtype), layer.className, "dtype",
                expected: "int32 or int64 with outputMode .int", received: layer.dtype)
        }
    }

    public override var takesStrings: Bool { true }
    override var castsInputs: Bool { false }

    private var function: CustomOp?
    private var hash: CustomOp {
        if let function { return function }
        let isMasked = mask != nil && numBins > 1
        let (mask, first) = (mask, isMasked ? 1 : 0)
        let buckets = HashBuckets(count: numBins - first, salt: salt)
        let made = CustomOp("hash") { inputs in
            let shape = inputs[0].shape
            return [TensorSpec(inputs[0].dtype == .string ? Shape(shape.dimensions.dropLast()) : shape, .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].elements(Int.self)
            if inputs[0].spec.dtype == .string {
                let strings = inputs[0].strings
                for place in strings.indices {
                    if isMasked, case .text(let text)? = mask, text.elementsEqual(strings[place]) {
                        target[place] = 0
                    } else {
                        target[place] = first + buckets.bucket(of: strings[place])
                    }
                }
            } else {
                for (place, number) in inputs[0].elements(Int.self).enumerated() {
                    target[place] = isMasked && mask == .integer(number) ? 0 : first + buckets.bucket(of: number)
                }
            }
        }
        function = made
        return made
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let bins = hash(x.dtype == .string ? x : x.asCategories)
        return CategoryEncoder.encode(bins, outputMode, depth: numBins, dtype: dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [CategoryEncoder.shape(of: try Self.onlyInput(inputShapes), outputMode, depth: numBins)]
    }

    package static var samples: [LayerSample] {
        let words = ["fig", "", "pear", "Äpfel", "plum"]
        @Sendable func make(_ mode: OutputMode, mask: Int? = nil, salt: [Int]? = nil) -> Hashing {
            Hashing(numBins: 4, maskValue: mask, salt: salt, outputMode: mode, dtype: mode == .int ? nil : .float64)
        }
        return [
            LayerSample("int", make(.int, mask: 0), [.init([2], classCount: 6)]),
            LayerSample("strings", Hashing(numBins: 4, maskValue: "", salt: [3, 4]), [.init([2], words: words)]),
            LayerSample("one hot", make(.oneHot, salt: [7, -7]), [.init([1], classCount: 6)]),
            LayerSample("count", make(.count), [.init([3], words: words)]),
        ]
    }
}
