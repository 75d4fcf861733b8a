import MartletCore

/// In training, drops whole samples of a residual branch with the probability `dropPathRate`, and divides the others by the
/// probability of staying, as the blocks of `keras.applications`' ConvNeXt do. In inference it does nothing.
///
/// Source: [`keras.applications.ConvNeXtTiny`](https://keras.io/api/applications/convnext/); G. Huang et al., *Deep networks
/// with stochastic depth*, 2016.
public final class StochasticDepth: NoiseLayer, ConfigurableLayer, Described {
    /// The probability with which a sample is dropped, from 0 to below 1.
    public private(set) var dropPathRate: Double

    /// Makes a layer.
    public init(_ dropPathRate: Double, seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.dropPathRate = dropPathRate
        super.init(seed: seed, name: name, dtype: dtype)
    }

    // Keras's class has no seed.
    public static let arguments = Arguments(default: StochasticDepth(0)) {
        $0("drop_path_rate", \.dropPathRate, required: true, .from(0, below: 1))
    }

    override var kerasModule: String { "keras.src.applications.convnext" }

    public override var supportsMasking: Bool { false }

    override func disturb(_ x: Tensor) -> Tensor {
        guard dropPathRate > 0, x.rank > 0 else { return x }
        let shape = Shape([x.shape[0]] + [Int](repeating: 1, count: x.rank - 1))
        let stays = 1 - dropPathRate
        return x * generator.bernoulli(shape, probability: stays, value: 1 / stays, dtype: x.dtype)
    }

    package static var samples: [LayerSample] {
        [LayerSample("fifth", StochasticDepth(0.2, seed: 3, dtype: .float64), [[2, 3]])]
    }
}
