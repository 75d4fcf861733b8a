import CKernels

/// Where a pooling's windows lie.
package struct PoolingGeometry: Sendable, Hashable {
    package let size: [Int]
    package let windows: Windows

    private static let mostPositions = 1 << 24

    /// The output's shape, or why there is none.
    func output(for input: Shape) throws(OpFailure) -> Shape {
        guard input.rank == size.count + 2 else {
            throw OpFailure("Expected an input (batch, \(size.count) spatial axes, channels).")
        }
        guard !input.spatial.contains(0) else { throw OpFailure("Expected spatial axes of at least one element.") }
        // Kernels list the positions of a window.
        guard size.reduce(1, saturatedProduct) <= Self.mostPositions else {
            throw OpFailure("Expected a window of at most \(Self.mostPositions) positions. Received: \(size).")
        }
        for axis in size.indices where max(windows.before[axis], windows.after[axis]) >= size[axis] {
            throw OpFailure(
                "A window of \(size[axis]) would lie in the padding alone, \(windows.before[axis]) and "
                    + "\(windows.after[axis]) on spatial axis \(axis): padding is smaller than the window.")
        }
        let sizes = try windows.outputSizes(input: input.spatial, window: size)
        return Shape([input[0]] + sizes + [input[-1]])
    }

    /// Whether no element lies in two windows.
    var isDisjoint: Bool { zip(size, windows.strides).allSatisfy { $0 <= $1 } }

    func plan(input: Shape, output: Shape, dtype: DType) -> mk_pool_plan {
        var plan = mk_pool_plan()
        plan.type = dtype.c
        plan.n = Int64(input[0])
        plan.in = triple(input.spatialSlice, filler: 1)
        plan.channels = Int64(input[-1])
        plan.window = triple(size, filler: 1)
        plan.out = triple(output.spatialSlice, filler: 1)
        plan.stride = triple(windows.strides, filler: 1)
        plan.pad_before = triple(windows.before, filler: 0)
        return plan
    }
}

/// Fails unless the input is of a type that pooling computes in.
private func checkFloat(_ input: TensorSpec) throws(OpFailure) {
    guard input.dtype == .float32 || input.dtype == .float64 else {
        throw OpFailure("Expected a floating-point input.")
    }
}

/// Fails unless a gradient has the shape of the pooling's output.
private func check(_ gradient: Shape, is output: Shape) throws(OpFailure) {
    guard gradient == output else { throw OpFailure("Expected the gradient of an output of shape \(output).") }
}

/// The largest element of each window, and its place: two outputs, values and the winners' flat positions in their
/// image's plane (`int32`). The first of equal elements wins, and NaN over all.
struct MaxPool: SparingOp {
    static let name = "maxPool"
    var choosesElements: Bool { true }

    let geometry: PoolingGeometry
    /// Whether the winners are written; a model that predicts needs none.
    var keepsWinners = true

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkFloat(inputs[0])
        let shape = try geometry.output(for: inputs[0].shape)
        guard inputs[0].shape.spatial.reduce(1, *) <= Int(Int32.max) else {
            throw OpFailure("Expected an image of at most \(Int32.max) positions: winners are kept as int32.")
        }
        return [TensorSpec(shape, inputs[0].dtype), TensorSpec(shape, .int32)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let plan = geometry.plan(input: inputs[0].shape, output: outputs[0].shape, dtype: inputs[0].dtype)
        return Kernel(plan) { [keepsWinners] plan, memory in
            mk_max_pool(
                plan, memory.input(0), memory.output(0), keepsWinners ? memory.output(1, as: Int32.self) : nil)
        }
    }

    func sparing(_ isNeeded: [Bool]) -> any Op { MaxPool(geometry: geometry, keepsWinners: isNeeded[1]) }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { outputs[0].shape.elementCount * geometry.size.reduce(1, *) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let op = MaxPoolGradient(geometry: geometry, input: context.inputs[0].shape)
        return [perform(op, context.gradient, context.outputs[1])]
    }

    static var samples: [OpSample] {
        PoolingSample.all.map { OpSample(MaxPool(geometry: $0.geometry), [$0.distinctInput], label: $0.label) }
    }
}

/// Sends the gradient of each window to its winner: inputs dy and the winners' positions.
struct MaxPoolGradient: KernelOp {
    static let name = "maxPoolGradient"
    static let isLinear = true
    var choosesElements: Bool { geometry.isDisjoint }

    let geometry: PoolingGeometry
    let input: Shape

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkFloat(inputs[0])
        let output = try geometry.output(for: input)
        try check(inputs[0].shape, is: output)
        guard inputs[1] == TensorSpec(output, .int32) else {
            throw OpFailure("Expected the winners' positions as int32\(output).")
        }
        return [TensorSpec(input, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(geometry.plan(input: input, output: inputs[0].shape, dtype: inputs[0].dtype)) {
            mk_max_pool_gradient($0, $1.input(0), $1.input(1, as: Int32.self), $1.output(0))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (g, winners) = (context.gradient, context.inputs[1])
        // Positions are flat: the spatial axes become one.
        let (batch, channels) = (input[0], input[-1])
        let planes = g.reshaped(to: [batch, input.spatial.reduce(1, *), channels])
        let places = winners.reshaped(to: [batch, winners.shape.spatial.reduce(1, *), channels])
        return [planes.takenAlong(axis: 1, indices: places).reshaped(to: winners.shape), nil]
    }

    static var samples: [OpSample] {
        PoolingSample.all.map { sample in
            let outputs = perform(MaxPool(geometry: sample.geometry), [sample.distinctInput])
            let dy = SampleInput.uniform(outputs[0].shape)
            return OpSample(
                MaxPoolGradient(geometry: sample.geometry, input: sample.input), [dy, outputs[1]], label: sample.label)
        }
    }
}

/// The mean of each window; padding does not count.
struct AveragePool: KernelOp {
    static let name = "averagePool"
    static let isLinear = true

    let geometry: PoolingGeometry

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkFloat(inputs[0])
        return [TensorSpec(try geometry.output(for: inputs[0].shape), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(geometry.plan(input: inputs[0].shape, output: outputs[0].shape, dtype: inputs[0].dtype)) {
            mk_average_pool($0, $1.input(0), $1.output(0))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { outputs[0].shape.elementCount * geometry.size.reduce(1, *) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(AveragePoolGradient(geometry: geometry, input: context.inputs[0].shape), context.gradient)]
    }

    static var samples: [OpSample] {
        PoolingSample.all.map {
            OpSample(AveragePool(geometry: $0.geometry), [SampleInput.uniform($0.input)], label: $0.label)
        }
    }
}

/// Spreads the gradient of each mean over its window.
struct AveragePoolGradient: KernelOp {
    static let name = "averagePoolGradient"
    static let isLinear = true

    let geometry: PoolingGeometry
    let input: Shape

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkFloat(inputs[0])
        try check(inputs[0].shape, is: try geometry.output(for: input))
        return [TensorSpec(input, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(geometry.plan(input: input, output: inputs[0].shape, dtype: inputs[0].dtype)) {
            mk_average_pool_gradient($0, $1.input(0), $1.output(0))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount * geometry.size.reduce(1, *) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(AveragePool(geometry: geometry), context.gradient)]
    }

    static var samples: [OpSample] {
        PoolingSample.all.map { sample in
            let y = perform(AveragePool(geometry: sample.geometry), SampleInput.uniform(sample.input))
            return OpSample(
                AveragePoolGradient(geometry: sample.geometry, input: sample.input),
                [SampleInput.uniform(y.shape)], label: sample.label)
        }
    }
}

/// The configurations on which poolings are checked.
private struct PoolingSample {
    let label: String
    let input: Shape
    let geometry: PoolingGeometry

    init(_ label: String, _ input: Shape, _ size: [Int], strides: [Int]? = nil, padding: Padding = .valid) {
        self.label = label
        self.input = input
        geometry = PoolingGeometry("pool", input: input, size: size, strides: strides, padding: padding)
    }

    /// Elements that differ by more than the check's step, so that no winner changes.
    var distinctInput: Tensor { SampleInput.distinct(input) }

    static var all: [PoolingSample] {
        [
            .init("1-D", [2, 5, 2], [2]),
            .init("2-D", [2, 4, 4, 2], [2, 2]),
            .init("2-D overlapping, same", [1, 4, 5, 1], [3, 2], strides: [1, 2], padding: .same),
            .init("2-D gaps", [1, 5, 5, 2], [2, 1], strides: [3, 2]),
            .init("2-D explicit", [1, 3, 3, 1], [2, 2], padding: .explicit([(1, 0), (1, 1)])),
            .init("3-D", [1, 3, 2, 4, 2], [2, 2, 2], padding: .same),
            .init("no images", [0, 2, 2, 1], [2, 2]),
        ]
    }
}

extension PoolingGeometry {
    init(_ function: String, input: Shape, size: [Int], strides: [Int]?, padding: Padding) {
        let windows = Windows(
            function, input: input.spatial, window: size, strides: strides ?? size, dilations: nil, padding: padding)
        self.init(size: size, windows: windows)
    }
}

/// The largest element of each window, for each channel.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels] with 1, 2 or 3 spatial axes.
///   - size: the window's size on each spatial axis.
///   - strides: the steps of the window; its size when nil.
///   - padding: padding never wins.
/// - Returns: [batch, windows..., channels]. A window that holds NaN gives NaN. Of equal elements the first has the
///   gradient.
///
/// Source: [`keras.ops.max_pool`](https://keras.io/api/ops/nn/#maxpool-function).
public func maxPool(_ x: Tensor, size: [Int], strides: [Int]? = nil, padding: Padding = .valid) -> Tensor {
    let geometry = PoolingGeometry("maxPool", input: x.shape, size: size, strides: strides, padding: padding)
    return perform(MaxPool(geometry: geometry), [x])[0]
}

/// The mean of each window, for each channel, over the elements that exist: padding does not count.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels] with 1, 2 or 3 spatial axes.
///   - size: the window's size on each spatial axis.
///   - strides: the steps of the window; its size when nil.
///   - padding: how the spatial axes are extended.
/// - Returns: [batch, windows..., channels].
///
/// Source: [`keras.ops.average_pool`](https://keras.io/api/ops/nn/#averagepool-function).
public func averagePool(_ x: Tensor, size: [Int], strides: [Int]? = nil, padding: Padding = .valid) -> Tensor {
    let geometry = PoolingGeometry("averagePool", input: x.shape, size: size, strides: strides, padding: padding)
    return perform(AveragePool(geometry: geometry), x.floating)
}
