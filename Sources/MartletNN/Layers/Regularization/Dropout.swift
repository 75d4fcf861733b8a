import MartletCore
import MartletFormats

/// In training, sets each element to 0 with probability `rate` and divides the others by `1 - rate`, so that the mean
/// stays. In inference it does nothing.
///
/// Source: [`keras.layers.Dropout`](https://keras.io/api/layers/regularization_layers/dropout/); N. Srivastava et al.,
/// *Dropout: a simple way to prevent neural networks from overfitting*, 2014.
public final class Dropout: NoiseLayer, ConfigurableLayer, Described {
    /// The probability that an element is dropped, in 0...1.
    public private(set) var rate: Double
    /// The shape of the mask, batch axis included: size 1 along axes whose elements are dropped together, nil for the input's
    /// size. Nil is the input's shape.
    public private(set) var noiseShape: PartialShape?

    /// Makes a layer. The parameters are described at the properties.
    public init(
        _ rate: Double, noiseShape: PartialShape? = nil, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.rate = rate
        self.noiseShape = noiseShape
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public static let arguments = table(Dropout(0)) {
        $0("rate", \.rate, required: true, .in(0...1))
        $0(
            "noise_shape", \.noiseShape, as: .noiseShape,
            Requirement("positive sizes") { $0.dimensions.allSatisfy { $0 ?? 1 >= 1 } })
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard context.training, rate > 0 else { return x }
        let mask = generator.dropoutMask(
            maskShape(for: x.shape), rate: rate, dtype: x.dtype.isFloatingPoint ? x.dtype : dtype)
        return x * mask
    }

    private func maskShape(for shape: Shape) -> Shape {
        guard let noiseShape else { return shape }
        return Shape(zip(noiseShape.dimensions, shape.dimensions).map { $0 ?? $1 })
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        if let noiseShape {
            let fits =
                noiseShape.rank == shape.rank
                && zip(noiseShape.dimensions, shape.dimensions).allSatisfy {
                    $0 == nil || $0 == 1 || $1 == nil || $0 == $1
                }
            guard fits else {
                throw MartletError(
                    "Expected an input to which the noise shape \(noiseShape) broadcasts. Received: shape \(shape).")
            }
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("half", Dropout(0.5, seed: 3, dtype: .float64), [[7]]),
            LayerSample("none", Dropout(0, dtype: .float64), [[3]]),
            LayerSample("all", Dropout(1, seed: 1, dtype: .float64), [[3]]),
            LayerSample(
                "whole channels", Dropout(0.3, noiseShape: [nil, 1, nil], seed: 5, dtype: .float64), [[3, 4]],
                bad: [[[nil, 4]]]),
        ]
    }
}

extension ArgumentForm<PartialShape> {
    /// A list of sizes, null where any will do.
    static let noiseShape = ArgumentForm(
        read: { config, key in
            let sizes: [JSONValue] = try config.required(key)
            return try config.located(key) { try PartialShape(sizes.map(PartialShape.size)) }
        }, write: { .array($0.dimensions.map { .optional($0) }) })
}

extension RandomGenerator {
    /// 0 with probability `rate`, else `1 / (1 - rate)`.
    func dropoutMask(_ shape: Shape, rate: Double, dtype: DType) -> Tensor {
        let kept = 1 - rate
        return bernoulli(shape, probability: kept, value: kept == 0 ? 0 : 1 / kept, dtype: dtype)
    }
}
