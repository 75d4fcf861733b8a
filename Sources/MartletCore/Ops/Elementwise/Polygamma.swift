import CKernels

/// `ψ⁽ⁿ⁾(x)`, the n-th derivative of `digamma`, n > 0
struct Polygamma: KernelOp {
    static let name = "polygamma"
    let order: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard order > 0, inputs[0].dtype.isFloatingPoint else {
            throw OpFailure("Expected an order from 0 up and a floating-point tensor. Received: order \(order).")
        }
        return inputs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, count) = (inputs[0].dtype.c, Int64(inputs[0].shape.elementCount))
        return Kernel { [order] in mk_polygamma(type, Int32(clamping: order), $0.input(0), $0.output(0), count) }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { outputs[0].shape.elementCount }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [context.gradient * context.inputs[0].polygamma(order + 1)]
    }

    static var samples: [OpSample] {
        let shapes: [(Int, Shape)] = [(1, [2, 3]), (2, [3]), (1, []), (1, [0])]
        return shapes.map { order, shape in
            OpSample(Polygamma(order: order), [SampleInput.uniform(shape, in: 1.5...5)], label: "\(order) \(shape)")
        }
    }
}

extension Tensor {
    /// The derivative of the given order of `digamma` at each element; order 1 is the trigamma function. Orders above 1
    /// give NaN below 0.
    public func polygamma(_ order: Int) -> Tensor {
        order == 0 ? digamma() : perform(Polygamma(order: order), floating)
    }
}
