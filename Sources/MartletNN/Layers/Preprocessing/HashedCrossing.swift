import MartletCore
import MartletFormats

/// The bin of each combination of strings or integers: a hash of two or more features together.
///
/// Shapes: inputs of one shape, [batch] or [batch, 1], give the same in `int` mode, [batch, numBins] in `oneHot` mode.
///
/// Source: [`keras.layers.HashedCrossing`](https://keras.io/api/layers/preprocessing_layers/categorical/hashed_crossing/).
public final class HashedCrossing: Layer, ConfigurableLayer, Described {
    /// The number of bins, at least 1.
    public private(set) var numBins: Int
    /// `int` or `oneHot`.
    public private(set) var outputMode: OutputMode

    /// Makes a layer. The properties describe the arguments.
    /// - Parameter dtype: that of the output; nil is `int64` in `int` mode, else the default float type.
    public init(numBins: Int, outputMode: OutputMode = .int, name: String? = nil, dtype: DType? = nil) {
        self.numBins = numBins
        self.outputMode = outputMode
        super.init(name: name, dtype: dtype ?? (outputMode == .int ? .int64 : nil))
    }

    public static let arguments = Arguments(default: HashedCrossing(numBins: 1)) {
        $0("num_bins", \.numBins, required: true, .atLeast(1))
        $0("output_mode", \.outputMode, .oneOf([.int, .oneHot]))
        $0.absent("sparse", "sparse")
        $0.custom("dtype") { layer, config in
            layer.dtype = try config.dtype ?? (layer.outputMode == .int ? .int64 : Settings.defaultFloatType)
        } write: {
            .string($0.dtype.name)
        }
    }

    public override var takesStrings: Bool { true }
    override var castsInputs: Bool { false }
    override var listParameter: String? { "inputs" }

    /// The key with which TensorFlow's crosses begin.
    private static let key: UInt64 = 0xDECA_FCAF_FE

    private var function: CustomOp?
    private var cross: CustomOp {
        if let function { return function }
        let count = UInt64(numBins)
        let made = CustomOp("cross") { inputs in
            let shapes = inputs.map { $0.dtype == .string ? Shape($0.shape.dimensions.dropLast()) : $0.shape }
            guard inputs.allSatisfy({ $0.dtype == .string || $0.dtype == .int64 }) else {
                throw OpFailure("Expected strings or integers.")
            }
            guard shapes.allSatisfy({ $0 == shapes[0] }) else { throw OpFailure("Expected inputs of one shape.") }
            return [TensorSpec(shapes[0], .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].elements(Int.self)
            for place in target.indices {
                var hash = Self.key
                for input in inputs {
                    let feature =
                        input.spec.dtype == .string
                        ? Fingerprint64.hash(input.strings[place]) : UInt64(bitPattern: Int64(input.elements(Int.self)[place]))
                    hash = Fingerprint64.joined(hash, feature)
                }
                target[place] = Int(hash % count)
            }
        }
        function = made
        return made
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        guard
            require(
                inputs.allSatisfy { $0.dtype == .string || $0.dtype.isInteger }, className,
                "Expected strings or integers. Received: \(inputs.map(\.spec)).")
        else { return [.nothing] }
        let bins = cross(inputs.map { $0.dtype == .string ? $0 : $0.asCategories })[0]
        return [CategoryEncoder.encode(bins, outputMode, depth: numBins, dtype: dtype)]
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard let first = inputShapes.first, inputShapes.count > 1 else {
            throw MartletError("Expected at least 2 inputs. Received: \(inputShapes.count).")
        }
        let sizes = PartialShape(first.dimensions)
        guard first.rank < 3, first.rank < 2 || first[1] == 1,
            inputShapes.allSatisfy({ sizes.accepts(PartialShape($0.dimensions)) })
        else {
            throw MartletError("Expected inputs of one shape, (batch,) or (batch, 1). Received: \(inputShapes).")
        }
        return [CategoryEncoder.shape(of: first, outputMode, depth: numBins)]
    }

    /// As Keras writes it, without `trainable`.
    public override var config: [String: JSONValue] {
        var config = super.config
        config["trainable"] = nil
        return config
    }

    package static var samples: [LayerSample] {
        let words = ["fig", "", "pear", "Äpfel", "plum"]
        return [
            LayerSample(
                "int", HashedCrossing(numBins: 5), [.init([1], classCount: 6), .init([1], classCount: 9)],
                bad: [[[nil, 1]], [[nil, 2], [nil, 2]], [[nil, 1], [nil]]]),
            LayerSample(
                "one hot", HashedCrossing(numBins: 5, outputMode: .oneHot, dtype: .float64),
                [.init([], words: words), .init([], classCount: 9)]),
        ]
    }
}
