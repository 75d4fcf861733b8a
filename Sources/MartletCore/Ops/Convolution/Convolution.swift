import CKernels

/// How a convolution lays its windows and joins channels.
package struct ConvolutionGeometry: Sendable, Hashable {
    package var windows: Windows
    /// Group g joins the g-th part of the input's channels with the g-th part of the output's.
    package var groups = 1

    /// The output's spatial sizes for the input's and the kernel's shapes, or why they do not fit.
    func outputSizes(input: [Int], kernel: Shape, channels: Int) throws(OpFailure) -> [Int] {
        guard input.count == windows.strides.count, kernel.rank == input.count + 2 else {
            throw OpFailure(
                "Expected an input (batch, \(windows.strides.count) spatial axes, channels) and a kernel "
                    + "(as many spatial axes, input channels / groups, output channels).")
        }
        guard channels == kernel[-2] * groups, groups >= 1, kernel[-1] % groups == 0 else {
            throw OpFailure(
                "With \(groups) group\(groups == 1 ? "" : "s") a kernel of \(kernel[-2]) channels takes an input of "
                    + "\(kernel[-2] * groups) channels, not \(channels), and gives a multiple of \(groups) channels, "
                    + "not \(kernel[-1]).")
        }
        return try windows.outputSizes(input: input, window: Array(kernel.dimensions.dropLast(2)))
    }

    /// The operations of the convolution and of either gradient: one product and one sum for each output element and
    /// each element of its window.
    func flops(kernel: Shape, output: Shape) -> Int {
        2 * output.elementCount * kernel.dimensions.dropLast().reduce(1, *)
    }

    /// The dtypes in which the kernels read their inputs. A convolution that is one product reads bfloat16 as it is: each position
    /// is a row. The others compute with float32.
    fileprivate func operandTypes(_ inputs: [TensorSpec], window: some Collection<Int>) -> [DType] {
        let isProduct = groups == 1 && (window + windows.strides).allSatisfy { $0 == 1 }
            && (windows.before + windows.after).allSatisfy { $0 == 0 }
        return isProduct ? productOperandTypes(inputs) : inputs.map { Convolution.computeType(for: $0.dtype) }
    }

    func plan(input: Shape, kernel: Shape, output: Shape, dtype: DType) -> mk_conv_plan {
        var plan = mk_conv_plan()
        plan.type = dtype.c
        plan.n = Int64(input[0])
        plan.in = triple(input.spatialSlice, filler: 1)
        plan.channels_in = Int64(input[-1])
        plan.kernel = triple(kernel.dimensions.dropLast(2), filler: 1)
        plan.out = triple(output.spatialSlice, filler: 1)
        plan.channels_out = Int64(output[-1])
        plan.stride = triple(windows.strides, filler: 1)
        plan.dilation = triple(windows.dilations, filler: 1)
        plan.pad_before = triple(windows.before, filler: 0)
        plan.groups = Int64(groups)
        return plan
    }
}

extension ConvolutionGeometry {
    /// The convolution as a sum of products over the places of the window, each with every position's element at once.
    fileprivate func composed(_ x: Tensor, _ kernel: Tensor) -> Tensor {
        let window = Array(kernel.shape.dimensions.dropLast(2))
        let sizes = (try? outputSizes(input: x.shape.spatial, kernel: kernel.shape, channels: x.shape[-1])) ?? []
        let padded = x.padded([(0, 0)] + zip(windows.before, windows.after).map { ($0, $1) } + [(0, 0)])
        let places = window.reduce(1, *)
        let kernels = kernel.reshaped(to: Shape([places] + kernel.shape.dimensions.suffix(2))).unstacked()
        let (positions, batch) = (sizes.reduce(1, *), x.shape[0])
        var sum = Tensor.zeros(Shape([batch * positions, kernel.shape[-1]]), dtype: x.dtype)
        for place in 0..<places {
            var (rest, part) = (place, padded)
            for axis in window.indices.reversed() {
                let start = rest % window[axis] * windows.dilations[axis]
                rest /= window[axis]
                part = part.strided(from: start, by: windows.strides[axis], count: sizes[axis], axis: axis + 1)
            }
            let rows = part.reshaped(to: Shape([batch * positions, x.shape[-1]])).split(count: groups, axis: 1)
            let products = zip(rows, kernels[place].split(count: groups, axis: 1)).map { matmul($0, $1) }
            sum = sum + (groups == 1 ? products[0] : .concatenate(products, axis: 1))
        }
        return sum.reshaped(to: Shape([batch] + sizes + [kernel.shape[-1]]))
    }
}

/// The dtype of the output. Fails unless the factors are of one dtype that convolutions read, and a bias of that of the output.
private func outputType(_ inputs: [TensorSpec]) throws(OpFailure) -> DType {
    let type = Convolution.computeType(for: inputs[0].dtype)
    guard [.bfloat16, .float32, .float64].contains(inputs[0].dtype), inputs[1].dtype == inputs[0].dtype,
        inputs.dropFirst(2).allSatisfy({ $0.dtype == type })
    else { throw OpFailure("Expected inputs of one floating-point dtype.") }
    return type
}

/// `activation(x * kernel + bias)`: x [n, spatial..., cin], kernel [window..., cin / groups, cout], possibly bias
/// [cout].
///
/// It and its two gradients are bilinear maps made of one trilinear form, so each one's gradients are the other two.
struct Convolution: KernelOp {
    static let name = "conv"

    var geometry: ConvolutionGeometry
    var activation = FusedActivation.none

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let type = try outputType(inputs)
        let (x, kernel) = (inputs[0].shape, inputs[1].shape)
        guard x.rank >= 3 else { throw OpFailure("Expected an input (batch, spatial axes, channels).") }
        let sizes = try geometry.outputSizes(input: x.spatial, kernel: kernel, channels: x[-1])
        guard inputs.count == 2 || inputs[2].shape == [kernel[-1]] else {
            throw OpFailure("Expected a bias of \(kernel[-1]) channels.")
        }
        return [TensorSpec(Shape([x[0]] + sizes + [kernel[-1]]), type)]
    }

    func operandTypes(_ inputs: [TensorSpec]) -> [DType] {
        geometry.operandTypes(inputs, window: inputs[1].shape.dimensions.dropLast(2))
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        var plan = geometry.plan(
            input: inputs[0].shape, kernel: inputs[1].shape, output: outputs[0].shape, dtype: inputs[0].dtype)
        plan.activation = activation.c
        let hasBias = inputs.count > 2
        return .weighted(plan, layOut: { mk_conv_prepare($0, $1.input(1)) }) { plan, memory, weights in
            mk_conv_prepared(
                plan, memory.input(0), memory.input(1), weights, hasBias ? memory.input(2) : nil, memory.output(0))
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        var y = geometry.composed(inputs[0], inputs[1])
        if inputs.count > 2 { y = y + inputs[2] }
        return [activation == .relu ? y.relu() : y]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        geometry.flops(kernel: inputs[1].shape, output: outputs[0].shape)
            + (activation.flops + (inputs.count > 2 ? 1 : 0)) * outputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, kernel) = (context.inputs[0], context.inputs[1])
        let wide = activation.gradient(output: context.outputs[0], upstream: context.gradient)
        let g = wide.cast(to: x.dtype)
        let dx = context.needs[0]
            ? perform(ConvolutionInputGradient(geometry: geometry, inputSize: x.shape.spatial), g, kernel) : nil
        let dKernel = context.needs[1]
            ? perform(
                ConvolutionKernelGradient(geometry: geometry, window: Array(kernel.shape.dimensions.dropLast(2))), x, g)
            : nil
        guard context.inputs.count > 2 else { return [dx, dKernel] }
        return [dx, dKernel, context.needs[2] ? wide.sum(axes: Array(0..<g.rank - 1)) : nil]
    }

    static var samples: [OpSample] {
        ConvolutionSample.all.flatMap { sample in
            let (x, kernel, _) = sample.tensors
            let bias = SampleInput.uniform([kernel.shape[-1]], seed: 4)
            return [
                OpSample(Convolution(geometry: sample.geometry), [x, kernel], label: sample.label),
                OpSample(
                    Convolution(geometry: sample.geometry, activation: .relu), [x, kernel, bias],
                    label: sample.label + " bias relu"),
            ]
        }
    }
}

/// The gradient of a convolution's input, from dy and the kernel: the transposed convolution.
struct ConvolutionInputGradient: KernelOp {
    static let name = "convInputGradient"

    var geometry: ConvolutionGeometry
    /// The spatial sizes of the input: several give the same output.
    let inputSize: [Int]

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let type = try outputType(inputs)
        let (dy, kernel) = (inputs[0].shape, inputs[1].shape)
        guard dy.rank >= 3, kernel.rank >= 3 else {
            throw OpFailure("Expected an input (batch, spatial axes, channels) and a kernel of the same rank.")
        }
        let channels = kernel[-2] * geometry.groups
        let sizes = try geometry.outputSizes(input: inputSize, kernel: kernel, channels: channels)
        guard dy.spatial == sizes, dy[-1] == kernel[-1] else {
            throw OpFailure(
                "A convolution that leads back to spatial sizes \(inputSize) starts from sizes \(sizes) and "
                    + "\(kernel[-1]) channels, not from \(dy.spatial) and \(dy[-1]).")
        }
        return [TensorSpec(Shape([dy[0]] + inputSize + [channels]), type)]
    }

    func operandTypes(_ inputs: [TensorSpec]) -> [DType] {
        geometry.operandTypes(inputs, window: inputs[1].shape.dimensions.dropLast(2))
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (dy, kernel, dx) = (inputs[0], inputs[1], outputs[0])
        return Kernel(geometry.plan(input: dx.shape, kernel: kernel.shape, output: dy.shape, dtype: dy.dtype)) {
            mk_conv_input_gradient($0, $1.input(0), $1.input(1), $1.output(0))
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (dy, kernel) = (inputs[0], inputs[1])
        // The convolution is linear in x, so its gradient does not depend on it.
        let x = Tensor.zeros(Shape([dy.shape[0]] + inputSize + [kernel.shape[-2] * geometry.groups]), dtype: dy.dtype)
        return gradients(at: [x], upstream: [dy]) { [geometry.composed(x, kernel)] }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        geometry.flops(kernel: inputs[1].shape, output: inputs[0].shape)
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (dy, kernel, g) = (context.inputs[0], context.inputs[1], context.operandGradient)
        let window = Array(kernel.shape.dimensions.dropLast(2))
        return [
            context.needs[0] ? perform(Convolution(geometry: geometry), g, kernel) : nil,
            context.needs[1] ? perform(ConvolutionKernelGradient(geometry: geometry, window: window), g, dy) : nil,
        ]
    }

    static var samples: [OpSample] {
        ConvolutionSample.all.map { sample in
            let (x, kernel, y) = sample.tensors
            let op = ConvolutionInputGradient(geometry: sample.geometry, inputSize: x.shape.spatial)
            return OpSample(op, [y, kernel], label: sample.label)
        }
    }
}

/// The gradient of a convolution's kernel, from x and dy.
struct ConvolutionKernelGradient: KernelOp {
    static let name = "convKernelGradient"

    var geometry: ConvolutionGeometry
    /// The spatial sizes of the kernel.
    let window: [Int]

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let type = try outputType(inputs)
        let (x, dy) = (inputs[0].shape, inputs[1].shape)
        guard x.rank >= 3, dy.rank == x.rank, dy[0] == x[0] else {
            throw OpFailure("Expected an input and an output of one batch size and rank.")
        }
        let kernel = Shape(window + [x[-1] / geometry.groups, dy[-1]])
        let sizes = try geometry.outputSizes(input: x.spatial, kernel: kernel, channels: x[-1])
        guard dy.spatial == sizes else {
            throw OpFailure("Expected an output of spatial sizes \(sizes), not \(dy.spatial).")
        }
        return [TensorSpec(kernel, type)]
    }

    func operandTypes(_ inputs: [TensorSpec]) -> [DType] { geometry.operandTypes(inputs, window: window) }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, dy, dKernel) = (inputs[0], inputs[1], outputs[0])
        return Kernel(geometry.plan(input: x.shape, kernel: dKernel.shape, output: dy.shape, dtype: x.dtype)) {
            mk_conv_kernel_gradient($0, $1.input(0), $1.input(1), $1.output(0))
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (x, dy) = (inputs[0], inputs[1])
        let kernel = Tensor.zeros(Shape(window + [x.shape[-1] / geometry.groups, dy.shape[-1]]), dtype: dy.dtype)
        return gradients(at: [kernel], upstream: [dy]) { [geometry.composed(x, kernel)] }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        geometry.flops(kernel: outputs[0].shape, output: inputs[1].shape)
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, dy, g) = (context.inputs[0], context.inputs[1], context.operandGradient)
        return [
            context.needs[0]
                ? perform(ConvolutionInputGradient(geometry: geometry, inputSize: x.shape.spatial), dy, g) : nil,
            context.needs[1] ? perform(Convolution(geometry: geometry), x, g) : nil,
        ]
    }

    static var samples: [OpSample] {
        ConvolutionSample.all.map { sample in
            let (x, _, y) = sample.tensors
            let op = ConvolutionKernelGradient(geometry: sample.geometry, window: sample.window)
            return OpSample(op, [x, y], label: sample.label)
        }
    }
}

/// The configurations on which convolutions are checked: ranks, strides, dilations, groups, paddings, no images.
private struct ConvolutionSample {
    let label: String
    let input: Shape
    let window: [Int]
    let channelsOut: Int
    let geometry: ConvolutionGeometry

    init(
        _ label: String, _ input: Shape, _ window: [Int], _ channelsOut: Int, strides: [Int]? = nil,
        dilations: [Int]? = nil, padding: Padding = .valid, groups: Int = 1
    ) {
        self.label = label
        self.input = input
        self.window = window
        self.channelsOut = channelsOut
        let windows = Windows(
            "conv", input: input.spatial, window: window, strides: strides ?? window.map { _ in 1 },
            dilations: dilations, padding: padding)
        geometry = ConvolutionGeometry(windows: windows, groups: groups)
    }

    /// Input, kernel, and something of the output's shape.
    var tensors: (Tensor, Tensor, Tensor) {
        let kernel = Shape(window + [input[-1] / geometry.groups, channelsOut])
        let sizes = (try? geometry.outputSizes(input: input.spatial, kernel: kernel, channels: input[-1])) ?? []
        return (
            SampleInput.uniform(input, seed: 1), SampleInput.uniform(kernel, seed: 2),
            SampleInput.uniform(Shape([input[0]] + sizes + [channelsOut]), seed: 3)
        )
    }

    static var all: [ConvolutionSample] {
        [
            .init("1-D", [2, 5, 2], [3], 2),
            .init("1-D causal", [1, 5, 1], [2], 2, dilations: [2], padding: .causal),
            .init("2-D same", [2, 4, 3, 2], [3, 2], 2, padding: .same),
            .init("2-D strides", [1, 5, 4, 1], [2, 3], 2, strides: [2, 3], padding: .same),
            .init("2-D dilation", [1, 5, 5, 1], [2, 2], 1, dilations: [3, 2]),
            .init("2-D groups", [1, 3, 3, 4], [2, 2], 2, padding: .explicit([(1, 0), (0, 2)]), groups: 2),
            .init("2-D depthwise", [1, 3, 3, 2], [2, 2], 4, groups: 2),
            .init("2-D 1x1", [2, 2, 2, 3], [1, 1], 2),
            .init("3-D", [1, 3, 3, 2, 1], [2, 2, 2], 2, strides: [1, 2, 1], padding: .same),
            .init("no images", [0, 3, 3, 1], [2, 2], 1),
        ]
    }
}
