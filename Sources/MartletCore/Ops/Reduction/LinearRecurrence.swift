import CKernels

/// `y₀ = 0`, `yᵢ₊₁ = aᵢ yᵢ + bᵢ` along an axis: what the gradients of cumulative products and extrema are made of.
///
/// Its own gradient is a recurrence of the same kind from the other end, so derivatives of every order exist.
struct LinearRecurrence: KernelOp {
    static let name = "linearRecurrence"
    let axis: Int
    let reverse: Bool

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0] == inputs[1], inputs[0].dtype.isFloatingPoint else {
            throw OpFailure("Expected two floating-point tensors of one shape and dtype.")
        }
        _ = try ReducedAxes([axis]).outputShape(for: inputs[0].shape)
        return [inputs[0]]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, inputs[0].shape.extents(axis))
        return Kernel { [reverse] in
            mk_linear_recurrence(type, $0.input(0), $0.input(1), $0.output(0), outer, length, inner, reverse)
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 2 * inputs[0].shape.elementCount }

    /// With `vᵢ` the gradient that reaches `yᵢ₊₁` in all: `vᵢ₋₁ = uᵢ + aᵢ vᵢ`, `dbᵢ = vᵢ`, `daᵢ = vᵢ yᵢ`.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let v = linearRecurrence(context.inputs[0], context.gradient, axis: axis, reverse: !reverse)
        return [context.needs[0] ? v * context.outputs[0] : nil, v]
    }

    static var samples: [OpSample] {
        let cases: [(Shape, Int, Bool)] = [
            ([4], 0, false), ([2, 3], 1, true), ([3, 2], 0, false), ([2, 3, 2], 1, true), ([1], 0, false),
            ([2, 0], 1, false),
        ]
        return cases.map { shape, axis, reverse in
            OpSample(
                LinearRecurrence(axis: axis, reverse: reverse),
                [SampleInput.uniform(shape, seed: 1), SampleInput.uniform(shape, seed: 2)],
                label: "\(shape) along \(axis)" + (reverse ? " reverse" : ""))
        }
    }
}

/// `y₀ = 0`, `yᵢ₊₁ = aᵢ yᵢ + bᵢ` along `axis` (in `0..<rank`), from the end when `reverse`.
func linearRecurrence(_ a: Tensor, _ b: Tensor, axis: Int, reverse: Bool) -> Tensor {
    perform(LinearRecurrence(axis: axis, reverse: reverse), a, b)
}
