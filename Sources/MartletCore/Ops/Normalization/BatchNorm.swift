import CKernels

/// `(x - mean) / sqrt(variance + epsilon) scale + offset` with the statistics of each channel, the last axis: inputs x
/// and, possibly, scale and offset; outputs y, mean and variance (of a population).
struct BatchNorm: KernelOp {
    static let name = "batchNorm"

    let epsilon: Double
    var hasScale = true
    var hasOffset = true

    var outputCount: Int { 3 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkNorm(inputs[0], parameters: inputs.dropFirst())
        let statistic = TensorSpec([inputs[0].shape[-1]], inputs[0].dtype)
        return [inputs[0], statistic, statistic]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let x = inputs[0]
        let channels = x.shape[-1]
        let (rows, last) = (Int64(x.shape.elementCount / max(channels, 1)), inputs.count - 1)
        return Kernel { [epsilon, hasScale, hasOffset] in
            mk_column_norm(
                x.dtype.c, $0.input(0), hasScale ? $0.input(1) : nil, hasOffset ? $0.input(last) : nil, $0.output(0),
                $0.output(1), $0.output(2), rows, Int64(channels), epsilon)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (x, rows) = (inputs[0], Array(0..<(inputs[0].rank - 1)))
        let (mean, variance) = (x.mean(axes: rows), x.variance(axes: rows))
        var y = (x - mean) * (variance + epsilon).reciprocalSquareRoot()
        if hasScale { y = y * inputs[1] }
        if hasOffset { y = y + inputs[inputs.count - 1] }
        return [y, mean, variance]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // Sum; difference, square, sum; product with 1 / deviation, scale and offset.
        (5 + (hasScale ? 1 : 0) + (hasOffset ? 1 : 0)) * inputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var result = [Tensor?](repeating: nil, count: context.inputs.count)
        if let dy = context.outputGradients[0] {
            let op = BatchNormGradient(
                epsilon: epsilon, hasScale: hasScale, wantsScale: hasScale && context.needs[1],
                wantsOffset: hasOffset && context.needs[context.needs.count - 1])
            let found = perform(
                op,
                [dy, context.inputs[0], context.outputs[1], context.outputs[2]]
                    + (hasScale ? [context.inputs[1]] : []))
            result[0] = found[0]
            if op.wantsScale { result[1] = found[1] }
            if op.wantsOffset { result[result.count - 1] = found[found.count - 1] }
        }
        let rest = context.restricted { $0 > 0 }
        guard rest.outputGradients.contains(where: { $0 != nil }) else { return result }
        return adding(
            result,
            rest.differentiating { inputs in
                let x = inputs[0]
                let rows = Array(0..<(x.rank - 1))
                return [x, x.mean(axes: rows), x.variance(axes: rows)]
            })
    }

    static var samples: [OpSample] {
        let cases: [(Shape, BatchNorm)] = [
            ([4, 3], Self(epsilon: 0.1)), ([2, 3, 2], Self(epsilon: 1e-2, hasOffset: false)),
            ([2, 2, 2, 2], Self(epsilon: 1e-2, hasScale: false)),
            ([3, 2], Self(epsilon: 0.1, hasScale: false, hasOffset: false)),
            ([5], Self(epsilon: 0.1)), ([1, 3], Self(epsilon: 0.1)), ([3, 0], Self(epsilon: 0.1)),
        ]
        return cases.map { shape, op in
            var inputs = [SampleInput.uniform(shape, seed: 1)]
            if op.hasScale { inputs.append(SampleInput.uniform([shape[-1]], seed: 2)) }
            if op.hasOffset { inputs.append(SampleInput.uniform([shape[-1]], seed: 3)) }
            return OpSample(op, inputs, label: "\(shape) \(inputs.count - 1) parameters")
        }
    }
}

/// The gradients of x and, as wanted, scale and offset: inputs dy, x, mean, variance and scale (when there is one).
struct BatchNormGradient: KernelOp {
    static let name = "batchNormGradient"

    let epsilon: Double
    let hasScale: Bool
    let wantsScale: Bool
    let wantsOffset: Bool

    var outputCount: Int { 1 + (wantsScale ? 1 : 0) + (wantsOffset ? 1 : 0) }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkNorm(inputs[1], parameters: inputs.dropFirst(2))
        guard inputs[0] == inputs[1] else { throw OpFailure("Expected a gradient like the input.") }
        return [inputs[1]] + [TensorSpec](repeating: inputs[2], count: (wantsScale ? 1 : 0) + (wantsOffset ? 1 : 0))
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let x = inputs[1]
        let channels = x.shape[-1]
        let (rows, last) = (Int64(x.shape.elementCount / max(channels, 1)), outputs.count - 1)
        return Kernel { [epsilon, hasScale, wantsScale, wantsOffset] in
            mk_column_norm_gradient(
                x.dtype.c, $0.input(0), $0.input(1), hasScale ? $0.input(4) : nil, $0.input(2), $0.input(3), $0.output(0),
                wantsScale ? $0.output(1) : nil, wantsOffset ? $0.output(last) : nil, rows, Int64(channels), epsilon)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (dy, x, rows) = (inputs[0], inputs[1], Array(0..<(inputs[1].rank - 1)))
        let rstd = (inputs[3] + epsilon).reciprocalSquareRoot()
        let normalized = (x - inputs[2]) * rstd
        let g = hasScale ? dy * inputs[4] : dy
        let dx = (g - g.mean(axes: rows) - normalized * (g * normalized).mean(axes: rows)) * rstd
        return [dx] + (wantsScale ? [(dy * normalized).sum(axes: rows)] : []) + (wantsOffset ? [dy.sum(axes: rows)] : [])
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // The sums of dy and of dy (x - mean), 4; dy - mean - (x - mean) weight, 4; scaled.
        9 * inputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        context.differentiating { inputs in
            let (dy, deviations) = (inputs[0], inputs[1] - inputs[2])
            let rows = Array(0..<(dy.rank - 1))
            let rstd = (inputs[3] + epsilon).reciprocalSquareRoot()
            let product = dy * deviations
            let centered = dy - dy.mean(axes: rows) - deviations * rstd.square() * product.mean(axes: rows)
            return [(hasScale ? inputs[4] * rstd : rstd) * centered]
                + (wantsScale ? [product.sum(axes: rows) * rstd] : []) + (wantsOffset ? [dy.sum(axes: rows)] : [])
        }
    }

    static var samples: [OpSample] {
        let cases: [(Shape, BatchNormGradient)] = [
            ([4, 3], Self(epsilon: 0.1, hasScale: true, wantsScale: true, wantsOffset: true)),
            ([2, 3, 2], Self(epsilon: 0.1, hasScale: true, wantsScale: true, wantsOffset: false)),
            ([3, 2], Self(epsilon: 0.1, hasScale: false, wantsScale: false, wantsOffset: true)),
            ([2], Self(epsilon: 0.1, hasScale: false, wantsScale: false, wantsOffset: false)),
        ]
        return cases.map { shape, op in
            var inputs = [
                SampleInput.uniform(shape, seed: 1), SampleInput.uniform(shape, seed: 2),
                SampleInput.uniform([shape[-1]], seed: 3), SampleInput.uniform([shape[-1]], in: 0.5...1.5, seed: 4),
            ]
            if op.hasScale { inputs.append(SampleInput.uniform([shape[-1]], seed: 5)) }
            return OpSample(op, inputs, label: "\(shape)")
        }
    }
}

/// Each channel, along the last axis, shifted and scaled to mean 0 and variance 1 over all other axes, then multiplied by
/// `scale` and shifted by `offset`, vectors along the channels.
/// - Returns: the result, and the mean and population variance of each channel (0 of nothing).
///
/// Source: S. Ioffe, C. Szegedy, *Batch normalization*, 2015.
package func batchNorm(
    _ x: Tensor, scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Double
) -> (y: Tensor, mean: Tensor, variance: Tensor) {
    let op = BatchNorm(epsilon: epsilon, hasScale: scale != nil, hasOffset: offset != nil)
    let outputs = perform(op, [x] + [scale, offset].compactMap { $0 })
    return (outputs[0], outputs[1], outputs[2])
}
