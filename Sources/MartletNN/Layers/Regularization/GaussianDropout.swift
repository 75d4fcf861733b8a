import MartletCore

/// In training, multiplies by normal noise of mean 1 and variance `rate / (1 - rate)`. In inference it does nothing.
///
/// Source: [`keras.layers.GaussianDropout`](https://keras.io/api/layers/regularization_layers/gaussian_dropout/).
public final class GaussianDropout: NoiseLayer, ConfigurableLayer, Described {
    /// As of dropout: the standard deviation is `√(rate / (1 - rate))`.
    public private(set) var rate: Double

    /// Makes a layer.
    public init(_ rate: Double, seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.rate = rate
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public static let arguments = table(GaussianDropout(0)) { $0("rate", \.rate, required: true, .from(0, below: 1)) }

    override func disturb(_ x: Tensor) -> Tensor {
        let deviation = (rate / (1 - rate)).squareRoot()
        return rate == 0 ? x : x * (generator.normal(x.shape, standardDeviation: deviation, dtype: x.dtype) + 1)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("fifth", GaussianDropout(0.2, seed: 3, dtype: .float64), [[3]]),
        ]
    }
}
