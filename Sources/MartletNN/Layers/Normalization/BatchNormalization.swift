import MartletCore

/// Shifts and scales each channel to mean 0 and variance 1, then to a learned mean and deviation.
///
/// In training the statistics are those of the batch, and the moving ones follow:
/// `moving = moving * momentum + batch * (1 - momentum)`, the variance as that of a population. In inference, and when
/// the layer is not trainable, the moving ones are used. Weights, each of the size of the axis: `gamma`, `beta`, and,
/// not trained, `moving_mean`, `moving_variance`; with `renorm` `moving_stddev`, `renorm_mean`, `renorm_stddev` as well.
///
/// Source: [`keras.layers.BatchNormalization`](https://keras.io/api/layers/normalization_layers/batch_normalization/);
/// S. Ioffe, C. Szegedy, *Batch normalization*, 2015.
public final class BatchNormalization: ScaledNormalization, ConfigurableLayer, Described {
    /// The axis of the channels.
    public private(set) var axis: Int
    /// How much of the moving statistics each batch leaves.
    public private(set) var momentum: Double
    /// The means that inference uses.
    public private(set) var movingMean: Variable!
    /// The variances that inference uses.
    public private(set) var movingVariance: Variable!

    /// How training corrects the statistics of a batch; nil uses them as they are.
    public private(set) var renorm: BatchRenormalization?

    /// Whether the statistics are those of the whole batch where a strategy cuts it into shards. They are those of the shard
    /// otherwise, and nothing waits for other shards.
    public private(set) var synchronized: Bool

    private var averages: BatchRenormalization.Averages?
    private var movingMeanInitializer, movingVarianceInitializer: any Initializer

    /// Makes a layer. The parameters are described at the properties.
    public init(
        axis: Int = -1, momentum: Double = 0.99, epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
        betaInitializer: any Initializer = .zeros, gammaInitializer: any Initializer = .ones,
        movingMeanInitializer: any Initializer = .zeros, movingVarianceInitializer: any Initializer = .ones,
        betaRegularizer: (any Regularizer)? = nil, gammaRegularizer: (any Regularizer)? = nil,
        betaConstraint: (any Constraint)? = nil, gammaConstraint: (any Constraint)? = nil,
        synchronized: Bool = false, renorm: BatchRenormalization? = nil, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.axis = axis
        self.momentum = momentum
        self.synchronized = synchronized
        self.renorm = renorm
        self.movingMeanInitializer = movingMeanInitializer
        self.movingVarianceInitializer = movingVarianceInitializer
        super.init(
            epsilon, center, scale, beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint),
            gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint), name: name, trainable: trainable,
            dtype: dtype, autocast: true)
    }

    public static let arguments = table(BatchNormalization()) {
        $0("axis", \.axis, as: .firstAxis)
        $0("momentum", \.momentum, .in(0...1))
        $0("moving_mean_initializer", \.movingMeanInitializer)
        $0("moving_variance_initializer", \.movingVarianceInitializer)
        $0("synchronized", \.synchronized)
        $0.custom("renorm", read: { $0.renorm = try BatchRenormalization($1) }, write: { .bool($0.renorm != nil) })
        $0.custom("renorm_clipping", write: { $0.renorm?.clipping ?? .null })
        $0.custom("renorm_momentum", write: { .double($0.renorm?.momentum ?? 0.99) })
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let shape: Shape = [try Self.knownSize(inputShapes[0], axis: axis)]
        addWeights(shape: shape, scale: scale, center: center)
        func addStatistic(_ name: String, _ initializer: any Initializer) -> Variable {
            addWeight(name, shape: shape, initializer: initializer, trainable: false, autocast: false)
        }
        movingMean = addStatistic("moving_mean", movingMeanInitializer)
        movingVariance = addStatistic("moving_variance", movingVarianceInitializer)
        if renorm == nil { return }
        let deviation = SquareRootInitializer(variance: movingVarianceInitializer)
        averages = BatchRenormalization.Averages(
            movingDeviation: addStatistic("moving_stddev", deviation),
            mean: addStatistic("renorm_mean", movingMeanInitializer), deviation: addStatistic("renorm_stddev", deviation))
    }

    public override var supportsMasking: Bool { true }

    /// With a mask, of the input's shape without its last axis or one that broadcasts to it, places where it is false
    /// do not count for the statistics.
    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { cast(normalized(widened(x), in: context)) }

    private func normalized(_ x: Tensor, in context: CallContext) -> Tensor {
        let channels = x.shape.normalizedAxis(axis)!
        guard context.training && isTrainable else {
            return normalize(
                x, mean: weight(movingMean, like: x)!, variance: weight(movingVariance, like: x)!, axis: channels)
        }
        let shard = synchronized ? StepShard.current : nil
        if shard != nil || context.mask != nil {
            let (mean, variance) = statistics(of: x, axis: channels, mask: context.mask, shard)
            if let renorm, let averages {
                return withTrailing([channels], of: x) { x in
                    let rstd = (variance + epsilon).reciprocalSquareRoot()
                    return renormalized((x - mean) * rstd, mean, variance, of: x, renorm, averages)
                }
            }
            follow(mean, variance, of: x)
            return normalize(x, mean: mean, variance: variance, axis: channels)
        }
        return withTrailing([channels], of: x) { x in
            if let renorm, let averages {
                let (y, mean, variance) = batchNorm(x, epsilon: epsilon)
                return renormalized(y, mean, variance, of: x, renorm, averages)
            }
            let (y, mean, variance) = batchNorm(
                x, scale: weight(gamma, like: x), offset: weight(beta, like: x), epsilon: epsilon)
            follow(mean, variance, of: x)
            return y
        }
    }

    /// Mean and variance of each channel, over what counts for `mask`, in all shards of the batch where there is one.
    private func statistics(of x: Tensor, axis: Int, mask: Tensor?, _ shard: StepShard?) -> (mean: Tensor, variance: Tensor) {
        let axes = (0..<x.rank).filter { $0 != axis }
        let counted = mask.map { $0.cast(to: .bool).expandingDims(at: -1).broadcast(to: x.shape) }
        /// The sum over the samples, without what does not count.
        func total(_ values: Tensor) -> Tensor {
            (counted.map { `where`($0, values, 0) } ?? values).sum(axes: axes, keepDims: true)
        }
        var sum = total(x)
        var count = counted.map { $0.cast(to: x.dtype).sum(axes: axes, keepDims: true) }
            ?? .full(sum.shape, Double(x.elementCount / max(1, x.shape[axis])), dtype: x.dtype)
        if let shard {
            let both = shard.sumOverShards(concatenate([sum.flattened(), count.flattened()]))
            let size = sum.elementCount
            (sum, count) = (both[0..<size].reshaped(to: sum.shape), both[size..<(2 * size)].reshaped(to: sum.shape))
        }
        // Keras's guard against a batch in which nothing counts.
        if counted != nil { count = count + 1e-7 }
        let mean = sum / count
        let squares = total((x - mean).square())
        let variance = (shard?.sumOverShards(squares) ?? squares) / count
        return (mean.flattened(), variance.flattened())
    }

    private func normalize(_ x: Tensor, mean: Tensor, variance: Tensor, axis: Int) -> Tensor {
        /// Along the channels of `x`.
        func aligned(_ values: Tensor) -> Tensor {
            if axis == x.rank - 1 { return values }
            return values.reshaped([-1] + [Int](repeating: 1, count: x.rank - 1 - axis))
        }
        let rstd = (variance + epsilon).reciprocalSquareRoot()
        let y = (x - aligned(mean)) * aligned(weight(gamma, like: x).map { rstd * $0 } ?? rstd)
        return weight(beta, like: x).map { y + aligned($0) } ?? y
    }

    /// Corrects `y`, the batch `x` normalized by its own statistics, and follows these.
    private func renormalized(
        _ y: Tensor, _ mean: Tensor, _ variance: Tensor, of x: Tensor, _ renorm: BatchRenormalization,
        _ averages: BatchRenormalization.Averages
    ) -> Tensor {
        let deviation = (variance + epsilon).squareRoot()
        let (r, d) = renorm.correction(mean: mean, deviation: deviation, averages: averages, epsilon: epsilon)
        if x.elementCount > 0 {
            move(averages.mean, towards: mean, momentum: renorm.momentum)
            move(averages.deviation, towards: deviation, momentum: renorm.momentum)
            move(movingMean, towards: mean, momentum: momentum)
            move(averages.movingDeviation, towards: deviation, momentum: momentum)
            movingVariance.assign((averages.movingDeviation.value.square() - epsilon).relu())
        }
        let corrected = y * r + d
        let scaled = weight(gamma, like: x).map { corrected * $0 } ?? corrected
        return weight(beta, like: x).map { scaled + $0 } ?? scaled
    }

    private func follow(_ mean: Tensor, _ variance: Tensor, of x: Tensor) {
        // A batch of no samples has no statistics to follow.
        if x.elementCount == 0 { return }
        move(movingMean, towards: mean, momentum: momentum)
        move(movingVariance, towards: variance, momentum: momentum)
    }

    private func move(_ statistic: Variable, towards batch: Tensor, momentum: Double) {
        let (value, type) = (batch.stopGradient(), statistic.dtype)
        statistic.modify { $0 = ($0.cast(to: value.dtype) * momentum + value * (1 - momentum)).cast(to: type) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.normalizedAxis(axis) != nil else {
            throw MartletError("Expected an input with an axis \(axis). Received: shape \(shape).")
        }
        if let movingMean, let size = shape[axis], size != movingMean.shape[0] {
            throw MartletError(
                "Expected axis \(axis) of the input to have size \(movingMean.shape[0]). Received: shape \(shape).")
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("features", BatchNormalization(dtype: .float64), [[3]], bad: [[[nil, nil]]]),
            LayerSample("images", BatchNormalization(dtype: .float64), [[2, 3, 2]], bad: [[[nil, 2, 3, nil]]]),
            LayerSample("axis 1", BatchNormalization(axis: 1, dtype: .float64), [[3, 2]], bad: [[[nil]]]),
            LayerSample(
                "without gamma and beta",
                BatchNormalization(momentum: 0.5, epsilon: 1e-2, center: false, scale: false, dtype: .float64), [[3]]),
            LayerSample(
                "renormalized",
                BatchNormalization(
                    renorm: BatchRenormalization(rMax: 1.5, rMin: 0.5, dMax: 2, momentum: 0.5), dtype: .float64), [[3]],
                changesWeights: true),
        ]
    }
}

extension ArgumentForm<Int> {
    /// An axis, perhaps alone in a list.
    fileprivate static let firstAxis = ArgumentForm(
        read: { try $0.perAxis($1, default: -1).numbers(axes: 1).first ?? -1 }, write: { .int($0) })
}
