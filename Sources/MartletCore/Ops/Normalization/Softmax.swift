import CKernels

/// An op along one axis that keeps shapes: all inputs are alike, and so is the output.
protocol SoftmaxOp: KernelOp {
    var axis: Int { get }
    init(axis: Int)
}

extension SoftmaxOp {
    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let first = inputs[0]
        guard first.dtype == .float32 || first.dtype == .float64, inputs.allSatisfy({ $0 == first }) else {
            throw OpFailure("Expected floating-point inputs of one shape and dtype.")
        }
        guard first.shape.normalizedAxis(axis) != nil else {
            throw OpFailure("Axis \(axis) is not one of the \(first.shape.rank) axes.")
        }
        return [first]
    }

    /// The elements before, along and after the axis.
    func extents(_ shape: Shape) -> (outer: Int64, length: Int64, inner: Int64) {
        shape.extents(shape.normalizedAxis(axis)!)
    }

    /// Of each element: largest, difference, exponential, sum, and one more to finish; in a gradient fewer.
    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        (inputs.count == 1 ? 5 : 4) * inputs[0].shape.elementCount
    }

    /// Samples with `count` inputs; `prepare` makes the last one of random numbers.
    static func samples(inputs count: Int, prepare: (Tensor, Self) -> Tensor = { x, _ in x }) -> [OpSample] {
        let cases: [(Shape, Int)] = [([2, 3], -1), ([3, 2], 0), ([2, 3, 2], 1), ([1], 0), ([0, 3], 1), ([2, 0], 0)]
        return cases.map { shape, axis in
            let op = Self(axis: axis)
            var tensors = (0..<count).map { SampleInput.uniform(shape, seed: UInt64($0 + 1)) }
            tensors[count - 1] = prepare(tensors[count - 1], op)
            return OpSample(op, tensors, label: "\(shape) axis \(axis)")
        }
    }
}

/// `e^x / sum(e^x)` along an axis.
struct Softmax: SoftmaxOp {
    static let name = "softmax"

    let axis: Int

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, extents(inputs[0].shape))
        return Kernel { mk_softmax(type, $0.input(0), $0.output(0), outer, length, inner) }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        if inputs[0].shape[axis] == 0 { return inputs }
        let powers = (inputs[0] - inputs[0].max(axis: axis, keepDims: true)).exp()
        return [powers / powers.sum(axis: axis, keepDims: true)]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(SoftmaxGradient(axis: axis), context.gradient, context.outputs[0])]
    }

    static var samples: [OpSample] { samples(inputs: 1) }
}

/// `y (dy - sum(y dy))`, of inputs dy and the softmax y.
struct SoftmaxGradient: SoftmaxOp {
    static let name = "softmaxGradient"

    let axis: Int

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, extents(inputs[0].shape))
        return Kernel { mk_softmax_backward(type, $0.input(0), $0.input(1), $0.output(0), outer, length, inner) }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        [inputs[1] * (inputs[0] - (inputs[1] * inputs[0]).sum(axis: axis, keepDims: true))]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (dy, y, g) = (context.inputs[0], context.inputs[1], context.gradient)
        let first = context.needs[0] ? perform(SoftmaxGradient(axis: axis), g, y) : nil
        guard context.needs[1] else { return [first, nil] }
        let dot = (y * dy).sum(axis: axis, keepDims: true)
        let weight = (y * g).sum(axis: axis, keepDims: true)
        return [first, g * (dy - dot) - dy * weight]
    }

    static var samples: [OpSample] { samples(inputs: 2) { x, op in x.softmax(axis: op.axis) } }
}

/// `x - log(sum(e^x))` along an axis.
struct LogSoftmax: SoftmaxOp {
    static let name = "logSoftmax"

    let axis: Int

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, extents(inputs[0].shape))
        return Kernel { mk_log_softmax(type, $0.input(0), $0.output(0), outer, length, inner) }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        if inputs[0].shape[axis] == 0 { return inputs }
        let differences = inputs[0] - inputs[0].max(axis: axis, keepDims: true)
        return [differences - differences.exp().sum(axis: axis, keepDims: true).log()]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(LogSoftmaxGradient(axis: axis), context.gradient, context.outputs[0])]
    }

    static var samples: [OpSample] { samples(inputs: 1) }
}

/// `dy - e^y sum(dy)`, of inputs dy and the logarithm y of the softmax.
struct LogSoftmaxGradient: SoftmaxOp {
    static let name = "logSoftmaxGradient"

    let axis: Int

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, extents(inputs[0].shape))
        return Kernel { mk_log_softmax_backward(type, $0.input(0), $0.input(1), $0.output(0), outer, length, inner) }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        [inputs[0] - inputs[1].exp() * inputs[0].sum(axis: axis, keepDims: true)]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (dy, y, g) = (context.inputs[0], context.inputs[1], context.gradient)
        let weighted = g * y.exp()
        return [
            context.needs[0] ? g - weighted.sum(axis: axis, keepDims: true) : nil,
            context.needs[1] ? -weighted * dy.sum(axis: axis, keepDims: true) : nil,
        ]
    }

    static var samples: [OpSample] { samples(inputs: 2) { x, op in x.logSoftmax(axis: op.axis) } }
}

extension Tensor {
    /// `e^x / sum(e^x)` along an axis: positive numbers that add to 1. The largest element is subtracted first, so that
    /// nothing overflows; elements of -infinity get 0.
    ///
    /// Source: [`keras.ops.softmax`](https://keras.io/api/ops/nn/#softmax-function).
    public func softmax(axis: Int = -1) -> Tensor { perform(Softmax(axis: axis), floating) }

    /// The logarithm of ``softmax(axis:)``, exact where the softmax would round to 0.
    ///
    /// Source: [`keras.ops.log_softmax`](https://keras.io/api/ops/nn/#logsoftmax-function).
    public func logSoftmax(axis: Int = -1) -> Tensor { perform(LogSoftmax(axis: axis), floating) }
}
