import MartletCore

/// Divides each sample by its root mean square over some axes, then multiplies by a learned scale.
///
/// Weight, of the sizes of the axes: `scale`.
///
/// Source: [`keras.layers.RMSNormalization`](https://keras.io/api/layers/normalization_layers/rms_normalization/);
/// B. Zhang, R. Sennrich, *Root mean square layer normalization*, 2019.
public final class RMSNormalization: Layer, ConfigurableLayer, Described {
    /// The axes over which the mean square is taken.
    public private(set) var axes: [Int]
    /// Added to mean squares, against division by 0.
    public private(set) var epsilon: Double
    /// The learned scale.
    public private(set) var scale: Variable!

    /// Makes a layer. The parameters are described at the properties.
    public init(
        axes: [Int] = [-1], epsilon: Double = 1e-6, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.axes = axes
        self.epsilon = epsilon
        super.init(name: name, trainable: trainable, dtype: dtype)
        self.axes.sort()
    }

    public static let arguments = Arguments(default: RMSNormalization()) {
        $0("axis", \.axes, as: .axes, name: "axes", .someAxes)
        $0("epsilon", \.epsilon, .atLeast(0))
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        scale = addWeight(
            "scale", shape: Shape(try axes.map { try Self.knownSize(inputShapes[0], axis: $0) }), initializer: .ones)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        return withTrailing(axes, of: x) { rmsNorm($0, scale: scale.value.flattened(), epsilon: epsilon) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        try shape.checkAxes(axes, weight: scale?.shape)
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("features", RMSNormalization(dtype: .float64), [[4]], bad: [[[nil, nil]]]),
            LayerSample(
                "two axes", RMSNormalization(axes: [1, 3], epsilon: 0.1, dtype: .float64), [[2, 3, 2]], bad: [[[nil]]]),
        ]
    }
}

extension Requirement<[Int]> {
    /// Axes over which a statistic is taken.
    static let someAxes = Requirement("at least one axis") { !$0.isEmpty }
}

extension PartialShape {
    /// Fails unless `axes` are different axes of the shape, of a weight's sizes where there is one.
    func checkAxes(_ axes: [Int], weight: Shape?) throws {
        let places = axes.map(normalizedAxis)
        guard !places.contains(nil), Set(places).count == places.count else {
            throw MartletError("Expected an input with different axes \(axes). Received: shape \(self).")
        }
        if let weight, zip(axes, weight.dimensions).contains(where: { (self[$0] ?? $1) != $1 }) {
            throw MartletError("Expected axes \(axes) to have sizes \(weight). Received: shape \(self).")
        }
    }
}
