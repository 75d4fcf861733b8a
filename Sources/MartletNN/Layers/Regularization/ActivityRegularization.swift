import MartletCore

/// Returns its input, and adds the sums of its absolute values and squares, each times a factor and divided by the
/// number of samples, to the loss.
///
/// Source:
/// [`keras.layers.ActivityRegularization`](https://keras.io/api/layers/regularization_layers/activity_regularization/).
public final class ActivityRegularization: Layer, ConfigurableLayer, Described {
    /// The factor of the absolute values.
    public private(set) var l1: Double
    /// The factor of the squares.
    public private(set) var l2: Double

    /// Makes a layer.
    public init(l1: Double = 0, l2: Double = 0, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.l1 = l1
        self.l2 = l2
        super.init(name: name, dtype: dtype)
        activityRegularizer = L1L2(l1: self.l1, l2: self.l2)
    }

    public static let arguments = Arguments(default: ActivityRegularization()) {
        $0("l1", \.l1)
        $0("l2", \.l2)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("both", ActivityRegularization(l1: 0.1, l2: 0.2, dtype: .float64), [[3]]),
        ]
    }
}
