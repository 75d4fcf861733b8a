import CKernels

/// `(x - mean) rstd scale + offset` of each row, the last axis, with `rstd = 1 / sqrt(variance + epsilon)`: inputs x and,
/// possibly, scale and offset; outputs y, rstd and mean. Not centered, it is the RMS norm: `x rstd scale`, where the mean
/// square takes the variance's place, without the output mean.
struct LayerNorm: KernelOp {
    static let name = "layerNorm"

    let epsilon: Double
    var isCentered = true
    var hasScale = true
    var hasOffset = true

    var outputCount: Int { isCentered ? 3 : 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let x = inputs[0]
        try checkNorm(x, parameters: inputs.dropFirst())
        let statistic = TensorSpec(Shape(unchecked: Array(x.shape.dimensions.dropLast())), x.dtype)
        return isCentered ? [x, statistic, statistic] : [x, statistic]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, last) = (inputs[0], inputs.count - 1)
        let (rows, columns) = (Int64(outputs[1].shape.elementCount), Int64(x.shape[-1]))
        return Kernel { [epsilon, isCentered, hasScale, hasOffset] in
            mk_row_norm(
                x.dtype.c, $0.input(0), hasScale ? $0.input(1) : nil, hasOffset ? $0.input(last) : nil, $0.output(0),
                isCentered ? $0.output(2) : nil, $0.output(1), rows, columns, epsilon)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let x = inputs[0]
        let mean = isCentered ? x.mean(axis: -1, keepDims: true) : .zeros(like: x)
        let rstd = ((x - mean).square().mean(axis: -1, keepDims: true) + epsilon).reciprocalSquareRoot()
        var y = (x - mean) * rstd
        if hasScale { y = y * inputs[1] }
        if hasOffset { y = y + inputs[inputs.count - 1] }
        return [y, rstd.squeezed(axis: -1)] + (isCentered ? [mean.squeezed(axis: -1)] : [])
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // As `BatchNorm`; not centered, there is no mean to take and subtract.
        ((isCentered ? 5 : 3) + (hasScale ? 1 : 0) + (hasOffset ? 1 : 0)) * inputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var result = [Tensor?](repeating: nil, count: context.inputs.count)
        if let dy = context.outputGradients[0] {
            let op = LayerNormGradient(
                isCentered: isCentered, hasScale: hasScale, wantsScale: hasScale && context.needs[1],
                wantsOffset: hasOffset && context.needs[context.needs.count - 1])
            let statistics = context.outputs.dropFirst()
            let found = perform(op, [dy, context.inputs[0]] + statistics + (hasScale ? [context.inputs[1]] : []))
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
                let square = isCentered ? x.variance(axis: -1) : x.square().mean(axis: -1)
                return [x, (square + epsilon).reciprocalSquareRoot()] + (isCentered ? [x.mean(axis: -1)] : [])
            })
    }

    static var samples: [OpSample] {
        let cases: [(Shape, LayerNorm)] = [
            ([2, 3], Self(epsilon: 0.1)), ([3, 2, 4], Self(epsilon: 1e-2, hasOffset: false)),
            ([2, 5], Self(epsilon: 1e-2, hasScale: false)),
            ([2, 3], Self(epsilon: 0.1, hasScale: false, hasOffset: false)),
            ([2, 37], Self(epsilon: 1e-3)), ([4], Self(epsilon: 1e-2)), ([2, 1], Self(epsilon: 0.5)),
            ([0, 3], Self(epsilon: 0.1)), ([2, 0], Self(epsilon: 0.1)),
            ([2, 3], Self(epsilon: 0.1, isCentered: false, hasOffset: false)),
            ([2, 37], Self(epsilon: 1e-3, isCentered: false, hasScale: false, hasOffset: false)),
        ]
        return cases.map { shape, op in
            var inputs = [SampleInput.uniform(shape, seed: 1)]
            if op.hasScale { inputs.append(SampleInput.uniform([shape[-1]], seed: 2)) }
            if op.hasOffset { inputs.append(SampleInput.uniform([shape[-1]], seed: 3)) }
            return OpSample(op, inputs, label: "\(shape)\(op.isCentered ? "" : " RMS") \(inputs.count - 1) parameters")
        }
    }
}

/// The gradients of x and, as wanted, scale and offset: inputs dy, x, rstd, mean (when centered) and scale (when there is
/// one).
struct LayerNormGradient: KernelOp {
    static let name = "layerNormGradient"

    let isCentered: Bool
    let hasScale: Bool
    let wantsScale: Bool
    let wantsOffset: Bool

    var outputCount: Int { 1 + (wantsScale ? 1 : 0) + (wantsOffset ? 1 : 0) }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let x = inputs[1]
        try checkNorm(x, parameters: hasScale ? inputs.suffix(1) : [])
        let statistic = TensorSpec(Shape(unchecked: Array(x.shape.dimensions.dropLast())), x.dtype)
        guard inputs[0] == x, inputs[2] == statistic, !isCentered || inputs[3] == statistic else {
            throw OpFailure("Expected a gradient like the input, and statistics of its rows.")
        }
        let parameter = TensorSpec([x.shape[-1]], x.dtype)
        return [x] + [TensorSpec](repeating: parameter, count: (wantsScale ? 1 : 0) + (wantsOffset ? 1 : 0))
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, lastInput, lastOutput) = (inputs[1], inputs.count - 1, outputs.count - 1)
        let (rows, columns) = (Int64(inputs[2].shape.elementCount), Int64(x.shape[-1]))
        return Kernel { [isCentered, hasScale, wantsScale, wantsOffset] in
            mk_row_norm_gradient(
                x.dtype.c, $0.input(0), $0.input(1), hasScale ? $0.input(lastInput) : nil,
                isCentered ? $0.input(3) : nil, $0.input(2), $0.output(0), wantsScale ? $0.output(1) : nil,
                wantsOffset ? $0.output(lastOutput) : nil, rows, columns)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (dy, x, rstd) = (inputs[0], inputs[1], inputs[2].expandingDims(at: -1))
        let normalized = (isCentered ? x - inputs[3].expandingDims(at: -1) : x) * rstd
        let g = hasScale ? dy * inputs[inputs.count - 1] : dy
        var dx = g - normalized * (g * normalized).mean(axis: -1, keepDims: true)
        if isCentered { dx = dx - g.mean(axis: -1, keepDims: true) }
        let rows = Array(0..<(x.rank - 1))
        return [dx * rstd] + (wantsScale ? [(dy * normalized).sum(axes: rows)] : []) + (wantsOffset ? [dy.sum(axes: rows)] : [])
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // z, 1 or 2; the sums of g and g z, 2 or 3; g - mean - z mean, 2 or 3; scaled; the parameters' sums.
        let perElement = (isCentered ? 8 : 5) + 1 + (hasScale ? 1 : 0) + (wantsScale ? 2 : 0) + (wantsOffset ? 1 : 0)
        return perElement * inputs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        context.differentiating { inputs in
            let (dy, x, rstd) = (inputs[0], inputs[1], inputs[2].expandingDims(at: -1))
            let z = (isCentered ? x - inputs[3].expandingDims(at: -1) : x) * rstd
            let g = hasScale ? dy * inputs[inputs.count - 1] : dy
            let centered = isCentered ? g - g.mean(axis: -1, keepDims: true) : g
            let rows = Array(0..<(x.rank - 1))
            return [rstd * (centered - z * (g * z).mean(axis: -1, keepDims: true))]
                + (wantsScale ? [(dy * z).sum(axes: rows)] : []) + (wantsOffset ? [dy.sum(axes: rows)] : [])
        }
    }

    static var samples: [OpSample] {
        let cases: [(Shape, LayerNormGradient)] = [
            ([3, 4], Self(isCentered: true, hasScale: true, wantsScale: true, wantsOffset: true)),
            ([2, 2, 3], Self(isCentered: true, hasScale: true, wantsScale: true, wantsOffset: false)),
            ([2, 33], Self(isCentered: true, hasScale: false, wantsScale: false, wantsOffset: true)),
            ([3], Self(isCentered: true, hasScale: false, wantsScale: false, wantsOffset: false)),
            ([0, 2], Self(isCentered: true, hasScale: true, wantsScale: true, wantsOffset: true)),
            ([3, 4], Self(isCentered: false, hasScale: true, wantsScale: true, wantsOffset: false)),
        ]
        return cases.map { shape, op in
            let rows = Shape(Array(shape.dimensions.dropLast()))
            var inputs = [
                SampleInput.uniform(shape, seed: 1), SampleInput.uniform(shape, seed: 2),
                SampleInput.uniform(rows, in: 0.5...1.5, seed: 3),
            ]
            if op.isCentered { inputs.append(SampleInput.uniform(rows, seed: 4)) }
            if op.hasScale { inputs.append(SampleInput.uniform([shape[-1]], seed: 5)) }
            return OpSample(op, inputs, label: "\(shape)\(op.isCentered ? "" : " RMS")")
        }
    }
}

/// Fails unless x has a last axis and a floating-point type, and parameters are vectors along that axis.
func checkNorm(_ x: TensorSpec, parameters: ArraySlice<TensorSpec>) throws(OpFailure) {
    guard x.dtype == .float32 || x.dtype == .float64, x.shape.rank >= 1 else {
        throw OpFailure("Expected floating-point inputs of rank 1 or more.")
    }
    let expected = TensorSpec([x.shape[-1]], x.dtype)
    guard parameters.allSatisfy({ $0 == expected }) else {
        throw OpFailure("Expected parameters \(expected), one number for each place of the last axis.")
    }
}

/// Each row, along the last axis, shifted and scaled to mean 0 and variance 1, then multiplied by `scale` and shifted by
/// `offset`, vectors along that axis: `(x - mean) / sqrt(variance + epsilon) scale + offset`.
///
/// Source: J. Ba, J. Kiros, G. Hinton, *Layer normalization*, 2016.
package func layerNorm(_ x: Tensor, scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Double) -> Tensor {
    let op = LayerNorm(epsilon: epsilon, hasScale: scale != nil, hasOffset: offset != nil)
    return perform(op, [x] + [scale, offset].compactMap { $0 })[0]
}

/// Each row, along the last axis, divided by its root mean square, then multiplied by `scale`, a vector along that axis:
/// `x / sqrt(mean(x^2) + epsilon) scale`.
///
/// Source: B. Zhang, R. Sennrich, *Root mean square layer normalization*, 2019.
package func rmsNorm(_ x: Tensor, scale: Tensor? = nil, epsilon: Double) -> Tensor {
    let op = LayerNorm(epsilon: epsilon, isCentered: false, hasScale: scale != nil, hasOffset: false)
    return perform(op, [x] + (scale.map { [$0] } ?? []))[0]
}
