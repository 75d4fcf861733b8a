import MartletCore

/// In training, adds normal noise of mean 0. In inference it does nothing.
///
/// Source: [`keras.layers.GaussianNoise`](https://keras.io/api/layers/regularization_layers/gaussian_noise/).
public final class GaussianNoise: NoiseLayer, ConfigurableLayer, Described {
    /// The standard deviation of the noise.
    public private(set) var stddev: Double

    /// Makes a layer.
    public init(_ stddev: Double, seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.stddev = stddev
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public static let arguments = table(GaussianNoise(0)) { $0("stddev", \.stddev, required: true, .in(0...1)) }

    override func disturb(_ x: Tensor) -> Tensor {
        stddev == 0 ? x : x + generator.normal(x.shape, standardDeviation: stddev, dtype: x.dtype)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("tenth", GaussianNoise(0.1, seed: 3, dtype: .float64), [[3]]),
        ]
    }
}
