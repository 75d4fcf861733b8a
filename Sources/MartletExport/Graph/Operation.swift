import MartletCore

/// What a node of an ``ExportGraph`` computes. Sizes that are open are in the shapes of its values.
package enum Operation: Hashable, Sendable {
    case unary(Unary)
    case binary(Binary)
    /// The second input where the first is true, else the third.
    case select
    /// To the dtype of the output.
    case cast
    /// The same numbers in the integers of the output, or in floating point.
    case requantize
    /// `a b` of the matrices in the last two axes; leading axes are broadcast.
    case matmul(transposeA: Bool, transposeB: Bool)
    /// `activation(x kernel + bias)`: x [..., in], kernel [in, out] and, possibly, bias [out].
    case dense(Activation)
    /// `activation(x * kernel + bias)`: x [batch, spatial..., in], kernel [window..., in / groups, out] and, possibly, bias
    /// [out].
    case convolution(Windows, groups: Int, Activation)
    /// The adjoint of the convolution of these windows: x [batch, spatial..., in], kernel [window..., out, in] and, possibly,
    /// bias [out].
    case transposedConvolution(Windows)
    case maxPool(size: [Int], Windows)
    /// The mean of each window without what lies in the padding.
    case averagePool(size: [Int], Windows)
    case reduce(Reduction, axes: [Int], keepDims: Bool)
    /// The place of the largest or the smallest element along an axis, which goes.
    case argmax(axis: Int)
    case argmin(axis: Int)
    case cumulate(Cumulation, axis: Int, exclusive: Bool, reverse: Bool)
    case softmax(axis: Int)
    case logSoftmax(axis: Int)
    /// `(x - mean) / sqrt(variance + epsilon) scale + offset` along the last axis; not centered, without the mean.
    case layerNorm(epsilon: Double, isCentered: Bool, hasScale: Bool, hasOffset: Bool)
    /// To the shape of the output.
    case reshape
    /// To the shape of the output, by NumPy's rules.
    case broadcast
    case transpose([Int])
    case concatenate(axis: Int)
    /// The elements at `begin + i * step` along each axis; the output's shape says how many. A begin below 0 counts from the end of
    /// an axis whose size is open.
    case slice(begin: [Int], step: [Int])
    case pad(before: [Int], after: [Int], value: Double)
    /// Slices of the first input along an axis at the indices of the second, which are not negative.
    case gather(axis: Int)
    /// Slices of the first input at the tuples of indices in the second's last axis.
    case gatherND
    /// Line by line along an axis: the second input has the first one's sizes except there.
    case takeAlong(axis: Int)
    /// `on` at each index, `off` elsewhere, in a new last axis.
    case oneHot(on: Double, off: Double)
    /// The largest elements of each row, descending, and their places (`int64`).
    case topK(Int)
    /// Each row in order, and the elements' places (`int64`).
    case sort(descending: Bool)
    case recurrent(Recurrence)
    /// The graph's body of this number, again and again. A body's inputs: the number of the step, an `int32`, and the values that
    /// each step takes from the one before. Its outputs are those for the next.
    case loop(body: Int, steps: ExportGraph.Dimension)
    /// The size, a scalar of `int32`. No inputs.
    case extent(ExportGraph.Dimension)
    /// The numbers from 0 up to the input, a scalar of `int32`.
    case range
    /// The first input with the second in the place that the third says, a number along the first axis.
    case update

    /// The name in files and messages.
    package var name: String {
        switch self {
        case .unary(let unary): unary.rawValue
        case .binary(let binary): binary.rawValue
        case .reduce(let reduction, _, _): reduction.rawValue
        case .cumulate(let cumulation, _, _, _): cumulation.rawValue
        default: String("\(self)".prefix { $0 != "(" })
        }
    }
}

extension Operation {
    package enum Unary: String, Hashable, Sendable, CaseIterable {
        case abs, acos, acosh, asin, asinh, atan, atanh, ceil, cos, cosh, digamma, erf, erfc, erfinv, exp, exp2, expm1, floor
        case isFinite, isInfinite, isNaN, lgamma, log, log1p, log2, logicalNot, negate, reciprocal, reciprocalSquareRoot, relu
        case relu6, round, sigmoid, sign, sin, sinh, softplus, square, squareRoot, tan, tanh, trunc
        /// `x Φ(x)` by the error function, or by its approximation with tanh.
        case gelu, geluTanh
        /// `x min(max(x + 3, 0), 6) / 6`
        case hardSwish
    }

    package enum Binary: String, Hashable, Sendable, CaseIterable {
        case add, atan2, divide, equal, floorDivide, greater, greaterEqual, hypot, less, lessEqual, logicalAnd, logicalOr
        case logicalXor, maximum, minimum, mod, multiply, notEqual, pow, subtract

        /// Whether the result is `bool`.
        package var isComparison: Bool {
            switch self {
            case .equal, .greater, .greaterEqual, .less, .lessEqual, .logicalAnd, .logicalOr, .logicalXor, .notEqual: true
            default: false
            }
        }
    }

    package enum Reduction: String, Hashable, Sendable, CaseIterable {
        case all, any, max, mean, min, product, sum
    }

    package enum Cumulation: String, Hashable, Sendable, CaseIterable {
        case cumulativeMax, cumulativeMin, cumulativeProduct, cumulativeSum
    }

    /// What an operation applies to its result.
    package enum Activation: String, Hashable, Sendable {
        case none, relu, relu6
    }

    /// A recurrent layer over whole sequences. Inputs: x [batch, steps, features], h [batch, units], c for `lstm`, kernel
    /// [features, gates * units], recurrent kernel [units, gates * units], the bias and the mask [batch, steps] where there are
    /// some. Outputs: y, and the last states. Keras's order of gates.
    package struct Recurrence: Hashable, Sendable {
        package var kind: RecurrentKind
        package var goBackwards = false
        package var returnSequences = true
        package var zeroOutputForMask = false
        package var hasBias = true
        package var hasMask = false
    }
}
