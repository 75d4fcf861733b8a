import CKernels

/// What lies outside an image.
public enum FillMode: String, Sendable, CaseIterable {
    /// One value: `k k | a b c | k k`.
    case constant
    /// The nearest pixel: `a a | a b c | c c`.
    case nearest
    /// The image mirrored at its border: `b a | a b c | c b`.
    case reflect
    /// The image again: `b c | a b c | a b`.
    case wrap

    var c: mk_outside {
        switch self {
        case .constant: MK_OUTSIDE_CONSTANT
        case .nearest: MK_OUTSIDE_NEAREST
        case .reflect: MK_OUTSIDE_REFLECT
        case .wrap: MK_OUTSIDE_WRAP
        }
    }
}

/// How images are read between their pixels and outside of them.
struct ImageSampling: Hashable {
    /// Between four pixels; otherwise the nearest one.
    var isLinear: Bool
    var fillMode: FillMode
    var value: Double
    /// Whether the numbers of the pixels around a place are brought into the image, as Keras's `map_coordinates` does;
    /// otherwise the place, as TensorFlow's projective transform.
    var isByPixel = false

    fileprivate func plan(_ type: DType, images: Shape, places: Shape) -> mk_sample_plan {
        mk_sample_plan(
            type: type.c, batch: Int64(images[0]), height: Int64(images[1]), width: Int64(images[2]),
            channels: Int64(images[3]), rows: Int64(places[1]), columns: Int64(places[2]), outside: fillMode.c, value: value,
            linear: isLinear, by_pixel: isByPixel)
    }

    /// - Throws: `OpFailure` unless places [batch, rows, columns, 2] fit images [batch, height, width, channels].
    fileprivate func check(images: Shape, places: TensorSpec, _ type: DType) throws(OpFailure) {
        guard type == .float32 || type == .float64, places.dtype == type, images.rank == 4, places.shape.rank == 4,
            places.shape[0] == images[0], places.shape[3] == 2,
            images[1] > 0 && images[2] > 0 || places.shape.elementCount == 0
        else { throw OpFailure("Expected images (batch, height, width, channels) and places (batch, rows, columns, 2).") }
    }

    fileprivate static var samples: [ImageSampling] {
        FillMode.allCases.flatMap { mode in
            [false, true].flatMap { isLinear in
                [false, true].map { ImageSampling(isLinear: isLinear, fillMode: mode, value: 0.5, isByPixel: $0) }
            }
        }
    }

    /// Places in and around an image of 3 x 4 pixels, not half way between two.
    fileprivate static func places(_ shape: Shape) -> Tensor {
        SampleInput.uniform(shape, in: -6...7, seed: 3, awayFrom: (-14...14).map { Double($0) / 2 }, margin: 0.01)
    }

    fileprivate var label: String { "\(fillMode)\(isLinear ? " linear" : "")\(isByPixel ? " by pixel" : "")" }
}

/// Images at places between their pixels: images [batch, height, width, channels], and places [batch, rows, columns, 2], y
/// and x, give [batch, rows, columns, channels].
struct SampleImages: KernelOp {
    static let name = "sampleImages"

    let sampling: ImageSampling

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try sampling.check(images: inputs[0].shape, places: inputs[1], inputs[0].dtype)
        return [TensorSpec(Shape(inputs[1].shape.dimensions.dropLast() + [inputs[0].shape[3]]), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(sampling.plan(inputs[0].dtype, images: inputs[0].shape, places: inputs[1].shape)) { plan, memory in
            mk_sample_images(plan, memory.input(0), memory.input(1), memory.output(0))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        (sampling.isLinear ? 8 : 0) * outputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let images = context.inputs[0].shape
        return [
            perform(
                SpreadImages(sampling: sampling, height: images[1], width: images[2]), context.gradient, context.inputs[1]),
            nil,
        ]
    }

    static var samples: [OpSample] {
        ImageSampling.samples.map {
            OpSample(
                SampleImages(sampling: $0), [SampleInput.uniform([2, 3, 4, 2]), ImageSampling.places([2, 4, 3, 2])],
                label: $0.label, checked: [true, false])
        } + [
            OpSample(
                SampleImages(sampling: ImageSampling(isLinear: true, fillMode: .wrap, value: 0)),
                [SampleInput.uniform([1, 1, 1, 1]), ImageSampling.places([1, 2, 2, 2])], label: "one pixel",
                checked: [true, false]),
            OpSample(
                SampleImages(sampling: ImageSampling(isLinear: true, fillMode: .reflect, value: 0)),
                [SampleInput.uniform([0, 3, 4, 2]), ImageSampling.places([0, 2, 2, 2])], label: "empty",
                checked: [true, false]),
        ]
    }
}

/// The adjoint of `SampleImages`: gradients [batch, rows, columns, channels] go to the pixels that were read.
struct SpreadImages: KernelOp {
    static let name = "spreadImages"

    let sampling: ImageSampling
    let height: Int
    let width: Int

    private func images(_ inputs: [TensorSpec]) -> Shape {
        Shape([inputs[0].shape[0], height, width, inputs[0].shape[3]])
    }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].shape.rank == 4 else { throw OpFailure("Expected gradients of images.") }
        try sampling.check(images: images(inputs), places: inputs[1], inputs[0].dtype)
        guard inputs[0].shape.dimensions.dropLast() == inputs[1].shape.dimensions.dropLast() else {
            throw OpFailure("Expected gradients for each place.")
        }
        return [TensorSpec(images(inputs), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(sampling.plan(inputs[0].dtype, images: images(inputs), places: inputs[1].shape)) { plan, memory in
            mk_spread_images(plan, memory.input(0), memory.input(1), memory.output(0))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        (sampling.isLinear ? 8 : 1) * inputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var sampling = sampling
        sampling.value = 0
        return [perform(SampleImages(sampling: sampling), context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        ImageSampling.samples.map {
            OpSample(
                SpreadImages(sampling: $0, height: 3, width: 4),
                [SampleInput.uniform([2, 2, 3, 2]), ImageSampling.places([2, 2, 3, 2])], label: $0.label,
                checked: [true, false])
        }
    }
}

/// The images at places [batch, rows, columns, 2]; without gradient of the places.
func sampled(_ images: Tensor, at places: Tensor, _ sampling: ImageSampling) -> Tensor {
    perform(SampleImages(sampling: sampling), images, places)
}
