import MartletCore
import MartletFormats

/// What layers that change images share: they take a batch of images or a single one, of any dtype, and give the layer's.
///
/// Shapes: [batch, height, width, channels] or [height, width, channels]; with `channelsFirst`, the channels come before the
/// height.
public class ImageLayer: Layer {
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// The format of boxes that `augment` takes without one.
    public var boundingBoxFormat: BoundingBoxFormat?

    init(dataFormat: DataFormat, name: String?, dtype: (any DTypeConvertible)?) {
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func imageTable<L: ImageLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("data_format", \.dataFormat)
            $0("bounding_box_format", \.boundingBoxFormat)
            $0.omitNull("bounding_box_format")
            describe(&$0)
        }
    }

    /// Changes a batch of images with channels last, in the layer's dtype.
    func change(_ images: Tensor, in context: CallContext) -> Tensor {
        stop(className, "The layer changes nothing: override change(_:in:).")
    }

    /// The numbers of channels that the layer takes, nil for any.
    var channelCounts: [Int]? { nil }

    /// The shape of the changed images, of those of a batch with channels last.
    /// - Throws: `MartletError` where the layer cannot take them.
    func changedShape(_ images: PartialShape) throws -> PartialShape { images }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        onBatch(x) { change($0, in: context) }
    }

    /// Whether images keep their dtype, integers too.
    var keepsType: Bool { false }

    /// What `function` makes of the images as a batch with channels last, in the order of `x`, and in the layer's dtype if it
    /// does not keep theirs.
    final func onBatch(_ x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
        guard
            require(
                (3...4).contains(x.rank), name,
                "Expected an image (height, width, channels), or a batch of them. Received: \(x.spec).")
        else { return .substitute(x.spec) }
        let type = keepsType ? x.dtype : computeDType
        let images = x.cast(to: type)
        if x.rank == 4 { return dataFormat.apply(to: images, function).cast(to: type) }
        let changed = dataFormat.apply(to: images.expandingDims(at: 0), function).cast(to: type)
        return Context.current.hasFailed ? changed : changed.squeezed(axis: 0)
    }

    // MARK: - What belongs to images

    /// Draws how a batch of images, with channels last, will be changed: numbers by name.
    func drawChange(of images: Tensor) -> ImageTransformation { [:] }

    /// Changes a batch of images with channels last as drawn.
    func change(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        change(images, in: CallContext(training: true))
    }

    /// Changes masks as the images that they belong to: so layers that move pixels.
    package func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor { masks }

    /// Moves boxes as the images that they belong to: so layers that move pixels.
    /// - Parameter images: the shape of the images before, with channels last.
    package func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {}

    /// Whether boxes can follow the images.
    var movesBoxes: Bool { true }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard (3...4).contains(shape.rank) else {
            throw MartletError(
                "Expected an image (height, width, channels), or a batch of them. Received: shape \(shape).")
        }
        let batch = dataFormat.channelsLast(shape.rank == 4 ? shape : PartialShape([1] + shape.dimensions))
        guard batch[1] != 0, batch[2] != 0 else {
            throw MartletError("Expected images of at least one pixel. Received: shape \(shape).")
        }
        if let channelCounts, let channels = batch[3], !channelCounts.contains(channels) {
            let expected = channelCounts.map(String.init).joined(separator: " or ")
            throw MartletError("Expected images of \(expected) channels. Received: \(channels) channels.")
        }
        let changed = dataFormat.fromChannelsLast(try changedShape(batch))
        return [shape.rank == 4 ? changed : PartialShape(Array(changed.dimensions.dropFirst()))]
    }
}

/// What draws the changes of a batch of images: numbers by name, under the names of Keras's transformations.
package typealias ImageTransformation = [String: Tensor]

/// What layers share that change images at random in training, and in inference leave them as they are.
///
/// As in Keras, a layer that is called by itself, in no other layer's call, changes its images unless `training` is false.
///
/// ```swift
/// let flip = RandomFlip(.horizontal)
/// let augmented = flip(images)
/// let both = flip.augment(images, masks: segmentation)      // the same flips
/// ```
///
/// In the closures of pipelines it is a ``PipelineLayer``.
public class RandomImageLayer: ImageLayer {
    /// Starts the layer's random stream; nil takes the next one of the global seed.
    public private(set) var seed: Int?
    private var ownGenerator: RandomGenerator!

    init(seed: Int?, dataFormat: DataFormat, name: String?, dtype: (any DTypeConvertible)?) {
        self.seed = seed
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
        ownGenerator = RandomGenerator(seed: self.seed)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func table<L: RandomImageLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        imageTable(value()) {
            $0("seed", \.seed)
            describe(&$0)
        }
    }

    public override var randomGenerators: [RandomGenerator] { [ownGenerator] }
    override var trainsByDefault: Bool { true }

    /// The stream to draw from: that of a pipeline's element where the call is one of its map.
    private var generator: RandomGenerator { Context.current.randomGenerator ?? ownGenerator }

    /// Draws how a batch of images, with channels last, will be changed.
    package func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        stop(className, "The layer draws nothing: override draw(for:from:).")
    }

    /// Changes a batch of images with channels last, in the layer's dtype.
    package func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        stop(className, "The layer changes nothing: override transform(_:by:).")
    }

    /// Changes labels as the images that they belong to; most layers leave them as they are.
    package func transform(labels: Tensor, by transformation: ImageTransformation) -> Tensor { labels }

    override func drawChange(of images: Tensor) -> ImageTransformation { draw(for: images, from: generator) }

    override func change(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        transform(images, by: transformation)
    }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        context.training ? transform(images, by: draw(for: images, from: generator)) : images
    }

    /// Changes images at random, and what belongs to them in the same way.
    /// - Parameters:
    ///   - images: a batch of images, or a single one.
    ///   - labels: what belongs to each image: `MixUp` and `CutMix` mix them too.
    ///   - masks: numbers for each pixel, as images of any number of channels: layers that move pixels move them, to the
    ///     nearest place.
    /// - Returns: the three, changed; images and masks in the layer's dtype.
    public func augment(
        _ images: Tensor, labels: Tensor? = nil, masks: Tensor? = nil
    ) -> (images: Tensor, labels: Tensor?, masks: Tensor?) {
        Context.current.inLayer(name) {
            var transformation: ImageTransformation = [:]
            let changed = onBatch(images) { batch in
                transformation = draw(for: batch, from: generator)
                return transform(batch, by: transformation)
            }
            if Context.current.hasFailed { return (changed, labels, masks) }
            return (
                changed, labels.map { transform(labels: $0, by: transformation) },
                masks.map { onBatch($0) { transform(masks: $0, by: transformation) } }
            )
        }
    }

    // MARK: - What layers draw

    /// For each image whether something is done to it, [batch]: with a probability that is drawn from a range.
    func chance(_ count: Int, of factor: Range<Double>, _ random: RandomGenerator) -> Tensor {
        let probability = draw([count], in: factor, random)
        return random.uniform([count], dtype: dtype.drawn) .< probability
    }

    /// Numbers spread evenly over a range, which may be a single number.
    func draw(_ shape: Shape, in range: Range<Double>, _ random: RandomGenerator) -> Tensor {
        range.isEmpty
            ? .full(shape, range.lowerBound, dtype: dtype.drawn) : random.uniform(shape, in: range, dtype: dtype.drawn)
    }

    /// `a` for the images for which `condition`, [batch], is true, otherwise `b`.
    static func choose(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        `where`(condition.reshaped([-1, 1, 1, 1]), a, b)
    }
}

extension DType {
    /// The dtype in which numbers are drawn for a layer of this one.
    fileprivate var drawn: DType { self == .float64 ? .float64 : .float32 }
}

/// What layers share that move the pixels of images at random.
public class GeometricImageLayer: RandomImageLayer {
    /// How values between pixels are made: `.bilinear` or `.nearest`.
    public internal(set) var interpolation: Interpolation
    /// What lies outside of an image.
    public internal(set) var fillMode: FillMode
    /// The value of `.constant`.
    public internal(set) var fillValue: Double

    init(
        interpolation: Interpolation, fillMode: FillMode, fillValue: Double, seed: Int?, dataFormat: DataFormat,
        name: String?, dtype: (any DTypeConvertible)?
    ) {
        self.interpolation = interpolation
        self.fillMode = fillMode
        self.fillValue = fillValue
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func geometryTable<L: GeometricImageLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, hasFillMode: Bool = true,
        _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        table(value()) {
            $0("interpolation", \.interpolation, .oneOf([.nearest, .bilinear]))
            if hasFillMode { $0("fill_mode", \.fillMode) }
            $0("fill_value", \.fillValue)
            describe(&$0)
        }
    }

    /// Moves the pixels of a batch of images with channels last.
    func move(_ images: Tensor, by transformation: ImageTransformation, _ interpolation: Interpolation) -> Tensor {
        affineTransform(
            images, transforms(for: images.shape, transformation), interpolation: interpolation, fillMode: fillMode,
            fillValue: fillValue)
    }

    /// The transforms of a layer that only turns, shifts, stretches or shears: [batch, 8].
    func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        stop(className, "The layer moves nothing: override transforms(for:_:).")
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        move(images, by: transformation, interpolation)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        boxes.move(backBy: transforms(for: images, transformation))
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        move(masks, by: transformation, .nearest)
    }

    /// Rows `a0 a1 a2 b0 b1 b2 0 0` of columns of shape [batch].
    static func rows(_ columns: [Tensor]) -> Tensor {
        let zeros = Tensor.zeros(like: columns[0])
        return .stack(columns + [zeros, zeros], axis: 1)
    }
}
