import MartletCore
import MartletFormats

/// In training, multiplies by normal noise of mean 1 and variance `rate / (1 - rate)`. In inference it does nothing.
///
/// Source: [`keras.layers.GaussianDropout`](https://keras.io/api/layers/regularization_layers/gaussian_dropout/).
public final class GaussianDropout: NoiseLayer, ConfigurableLayer {
    /// As of dropout: the standard deviation is `√(rate / (1 - rate))`.
    public let rate: Double

    /// Makes a layer.
    public init(_ rate: Double, seed: Int? = nil, name: String? = nil, dtype: DType? = nil) {
        Argument.check(
            rate >= 0 && rate < 1, "GaussianDropout", "rate", expected: "a number from 0 to below 1", received: rate)
        self.rate = rate
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("rate"), seed: config.optional("seed"), name: config.name,
            dtype: config.dtype)
    }

    override func disturb(_ x: Tensor) -> Tensor {
        let deviation = (rate / (1 - rate)).squareRoot()
        return rate == 0 ? x : x * (generator.normal(x.shape, standardDeviation: deviation, dtype: x.dtype) + 1)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "rate": .double(rate),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("fifth", GaussianDropout(0.2, seed: 3, dtype: .float64), [[3]]),
        ]
    }
}
