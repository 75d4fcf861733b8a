import CKernels

/// An activation that a product applies to its result while it is in cache.
package enum FusedActivation: Sendable {
    case none, relu

    var c: mk_activation { self == .relu ? MK_ACTIVATION_RELU : MK_ACTIVATION_NONE }

    /// Operations for each element.
    var flops: Int { self == .relu ? 1 : 0 }

    /// The gradient before the activation, from the output and the gradient after it.
    func gradient(output: Tensor, upstream: Tensor) -> Tensor {
        self == .relu ? perform(Gate(), output, upstream) : upstream
    }
}

/// `activation(x kernel + bias)`: inputs x [rows, k], kernel [k, n] and, possibly, bias [n].
struct Dense: KernelOp {
    static let name = "dense"

    var activation = FusedActivation.none

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let (x, kernel) = (inputs[0].shape, inputs[1].shape)
        let type = Self.computeType(for: inputs[0].dtype)
        guard [.bfloat16, .float32, .float64].contains(inputs[0].dtype), inputs[1].dtype == inputs[0].dtype,
            inputs.dropFirst(2).allSatisfy({ $0.dtype == type })
        else { throw OpFailure("Expected inputs, kernel and bias of one floating-point dtype.") }
        guard x.rank == 2, kernel.rank == 2, x[1] == kernel[0] else {
            throw OpFailure("Expected inputs (rows, features) and a kernel (features, units).")
        }
        guard inputs.count == 2 || inputs[2].shape == [kernel[1]] else {
            throw OpFailure("Expected a bias of \(kernel[1]) units.")
        }
        return [TensorSpec(Shape([x[0], kernel[1]]), type)]
    }

    func operandTypes(_ inputs: [TensorSpec]) -> [DType] { productOperandTypes(inputs) }

    private func plan(_ inputs: [TensorSpec]) -> mk_gemm_plan {
        var plan = mk_gemm_plan()
        plan.type = inputs[0].dtype.c
        plan.m = Int64(inputs[0].shape[0])
        plan.n = Int64(inputs[1].shape[1])
        plan.k = Int64(inputs[1].shape[0])
        plan.batch = 1
        plan.alpha = 1
        plan.activation = activation.c
        return plan
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let hasBias = inputs.count > 2
        return .weighted(plan(inputs), layOut: { mk_gemm_prepare($0, $1.input(1)) }) { plan, memory, weights in
            mk_gemm_prepared(
                plan, memory.input(0), memory.input(1), weights, memory.output(0), hasBias ? memory.input(2) : nil)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        var y = matmul(inputs[0], inputs[1])
        if inputs.count > 2 { y = y + inputs[2] }
        return [activation == .relu ? y.relu() : y]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        let perOutput = 2 * inputs[1].shape[0] + (inputs.count > 2 ? 1 : 0) + activation.flops
        return perOutput * outputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, kernel) = (context.inputs[0], context.inputs[1])
        let wide = activation.gradient(output: context.outputs[0], upstream: context.gradient)
        let g = wide.cast(to: x.dtype)
        let dx = context.needs[0] ? matmul(g, kernel, transposeB: true) : nil
        let dKernel = context.needs[1] ? matmul(x, g, transposeA: true) : nil
        guard context.inputs.count > 2 else { return [dx, dKernel] }
        return [dx, dKernel, context.needs[2] ? wide.sum(axes: [0]) : nil]
    }

    static var samples: [OpSample] {
        let cases: [(FusedActivation, Int, Bool)] = [
            (.none, 2, true), (.relu, 2, true), (.relu, 3, false), (.none, 1, false), (.relu, 0, true),
        ]
        return cases.map { activation, rows, hasBias in
            let x = SampleInput.uniform([rows, 3], seed: 1)
            let kernel = SampleInput.uniform([3, 4], seed: 2)
            let bias = hasBias ? [SampleInput.uniform([4], seed: 3)] : []
            return OpSample(
                Dense(activation: activation), [x, kernel] + bias,
                label: "\(activation) \(rows)x3x4\(hasBias ? " bias" : "")")
        }
    }
}

/// `activation(x kernel + bias)` over the last axis of `x`: [..., k] with a kernel [k, n] and a bias [n] gives [...,
/// n].
package func denseLayer(
    _ x: Tensor, _ kernel: Tensor, bias: Tensor? = nil, activation: FusedActivation = .none
) -> Tensor {
    if bias == nil && activation == .none { return matmul(x, kernel) }
    require(x.rank >= 1, "dense", "Expected inputs of rank 1 or more. Received: \(x.spec).")
    let y = perform(Dense(activation: activation), [x.rowsFolded, kernel] + (bias.map { [$0] } ?? []))[0]
    if x.rank == 2 || Context.current.hasFailed { return y }
    return y.reshaped(to: Shape(unchecked: x.shape.dimensions.dropLast() + [y.shape[1]]))
}
