import MartletCore
import MartletFormats

/// Divides each sample by its root mean square over some axes, then multiplies by a learned scale.
///
/// Weight, of the sizes of the axes: `scale`.
///
/// Source: [`keras.layers.RMSNormalization`](https://keras.io/api/layers/normalization_layers/rms_normalization/);
/// B. Zhang, R. Sennrich, *Root mean square layer normalization*, 2019.
public final class RMSNormalization: Layer, ConfigurableLayer {
    /// The axes over which the mean square is taken.
    public let axes: [Int]
    /// Added to mean squares, against division by 0.
    public let epsilon: Double
    /// The learned scale.
    public private(set) var scale: Variable!

    /// Makes a layer.
    /// - Parameters:
    ///   - axes: the axes over which the mean square is taken.
    ///   - epsilon: added to mean squares, against division by 0.
    public init(
        axes: [Int] = [-1], epsilon: Double = 1e-6, name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        Argument.check(
            epsilon >= 0, "RMSNormalization", "epsilon", expected: "a number of at least 0", received: epsilon)
        Argument.check(!axes.isEmpty, "RMSNormalization", "axes", expected: "at least one axis", received: axes)
        self.axes = axes.sorted()
        self.epsilon = epsilon
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            axes: config.axes(default: -1), epsilon: config.value("epsilon", default: 1e-6), name: config.name,
            trainable: config.trainable, dtype: config.dtype)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        scale = addWeight(
            "scale", shape: Shape(try axes.map { try Self.knownSize(inputShapes[0], axis: $0) }), initializer: .ones)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: dtype)
        return withTrailing(axes, of: x) { rmsNorm($0, scale: scale.value.flattened(), epsilon: epsilon) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        try shape.checkAxes(axes, weight: scale?.shape)
        return [shape]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "axis": axes.count == 1 ? .int(axes[0]) : .integers(axes), "epsilon": .double(epsilon),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("features", RMSNormalization(dtype: .float64), [[4]], bad: [[[nil, nil]]]),
            LayerSample(
                "two axes", RMSNormalization(axes: [1, 3], epsilon: 0.1, dtype: .float64), [[2, 3, 2]], bad: [[[nil]]]),
        ]
    }
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
