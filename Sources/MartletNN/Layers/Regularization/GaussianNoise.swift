import MartletCore
import MartletFormats

/// In training, adds normal noise of mean 0. In inference it does nothing.
///
/// Source: [`keras.layers.GaussianNoise`](https://keras.io/api/layers/regularization_layers/gaussian_noise/).
public final class GaussianNoise: NoiseLayer, ConfigurableLayer {
    /// The standard deviation of the noise.
    public let stddev: Double

    /// Makes a layer.
    public init(_ stddev: Double, seed: Int? = nil, name: String? = nil, dtype: DType? = nil) {
        Argument.check(
            (0...1).contains(stddev), "GaussianNoise", "stddev", expected: "a number in 0...1", received: stddev)
        self.stddev = stddev
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("stddev"), seed: config.optional("seed"), name: config.name,
            dtype: config.dtype)
    }

    override func disturb(_ x: Tensor) -> Tensor {
        stddev == 0 ? x : x + generator.normal(x.shape, standardDeviation: stddev, dtype: x.dtype)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "stddev": .double(stddev),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("tenth", GaussianNoise(0.1, seed: 3, dtype: .float64), [[3]]),
        ]
    }
}
