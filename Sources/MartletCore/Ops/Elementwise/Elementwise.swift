import CKernels

/// An op that computes each element of its output from the elements at the same place of its broadcast inputs: one
/// instruction of the elementwise engine, so that a graph can fuse neighbours into one program with the same bits.
package protocol ElementwiseOp: KernelOp {
    /// The engine's instruction.
    var instruction: mk_op { get }
    /// The output's dtype for inputs of the given dtypes, or nil when the op does not take them.
    func outputType(for inputs: [DType]) -> DType?
}

extension ElementwiseOp {
    package func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard let type = outputType(for: inputs.map(\.dtype)) else {
            throw OpFailure("The op does not take these dtypes.")
        }
        var shape = inputs[0].shape
        for input in inputs.dropFirst() {
            guard let common = Shape.broadcast(shape, input.shape) else {
                throw OpFailure("The shapes do not broadcast: sizes must be equal or 1, counted from the last axis.")
            }
            shape = common
        }
        return [TensorSpec(shape, type)]
    }

    package func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        elementwiseKernel(instruction, inputs, outputs[0])
    }

    /// Without the memory that a kernel takes: an eager op on a few elements costs little else.
    package func runOnce(_ inputs: [TensorSpec], _ outputs: [TensorSpec], _ memory: KernelMemory) {
        runElementwise(instruction, inputs, outputs[0], memory)
    }

    package func mayOverwrite(_ input: Int) -> Bool { true }

    package func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { outputs[0].shape.elementCount }
}

/// An elementwise op of one input.
package protocol UnaryOp: ElementwiseOp {
    static var code: mk_op { get }
    init()
    /// The gradient of the input, given the input, the output and the output's gradient.
    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor?
}

extension UnaryOp {
    package var instruction: mk_op { Self.code }
    package func outputType(for inputs: [DType]) -> DType? { resultType(of: Self.code, on: inputs[0]) }
    package func gradient(_ context: GradientContext) -> [Tensor?] {
        [gradient(x: context.inputs[0], y: context.outputs[0], upstream: context.gradient)]
    }
}

/// The dtype of what an instruction makes of operands of one dtype, nil when it does not take them.
private func resultType(of code: mk_op, on type: DType) -> DType? {
    mk_ewise_supports(code, type.c) ? DType(rawValue: UInt8(mk_ewise_result(code, type.c, type.c).rawValue)) : nil
}

/// An elementwise op of two inputs of one dtype.
package protocol BinaryOp: ElementwiseOp {
    static var code: mk_op { get }
    init()
    /// The gradients of the inputs before broadcasting is undone. `needs` tells which are wanted.
    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?)
}

extension BinaryOp {
    package var instruction: mk_op { Self.code }
    package func outputType(for inputs: [DType]) -> DType? {
        inputs[0] == inputs[1] ? resultType(of: Self.code, on: inputs[0]) : nil
    }
    package func gradient(_ context: GradientContext) -> [Tensor?] {
        let (a, b) = (context.inputs[0], context.inputs[1])
        let (da, db) = gradient(
            a: a, b: b, y: context.outputs[0], upstream: context.gradient, needs: context.needs)
        return [da?.sum(toShape: a.shape), db?.sum(toShape: b.shape)]
    }
}

/// An op whose output is constant between its jumps, or not a floating-point number: its inputs get no gradient.
package protocol NotDifferentiable: Op {}

extension NotDifferentiable {
    package static var isDifferentiable: Bool { false }
}

extension UnaryOp where Self: NotDifferentiable {
    package func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { nil }
}

extension BinaryOp where Self: NotDifferentiable {
    package func gradient(
        a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]
    ) -> (Tensor?, Tensor?) { (nil, nil) }
}

extension Tensor {
    /// Brings two tensors to the dtype that holds both.
    package static func promoted(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
        if a.dtype == b.dtype { return (a, b) }
        let type = DType.promoted(a.dtype, b.dtype)
        return (a.cast(to: type), b.cast(to: type))
    }

    /// This tensor, or its cast to the default float type when it holds integers: what `exp` and its like compute on.
    package var floating: Tensor { dtype.isFloatingPoint ? self : cast(to: Settings.defaultFloatType) }

    /// Undoes broadcasting: sums over the axes along which `shape` was repeated.
    package func sum(toShape target: Shape) -> Tensor {
        if shape == target { return self }
        let lead = rank - target.rank
        var axes = Array(0..<lead)
        for axis in 0..<target.rank where target.dimensions[axis] == 1 && shape.dimensions[lead + axis] != 1 {
            axes.append(lead + axis)
        }
        return sum(axes: axes, keepDims: true).reshaped(to: target)
    }
}
