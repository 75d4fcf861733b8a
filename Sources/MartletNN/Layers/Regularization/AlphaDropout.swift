import MartletCore

/// Dropout that keeps mean and variance of inputs made by SELU: dropped elements get SELU's lowest value, and all are
/// then scaled and moved.
///
/// Source: [`keras.layers.AlphaDropout`](https://keras.io/api/layers/regularization_layers/alpha_dropout/).
public final class AlphaDropout: NoiseLayer, ConfigurableLayer, Described {
    /// The probability that an element is dropped.
    public private(set) var rate: Double
    /// The shape of the mask, batch axis included, broadcast to the input's; nil sizes are the input's.
    public private(set) var noiseShape: PartialShape?

    /// Makes a layer.
    public init(
        _ rate: Double, noiseShape: PartialShape? = nil, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.rate = rate
        self.noiseShape = noiseShape
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public static let arguments = table(AlphaDropout(0)) {
        $0("rate", \.rate, required: true, .from(0, below: 1))
        $0("noise_shape", \.noiseShape, as: .noiseShape)
    }

    override func disturb(_ x: Tensor) -> Tensor {
        guard rate > 0 else { return x }
        // SELU's lowest value: -scale · alpha.
        let lowest = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717
        let scale = 1 / ((1 - rate) * (1 + rate * lowest * lowest)).squareRoot()
        let shape = noiseShape.map { Shape(zip($0.dimensions, x.shape.dimensions).map { $0 ?? $1 }) } ?? x.shape
        let kept = generator.bernoulli(shape, probability: 1 - rate, value: 1, dtype: x.dtype)
        return (x * kept + (1 - kept) * lowest) * scale - scale * lowest * rate
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("fifth", AlphaDropout(0.2, seed: 3, dtype: .float64), [[3]]),
        ]
    }
}
