// The methods of `Tensor` that are functions in mathematics, as functions: `exp(x)` is `x.exp()`. What they do with dtypes and
// gradients stands at the methods.

/// e to the power of each element.
public func exp(_ x: Tensor) -> Tensor { x.exp() }
/// 2 to the power of each element.
public func exp2(_ x: Tensor) -> Tensor { x.exp2() }
/// e to the power of each element, minus 1; exact near 0.
public func expm1(_ x: Tensor) -> Tensor { x.expm1() }
/// The natural logarithm of each element.
public func log(_ x: Tensor) -> Tensor { x.log() }
/// The logarithm to base 2 of each element.
public func log2(_ x: Tensor) -> Tensor { x.log2() }
/// The natural logarithm of 1 plus each element; exact near 0.
public func log1p(_ x: Tensor) -> Tensor { x.log1p() }
/// The square root of each element.
public func sqrt(_ x: Tensor) -> Tensor { x.squareRoot() }
/// The sine of each element.
public func sin(_ x: Tensor) -> Tensor { x.sin() }
/// The cosine of each element.
public func cos(_ x: Tensor) -> Tensor { x.cos() }
/// The tangent of each element.
public func tan(_ x: Tensor) -> Tensor { x.tan() }
/// The angle in -π/2...π/2 of each sine.
public func asin(_ x: Tensor) -> Tensor { x.asin() }
/// The angle in 0...π of each cosine.
public func acos(_ x: Tensor) -> Tensor { x.acos() }
/// The angle in -π/2...π/2 of each tangent.
public func atan(_ x: Tensor) -> Tensor { x.atan() }
/// The hyperbolic sine of each element.
public func sinh(_ x: Tensor) -> Tensor { x.sinh() }
/// The hyperbolic cosine of each element.
public func cosh(_ x: Tensor) -> Tensor { x.cosh() }
/// The hyperbolic tangent of each element.
public func tanh(_ x: Tensor) -> Tensor { x.tanh() }
/// The number with each hyperbolic sine.
public func asinh(_ x: Tensor) -> Tensor { x.asinh() }
/// The number of at least 0 with each hyperbolic cosine.
public func acosh(_ x: Tensor) -> Tensor { x.acosh() }
/// The number with each hyperbolic tangent.
public func atanh(_ x: Tensor) -> Tensor { x.atanh() }
/// The error function of each element.
public func erf(_ x: Tensor) -> Tensor { x.erf() }
/// 1 minus the error function of each element; exact for large ones.
public func erfc(_ x: Tensor) -> Tensor { x.erfc() }
/// The absolute value of each element.
public func abs(_ x: Tensor) -> Tensor { x.abs() }
/// The largest whole number not above each element.
public func floor(_ x: Tensor) -> Tensor { x.floor() }
/// The smallest whole number not below each element.
public func ceil(_ x: Tensor) -> Tensor { x.ceil() }
/// The whole number nearest to each element, the even one when two are.
public func round(_ x: Tensor) -> Tensor { x.round() }
/// Each element without its fraction.
public func trunc(_ x: Tensor) -> Tensor { x.trunc() }
/// 1 / (1 + e⁻ˣ) of each element.
public func sigmoid(_ x: Tensor) -> Tensor { x.sigmoid() }
/// The larger of each element and 0.
public func relu(_ x: Tensor) -> Tensor { x.relu() }
/// log(1 + eˣ) of each element.
public func softplus(_ x: Tensor) -> Tensor { x.softplus() }
/// The square of each element.
public func square(_ x: Tensor) -> Tensor { x.square() }
/// 1 over the square root of each element.
public func rsqrt(_ x: Tensor) -> Tensor { x.reciprocalSquareRoot() }
/// -1, 0 or 1: the sign of each element.
public func sign(_ x: Tensor) -> Tensor { x.sign() }
/// eˣ of each element over their sum along an axis.
public func softmax(_ x: Tensor, axis: Int = -1) -> Tensor { x.softmax(axis: axis) }
/// The logarithm of the softmax along an axis.
public func logSoftmax(_ x: Tensor, axis: Int = -1) -> Tensor { x.logSoftmax(axis: axis) }

/// Each element to the power of the other's, broadcast.
public func pow(_ base: Tensor, _ exponent: Tensor) -> Tensor { base.pow(exponent) }
/// Each element to the power of a number.
public func pow(_ base: Tensor, _ exponent: some TensorScalar) -> Tensor { base.pow(exponent) }

/// Tensors one after the other along an axis: `Tensor.concatenate(_:axis:)`.
public func concatenate(_ tensors: [any TensorConvertible], axis: Int = 0) -> Tensor {
    Tensor.concatenate(tensors.map(\.asTensor), axis: axis)
}

/// Tensors as the slices along a new axis: `Tensor.stack(_:axis:)`.
public func stack(_ tensors: [any TensorConvertible], axis: Int = 0) -> Tensor {
    Tensor.stack(tensors.map(\.asTensor), axis: axis)
}

/// A tensor, or a variable, which stands for its value.
public protocol TensorConvertible {
    /// The tensor that it stands for.
    var asTensor: Tensor { get }
}

extension Tensor: TensorConvertible {
    public var asTensor: Tensor { self }
}

extension Variable: TensorConvertible {
    public var asTensor: Tensor { value }
}

extension Tensor {
    /// Tensors and variables one after the other along an axis.
    @_disfavoredOverload
    public static func concatenate(_ tensors: [any TensorConvertible], axis: Int = 0) -> Tensor {
        concatenate(tensors.map(\.asTensor), axis: axis)
    }

    /// Tensors and variables as the slices along a new axis.
    @_disfavoredOverload
    public static func stack(_ tensors: [any TensorConvertible], axis: Int = 0) -> Tensor {
        stack(tensors.map(\.asTensor), axis: axis)
    }
}

/// Einstein's summation of tensors and variables.
@_disfavoredOverload
public func einsum(_ equation: String, _ operands: any TensorConvertible...) -> Tensor {
    einsum(equation, operands.map(\.asTensor))
}
