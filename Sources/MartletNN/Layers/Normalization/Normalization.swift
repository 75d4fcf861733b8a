import MartletCore
import MartletFormats

/// Shifts and scales each feature by a mean and a variance that are given, or found in data by `adapt`:
/// `(x - mean) / max(√variance, 1e-7)`.
///
/// ```swift
/// let normalization = Normalization()
/// try normalization.adapt(xTrain)
/// ```
///
/// Weights, unless mean and variance are given: `mean` and `variance` of the sizes of the axes, and `count`, which
/// Keras keeps for older files. None is trained.
///
/// Source: [`keras.layers.Normalization`](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/).
public final class Normalization: Layer, ConfigurableLayer, Described {
    /// The axes of the features; the others, the batch among them, are averaged over.
    public private(set) var axes: [Int]
    /// Whether the layer does the opposite: `x * max(√variance, 1e-7) + mean`.
    public private(set) var invert: Bool
    /// The mean that was given; nil where `adapt` finds it.
    public private(set) var givenMean: Tensor?
    /// The variance that was given; nil where `adapt` finds it.
    public private(set) var givenVariance: Tensor?
    /// The mean of each feature; nil until the layer is built, and where it is given.
    public private(set) var mean: Variable?
    /// The variance of each feature; nil until the layer is built, and where it is given.
    public private(set) var variance: Variable?

    /// Makes a layer.
    /// - Parameters:
    ///   - axes: the axes of the features; none for one mean of all elements.
    ///   - mean: the mean, a number or an array whose axes are the last of `axes`.
    ///   - variance: the variance, of the same shape.
    ///   - invert: whether the layer does the opposite.
    public init(
        axes: [Int] = [-1], mean: Tensor? = nil, variance: Tensor? = nil, invert: Bool = false, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.axes = axes
        givenMean = mean
        givenVariance = variance
        self.invert = invert
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Normalization()) {
        $0("axis", \.axes, as: .someOrNoAxes)
        $0("mean", \.givenMean, as: .nestedTensor)
        $0("variance", \.givenVariance, as: .nestedTensor)
        $0("invert", \.invert)
        $0.check { layer in
            let (mean, variance) = (layer.givenMean, layer.givenVariance)
            Argument.check(
                mean?.shape == variance?.shape && mean?.rank ?? 0 <= layer.axes.count, layer.className, "mean",
                expected: "mean and variance of one shape, of at most \(layer.axes.count) axes, or neither",
                received: [mean?.shape, variance?.shape])
        }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        let shape = try outputShapes(for: inputShapes)[0]
        guard givenMean == nil else { return }
        let sizes = try Shape(keptAxes(of: shape.rank).map { try Self.knownSize(shape, axis: $0) })
        mean = addWeight("mean", shape: sizes, initializer: .zeros, trainable: false)
        variance = addWeight("variance", shape: sizes, initializer: .ones, trainable: false)
        addWeight("count", shape: [], initializer: .zeros, trainable: false, dtype: .int64)
    }

    /// Finds mean and variance of each feature in data.
    /// - Throws: `MartletError` when there is no data, or the layer was built for other features.
    public func adapt(_ data: Tensor) throws { try adapt(CollectionOfOne(data)) }

    /// Finds mean and variance of each feature in batches of data.
    /// - Throws: `MartletError` when there is no data, the layer was built for other features, or mean and variance
    ///   were given.
    public func adapt(_ batches: some Sequence<Tensor>) throws { try withErrors { try findMoments(of: batches) } }

    private func findMoments(of batches: some Sequence<Tensor>) throws {
        guard givenMean == nil else {
            throw MartletError("Expected a layer without a given mean. Received: mean \(givenMean!).", at: name)
        }
        var (count, mean, variance) = (0.0, Tensor(0.0, dtype: .float64), Tensor(0.0, dtype: .float64))
        // Of numbers that are far from 0, differences to the first batch's mean keep more digits than the numbers.
        var origin: Tensor?
        try batches.forEachBatch(limit: nil) { batch in
            guard batch.elementCount > 0 else { return }
            try ensureBuilt(for: [PartialShape(batch.shape)])
            _ = try outputShapes(for: [PartialShape(batch.shape)])
            let kept = keptAxes(of: batch.rank)
            let (data, axes) = (batch.cast(to: dtype), (0..<batch.rank).filter { !kept.contains($0) })
            let zero = origin ?? data.mean(axes: axes)
            origin = zero
            let x = data - aligned(zero, with: data)
            let batchMean = x.mean(axes: axes).cast(to: .float64)
            let batchVariance = x.variance(axes: axes).cast(to: .float64)
            let size = Double(axes.reduce(1) { $0 * x.shape[$1] })
            // T. Chan, G. Golub, R. LeVeque, *Updating formulae for computing sample variances*, 1979.
            let share = size / (count + size)
            let shift = batchMean - mean
            variance = variance * (1 - share) + batchVariance * share + shift * shift * (share * (1 - share))
            mean = mean + shift * share
            count += size
        }
        guard count > 0 else { throw MartletError("Expected data to adapt to. Received: no elements.", at: name) }
        self.mean!.assign((mean + origin!.cast(to: .float64)).cast(to: dtype))
        self.variance!.assign(variance.cast(to: dtype))
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        let mean = aligned(mean?.value ?? givenMean!.cast(to: x.dtype), with: x)
        let variance = aligned(variance?.value ?? givenVariance!.cast(to: x.dtype), with: x)
        let deviation = maximum(variance.squareRoot(), 1e-7)
        return invert ? x * deviation + mean : (x - mean) / deviation
    }

    private func keptAxes(of rank: Int) -> [Int] { axes.map { $0 < 0 ? $0 + rank : $0 }.sorted() }

    /// The statistics with sizes of 1 where they are the same for all of `x`.
    private func aligned(_ statistics: Tensor, with x: Tensor) -> Tensor {
        var sizes = [Int](repeating: 1, count: x.rank)
        for (axis, size) in zip(keptAxes(of: x.rank).reversed(), statistics.shape.dimensions.reversed()) {
            sizes[axis] = size
        }
        return statistics.reshaped(to: Shape(sizes))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard axes.allSatisfy({ shape.normalizedAxis($0) != nil }), Set(keptAxes(of: shape.rank)).count == axes.count else {
            throw MartletError("Expected an input with the different axes \(axes). Received: shape \(shape).")
        }
        let statistics = mean?.shape ?? givenMean?.shape ?? []
        for (axis, size) in zip(keptAxes(of: shape.rank).reversed(), statistics.dimensions.reversed()) {
            guard size == 1 || shape[axis] == nil || shape[axis] == size else {
                throw MartletError("Expected axis \(axis) to have size \(size). Received: shape \(shape).")
            }
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("adapted", Normalization(dtype: .float64), [[2, 3]], bad: [[[nil, 2, nil]], [[]]]),
            LayerSample(
                "given",
                Normalization(
                    mean: Tensor([1.0, 2.0]), variance: Tensor([4.0, 0.25]), invert: true, dtype: .float64), [[3, 2]],
                bad: [[[nil, 3]]]),
            LayerSample("whole", Normalization(axes: [], dtype: .float64), [[3]]),
            LayerSample(
                "a number", Normalization(axes: [1, 2], mean: Tensor(1.5), variance: Tensor(4.0), dtype: .float64),
                [[2, 2]]),
        ]
    }
}

extension ArgumentForm<[Int]> {
    /// An axis or several, written as a list; null is none.
    fileprivate static let someOrNoAxes = ArgumentForm(
        read: { $0.arguments[.key($1)] == .null ? [] : try $0.perAxis($1, default: -1).numbers(axes: 1) },
        write: { .integers($0) }, readsNull: true)
}

extension ArgumentForm<Tensor> {
    /// A number or nested lists of numbers. Keras wraps an array that it holds as a tensor.
    fileprivate static let nestedTensor = ArgumentForm(
        read: { config, key in
            try config.located(key) {
                let json = config.arguments[.key(key)] ?? .null
                return try (json["config"]?["value"] ?? json).nestedTensor()
            }
        }, write: { JSONValue(nested: $0) })
}

extension JSONValue {
    /// The elements of a tensor in nested lists.
    fileprivate init(nested tensor: Tensor) {
        self = tensor.rank == 0 ? .double(tensor.item()) : .array(tensor.unstacked(axis: 0).map(JSONValue.init(nested:)))
    }

    fileprivate func nestedTensor() throws -> Tensor {
        guard case .array(let items) = self else { return Tensor(try value(at: [], as: Double.self), dtype: .float64) }
        let parts = try items.map { try $0.nestedTensor() }
        guard let first = parts.first, parts.allSatisfy({ $0.shape == first.shape }) else {
            throw MartletError("Expected nested lists of numbers, all of a depth of one length. Received: \(self).")
        }
        return Tensor.stack(parts)
    }
}
