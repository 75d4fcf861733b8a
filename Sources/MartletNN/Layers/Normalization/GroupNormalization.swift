import MartletCore

/// Shifts and scales each group of channels of each sample to mean 0 and variance 1, then each channel to a learned
/// mean and deviation.
///
/// Weights, each of the size of the axis: `gamma`, `beta`. One group is layer normalization over all axes but the
/// batch; as many groups as channels is instance normalization.
///
/// Source: [`keras.layers.GroupNormalization`](https://keras.io/api/layers/normalization_layers/group_normalization/);
/// Y. Wu, K. He, *Group normalization*, 2018.
public final class GroupNormalization: ScaledNormalization, ConfigurableLayer, Described {
    /// The number of groups, which divides that of channels; -1 for one to each channel.
    public private(set) var groups: Int
    /// The axis of the channels.
    public private(set) var axis: Int

    /// Makes a layer. The parameters are described at the properties.
    public init(
        groups: Int = 32, axis: Int = -1, epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
        betaInitializer: any Initializer = .zeros, gammaInitializer: any Initializer = .ones,
        betaRegularizer: (any Regularizer)? = nil, gammaRegularizer: (any Regularizer)? = nil,
        betaConstraint: (any Constraint)? = nil, gammaConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.groups = groups
        self.axis = axis
        super.init(
            epsilon, center, scale, beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint),
            gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint), name: name, trainable: trainable,
            dtype: dtype, autocast: false)
    }

    public static let arguments = table(GroupNormalization()) {
        $0("groups", \.groups, Requirement("a positive integer or -1") { $0 >= 1 && $0 <= 1 << 31 || $0 == -1 })
        $0("axis", \.axis)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(inputShapes[0], axis: axis)
        addWeights(shape: [channels], scale: scale, center: center)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        cast(normalized(widened(x)))
    }

    private func normalized(_ x: Tensor) -> Tensor {
        let place = x.shape.normalizedAxis(axis)!
        let channels = x.shape[place]
        let count = groups == -1 ? channels : groups
        // The axis as groups and channels of a group; then each group's axes behind batch and group.
        let sizes = x.shape.dimensions
        let split = Shape(sizes[..<place] + [count, channels / max(count, 1)] + sizes[(place + 1)...])
        let inner = (1..<split.rank).filter { $0 != place }
        let y = withTrailing(inner, of: x.reshaped(to: split)) { layerNorm($0, epsilon: epsilon) }.reshaped(to: x.shape)
        func aligned(_ weight: Tensor) -> Tensor {
            weight.reshaped([-1] + [Int](repeating: 1, count: x.rank - 1 - place))
        }
        let scaled = weight(gamma, like: x).map { y * aligned($0) } ?? y
        return weight(beta, like: x).map { scaled + aligned($0) } ?? scaled
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard let place = shape.normalizedAxis(axis), place > 0 else {
            throw MartletError("Expected an input with an axis \(axis) behind the batch. Received: shape \(shape).")
        }
        if let channels = shape[place], groups > 0, channels % groups != 0 {
            throw MartletError(
                "Expected a number of channels that \(groups) groups divide. Received: shape \(shape).")
        }
        if let weight = gamma ?? beta, let size = shape[place], size != weight.shape[0] {
            throw MartletError(
                "Expected axis \(axis) of the input to have size \(weight.shape[0]). Received: shape \(shape).")
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil]], [[nil, 2, 3]]]
        return [
            LayerSample(
                "images", GroupNormalization(groups: 2, dtype: .float64), [[2, 2, 4]], bad: bad + [[[nil, nil]]]),
            LayerSample("features", GroupNormalization(groups: 2, dtype: .float64), [[6]], bad: bad),
            LayerSample("axis 1", GroupNormalization(groups: 2, axis: 1, dtype: .float64), [[4, 3]]),
            LayerSample(
                "instances", GroupNormalization(groups: -1, epsilon: 0.1, center: false, scale: false, dtype: .float64),
                [[3, 2]]),
        ]
    }
}
