import MartletCore

/// Multiplies each channel, the last axis, by a learned factor, as the blocks of `keras.applications`' ConvNeXt do.
///
/// Weights: `gamma`, [projectionDim].
///
/// Source: [`keras.applications.ConvNeXtTiny`](https://keras.io/api/applications/convnext/); H. Touvron et al., *Going deeper
/// with image transformers*, 2021.
public final class LayerScale: Layer, ConfigurableLayer, Described {
    /// Where the factors start.
    public private(set) var initValues: Double
    /// The number of channels.
    public private(set) var projectionDim: Int
    /// The factors; nil until the layer is built.
    public private(set) var gamma: Variable!

    /// Makes a layer.
    public init(
        initValues: Double, projectionDim: Int, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.initValues = initValues
        self.projectionDim = projectionDim
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = Arguments(default: LayerScale(initValues: 1, projectionDim: 1)) {
        $0("init_values", \.initValues, required: true)
        $0("projection_dim", \.projectionDim, required: true, .atLeast(1))
    }

    override var kerasModule: String { "keras.src.applications.convnext" }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        gamma = addWeight("gamma", shape: [projectionDim], initializer: .constant(initValues))
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        (x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)) * gamma.value
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 1, shape[-1] == nil || shape[-1] == projectionDim else {
            throw MartletError("Expected an input of \(projectionDim) channels, the last axis. Received: shape \(shape).")
        }
        return [shape.replacing(-1, by: projectionDim)]
    }

    package static var samples: [LayerSample] {
        [LayerSample("half", LayerScale(initValues: 0.5, projectionDim: 3, dtype: .float64), [[2, 3]], bad: [[[nil, 2]], [[]]])]
    }
}
