import MartletCore

extension OpFixture {
    typealias Handler = @Sendable (_ x: [Tensor], _ args: Arguments) -> [Tensor]

    /// The public function that each name in the fixtures stands for.
    static let handlers: [String: Handler] = [
        // Elementwise, one operand
        "neg": { x, _ in [-x[0]] },
        "abs": { x, _ in [x[0].abs()] },
        "sign": { x, _ in [x[0].sign()] },
        "square": { x, _ in [x[0].square()] },
        "sqrt": { x, _ in [x[0].squareRoot()] },
        "rsqrt": { x, _ in [x[0].reciprocalSquareRoot()] },
        "reciprocal": { x, _ in [x[0].reciprocal()] },
        "exp": { x, _ in [x[0].exp()] },
        "expm1": { x, _ in [x[0].expm1()] },
        "log": { x, _ in [x[0].log()] },
        "log1p": { x, _ in [x[0].log1p()] },
        "sin": { x, _ in [x[0].sin()] },
        "cos": { x, _ in [x[0].cos()] },
        "tan": { x, _ in [x[0].tan()] },
        "asin": { x, _ in [x[0].asin()] },
        "acos": { x, _ in [x[0].acos()] },
        "atan": { x, _ in [x[0].atan()] },
        "sinh": { x, _ in [x[0].sinh()] },
        "cosh": { x, _ in [x[0].cosh()] },
        "tanh": { x, _ in [x[0].tanh()] },
        "asinh": { x, _ in [x[0].asinh()] },
        "acosh": { x, _ in [x[0].acosh()] },
        "atanh": { x, _ in [x[0].atanh()] },
        "sigmoid": { x, _ in [x[0].sigmoid()] },
        "relu": { x, _ in [x[0].relu()] },
        "softplus": { x, _ in [x[0].softplus()] },
        "erf": { x, _ in [x[0].erf()] },
        "erfc": { x, _ in [x[0].erfc()] },
        "erfinv": { x, _ in [x[0].erfinv()] },
        "lgamma": { x, _ in [x[0].lgamma()] },
        "digamma": { x, _ in [x[0].digamma()] },
        "floor": { x, _ in [x[0].floor()] },
        "ceil": { x, _ in [x[0].ceil()] },
        "round": { x, _ in [x[0].round()] },
        "clip": { x, args in [x[0].clipped(min: args.min.value, max: args.max.value)] },

        // Elementwise, several operands
        "add": { x, _ in [x[0] + x[1]] },
        "sub": { x, _ in [x[0] - x[1]] },
        "mul": { x, _ in [x[0] * x[1]] },
        "div": { x, _ in [x[0] / x[1]] },
        "floorDiv": { x, _ in [floorDivide(x[0], x[1])] },
        "mod": { x, _ in [x[0] % x[1]] },
        "pow": { x, _ in [x[0].pow(x[1])] },
        "minimum": { x, _ in [minimum(x[0], x[1])] },
        "maximum": { x, _ in [maximum(x[0], x[1])] },
        "atan2": { x, _ in [atan2(x[0], x[1])] },
        "equal": { x, _ in [x[0] .== x[1]] },
        "notEqual": { x, _ in [x[0] .!= x[1]] },
        "less": { x, _ in [x[0] .< x[1]] },
        "lessEqual": { x, _ in [x[0] .<= x[1]] },
        "greater": { x, _ in [x[0] .> x[1]] },
        "greaterEqual": { x, _ in [x[0] .>= x[1]] },
        "where": { x, _ in [`where`(x[0], x[1], x[2])] },

        // Reductions
        "sum": { x, args in [x[0].sum(axes: args.axes, keepDims: args.keepDims)] },
        "mean": { x, args in [x[0].mean(axes: args.axes, keepDims: args.keepDims)] },
        "prod": { x, args in [x[0].product(axes: args.axes, keepDims: args.keepDims)] },
        "max": { x, args in [x[0].max(axes: args.axes, keepDims: args.keepDims)] },
        "min": { x, args in [x[0].min(axes: args.axes, keepDims: args.keepDims)] },
        "logSumExp": { x, args in [x[0].logSumExp(axes: args.axes, keepDims: args.keepDims)] },
        "variance": { x, args in [x[0].variance(axes: args.axes, keepDims: args.keepDims)] },
        "std": { x, args in [x[0].standardDeviation(axes: args.axes, keepDims: args.keepDims)] },
        "argmax": { x, args in [x[0].argmax(axis: args.axis)] },
        "argmin": { x, args in [x[0].argmin(axis: args.axis)] },
        "norm": { x, args in [x[0].norm(order: args.order.value, axes: args.axes, keepDims: args.keepDims)] },
        "cumsum": { x, args in
            [x[0].cumulativeSum(axis: args.axis, exclusive: args.exclusive, reverse: args.reverse)]
        },
        "cumprod": { x, args in
            [x[0].cumulativeProduct(axis: args.axis, exclusive: args.exclusive, reverse: args.reverse)]
        },
        "cummax": { x, args in
            let x = args.exclusive ? delayed(x[0], by: -.infinity, args) : x[0]
            return [x.cumulativeMax(axis: args.axis, reverse: args.reverse)]
        },
        "cummin": { x, args in
            let x = args.exclusive ? delayed(x[0], by: .infinity, args) : x[0]
            return [x.cumulativeMin(axis: args.axis, reverse: args.reverse)]
        },
        "softmax": { x, args in [x[0].softmax(axis: args.axis)] },
        "logSoftmax": { x, args in [x[0].logSoftmax(axis: args.axis)] },
        "sparseSoftmaxCrossEntropy": { x, _ in [sparseSoftmaxCrossEntropy(labels: x[1], logits: x[0])] },

        // Products and windows
        "matmul": { x, args in [matmul(x[0], x[1], transposeA: args.transposeA, transposeB: args.transposeB)] },
        "einsum": { x, args in [einsum(args.equation, x)] },
        "conv": { x, args in
            [
                conv(
                    x[0], x[1], strides: args.strides, padding: .explicit(args.pads), dilations: args.dilation,
                    groups: args.groups)
            ]
        },
        "depthwise": { x, args in
            [
                depthwiseConv(
                    x[0], x[1], strides: args.strides, padding: .explicit(args.pads), dilations: args.dilation)
            ]
        },
        "maxPool": { x, args in
            [maxPool(x[0], size: args.size, strides: args.strides, padding: .explicit(args.pads))]
        },
        "avgPool": { x, args in
            [averagePool(x[0], size: args.size, strides: args.strides, padding: .explicit(args.pads))]
        },

        // Layout
        "transpose": { x, args in [x[0].transposed(permutation: args.permutation)] },
        "reshape": { x, args in [x[0].reshaped(args.shape)] },
        "slice": { x, args in
            let places = args.strides.indices.map { axis in
                TensorIndex.stride(from: args.starts[axis], to: args.ends[axis], by: args.strides[axis])
            }
            switch places.count {
            case 1: return [x[0][places[0]]]
            case 2: return [x[0][places[0], places[1]]]
            default: return [x[0][places[0], places[1], places[2]]]
            }
        },
        "concatenate": { x, args in [Tensor.concatenate(x, axis: args.axis)] },
        "stack": { x, args in [Tensor.stack(x, axis: args.axis)] },
        "split": { x, args in x[0].split(sizes: args.sizes, axis: args.axis) },
        "pad": { x, args in
            let modes: [String: PadMode] = [
                "constant": .constant(args.value ?? 0), "reflect": .reflect, "symmetric": .symmetric,
            ]
            return [x[0].padded(args.pads, mode: modes[args.mode]!)]
        },
        "tile": { x, args in [x[0].tiled(args.repeats)] },
        "broadcastTo": { x, args in [x[0].broadcast(to: Shape(args.shape))] },

        // Indexing
        "gather": { x, args in [x[0].gathered(at: x[1], axis: args.axis)] },
        "gatherND": { x, _ in [x[0].gatheredND(at: x[1])] },
        "takeAlongAxis": { x, args in [x[0].takenAlong(axis: args.axis, indices: x[1])] },
        "scatterAdd": { x, args in [x[0].scatteringAdd(at: x[1], axis: args.axis, x[2])] },
        "oneHot": { x, args in [Tensor.oneHot(x[0], depth: args.depth, dtype: .float64)] },
        "sort": { x, args in [x[0].sorted(axis: args.axis, descending: args.descending)] },
        "topK": { x, args in
            let (values, indices) = x[0].topK(args.k)
            return [values, indices]
        },

        // Normalization and attention
        "layerNorm": { x, args in
            [layerNorm(x[0], scale: x.count > 1 ? x[1] : nil, offset: x.count > 2 ? x[2] : nil, epsilon: args.epsilon)]
        },
        "rmsNorm": { x, args in [rmsNorm(x[0], scale: x.count > 1 ? x[1] : nil, epsilon: args.epsilon)] },
        "batchNorm": { x, args in
            let (y, mean, variance) = batchNorm(
                x[0], scale: x.count > 1 ? x[1] : nil, offset: x.count > 2 ? x[2] : nil, epsilon: args.epsilon)
            return [y, mean, variance]
        },
        "attention": { x, args in
            [dotProductAttention(
                query: x[0], key: x[1], value: x[2], mask: x.count > 3 ? x[3] : nil, scale: args.scale,
                isCausal: args.isCausal)]
        },
        "biasedAttention": { x, args in
            [dotProductAttention(
                query: x[0], key: x[1], value: x[2], bias: x[3], scale: args.scale, isCausal: args.isCausal)]
        },

        // Square matrices
        "cholesky": { x, _ in [x[0].cholesky()] },
        "inverse": { x, _ in [x[0].inverse()] },
        "determinant": { x, _ in [x[0].determinant()] },
        "logDeterminant": { x, _ in [x[0].logDeterminant().logMagnitude] },
        "solve": { x, _ in [solve(x[0], x[1])] },
        "solveTriangular": { x, args in [solveTriangular(x[0], x[1], lower: !args.reverse)] },
    ]

    /// `x` moved by one place along the axis of a scan, with the neutral element in the free place: the inclusive scan
    /// of it is the exclusive scan of `x`.
    private static func delayed(_ x: Tensor, by neutral: Double, _ args: Arguments) -> Tensor {
        let axis = args.axis < 0 ? args.axis + x.rank : args.axis!
        let first = args.reverse ? 1 : 0
        let kept = x.split(sizes: args.reverse ? [1, x.shape[axis] - 1] : [x.shape[axis] - 1, 1], axis: axis)[first]
        var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
        pads[axis] = args.reverse ? (0, 1) : (1, 0)
        return kept.padded(pads, mode: .constant(neutral))
    }
}
