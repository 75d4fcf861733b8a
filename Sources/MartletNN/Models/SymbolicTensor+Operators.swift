import MartletCore
import MartletFormats

// The operators and functions of symbolic tensors: see SymbolicTensor+Operations.swift. The functions are disfavored, so that
// formulas of tensors and numbers alone do not take the compiler longer.

extension SymbolicTensor {
    /// The sum, broadcast.
    public static func + (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "Add", [.tensor(a), .tensor(b)]) }
    /// The sum, broadcast.
    public static func + (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Add", [.tensor(a), .number(b)])
    }
    /// The sum, broadcast.
    public static func + (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Add", [.number(a), .tensor(b)])
    }
    /// The sum, broadcast.
    public static func + (a: SymbolicTensor, b: Tensor) -> SymbolicTensor { output(of: "Add", [.tensor(a), .constant(b)]) }
    /// The sum, broadcast.
    public static func + (a: Tensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "Add", [.constant(a), .tensor(b)]) }
    /// The difference, broadcast.
    public static func - (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Subtract", [.tensor(a), .tensor(b)])
    }
    /// The difference, broadcast.
    public static func - (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Subtract", [.tensor(a), .number(b)])
    }
    /// The difference, broadcast.
    public static func - (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Subtract", [.number(a), .tensor(b)])
    }
    /// The difference, broadcast.
    public static func - (a: SymbolicTensor, b: Tensor) -> SymbolicTensor { output(of: "Subtract", [.tensor(a), .constant(b)]) }
    /// The difference, broadcast.
    public static func - (a: Tensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "Subtract", [.constant(a), .tensor(b)]) }
    /// The product, broadcast.
    public static func * (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Multiply", [.tensor(a), .tensor(b)])
    }
    /// The product, broadcast.
    public static func * (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Multiply", [.tensor(a), .number(b)])
    }
    /// The product, broadcast.
    public static func * (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Multiply", [.number(a), .tensor(b)])
    }
    /// The product, broadcast.
    public static func * (a: SymbolicTensor, b: Tensor) -> SymbolicTensor { output(of: "Multiply", [.tensor(a), .constant(b)]) }
    /// The product, broadcast.
    public static func * (a: Tensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "Multiply", [.constant(a), .tensor(b)]) }
    /// The quotient, broadcast.
    public static func / (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "TrueDivide", [.tensor(a), .tensor(b)])
    }
    /// The quotient, broadcast.
    public static func / (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "TrueDivide", [.tensor(a), .number(b)])
    }
    /// The quotient, broadcast.
    public static func / (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "TrueDivide", [.number(a), .tensor(b)])
    }
    /// The quotient, broadcast.
    public static func / (a: SymbolicTensor, b: Tensor) -> SymbolicTensor { output(of: "TrueDivide", [.tensor(a), .constant(b)]) }
    /// The quotient, broadcast.
    public static func / (a: Tensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "TrueDivide", [.constant(a), .tensor(b)]) }
    /// The remainder, with the sign of the divisor, broadcast.
    public static func % (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor { output(of: "Mod", [.tensor(a), .tensor(b)]) }
    /// The remainder, with the sign of the divisor, broadcast.
    public static func % (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Mod", [.tensor(a), .number(b)])
    }
    /// The remainder, with the sign of the divisor, broadcast.
    public static func % (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Mod", [.number(a), .tensor(b)])
    }
    /// Whether elements are equal, broadcast.
    public static func .== (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Equal", [.tensor(a), .tensor(b)])
    }
    /// Whether elements are equal, broadcast.
    public static func .== (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Equal", [.tensor(a), .number(b)])
    }
    /// Whether elements are equal, broadcast.
    public static func .== (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Equal", [.number(a), .tensor(b)])
    }
    /// Whether elements differ, broadcast.
    public static func .!= (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "NotEqual", [.tensor(a), .tensor(b)])
    }
    /// Whether elements differ, broadcast.
    public static func .!= (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "NotEqual", [.tensor(a), .number(b)])
    }
    /// Whether elements differ, broadcast.
    public static func .!= (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "NotEqual", [.number(a), .tensor(b)])
    }
    /// Whether elements are less, broadcast.
    public static func .< (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Less", [.tensor(a), .tensor(b)])
    }
    /// Whether elements are less, broadcast.
    public static func .< (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Less", [.tensor(a), .number(b)])
    }
    /// Whether elements are less, broadcast.
    public static func .< (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Less", [.number(a), .tensor(b)])
    }
    /// Whether elements are less or equal, broadcast.
    public static func .<= (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "LessEqual", [.tensor(a), .tensor(b)])
    }
    /// Whether elements are less or equal, broadcast.
    public static func .<= (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "LessEqual", [.tensor(a), .number(b)])
    }
    /// Whether elements are less or equal, broadcast.
    public static func .<= (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "LessEqual", [.number(a), .tensor(b)])
    }
    /// Whether elements are greater, broadcast.
    public static func .> (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Greater", [.tensor(a), .tensor(b)])
    }
    /// Whether elements are greater, broadcast.
    public static func .> (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "Greater", [.tensor(a), .number(b)])
    }
    /// Whether elements are greater, broadcast.
    public static func .> (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "Greater", [.number(a), .tensor(b)])
    }
    /// Whether elements are greater or equal, broadcast.
    public static func .>= (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "GreaterEqual", [.tensor(a), .tensor(b)])
    }
    /// Whether elements are greater or equal, broadcast.
    public static func .>= (a: SymbolicTensor, b: some TensorScalar) -> SymbolicTensor {
        output(of: "GreaterEqual", [.tensor(a), .number(b)])
    }
    /// Whether elements are greater or equal, broadcast.
    public static func .>= (a: some TensorScalar, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "GreaterEqual", [.number(a), .tensor(b)])
    }
    /// Whether both are true, element by element.
    public static func & (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "LogicalAnd", [.tensor(a), .tensor(b)])
    }
    /// Whether one is true, element by element.
    public static func | (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
        output(of: "LogicalOr", [.tensor(a), .tensor(b)])
    }
    /// The elements with the other sign.
    public static prefix func - (x: SymbolicTensor) -> SymbolicTensor { output(of: "Negative", [.tensor(x)]) }
    /// Whether each element is false.
    public static prefix func ! (x: SymbolicTensor) -> SymbolicTensor { x.logicalNot() }
}

/// e to the power of each element.
@_disfavoredOverload
public func exp(_ x: SymbolicTensor) -> SymbolicTensor { x.exp() }
/// 2 to the power of each element.
@_disfavoredOverload
public func exp2(_ x: SymbolicTensor) -> SymbolicTensor { x.exp2() }
/// e to the power of each element, minus 1.
@_disfavoredOverload
public func expm1(_ x: SymbolicTensor) -> SymbolicTensor { x.expm1() }
/// The natural logarithm of each element.
@_disfavoredOverload
public func log(_ x: SymbolicTensor) -> SymbolicTensor { x.log() }
/// The logarithm to base 2 of each element.
@_disfavoredOverload
public func log2(_ x: SymbolicTensor) -> SymbolicTensor { x.log2() }
/// The natural logarithm of 1 plus each element.
@_disfavoredOverload
public func log1p(_ x: SymbolicTensor) -> SymbolicTensor { x.log1p() }
/// The square of each element.
@_disfavoredOverload
public func square(_ x: SymbolicTensor) -> SymbolicTensor { x.square() }
/// The absolute value of each element.
@_disfavoredOverload
public func abs(_ x: SymbolicTensor) -> SymbolicTensor { x.abs() }
/// The sign of each element.
@_disfavoredOverload
public func sign(_ x: SymbolicTensor) -> SymbolicTensor { x.sign() }
/// The largest whole number not above each element.
@_disfavoredOverload
public func floor(_ x: SymbolicTensor) -> SymbolicTensor { x.floor() }
/// The smallest whole number not below each element.
@_disfavoredOverload
public func ceil(_ x: SymbolicTensor) -> SymbolicTensor { x.ceil() }
/// Each element without its fraction.
@_disfavoredOverload
public func trunc(_ x: SymbolicTensor) -> SymbolicTensor { x.trunc() }
/// The sine of each element.
@_disfavoredOverload
public func sin(_ x: SymbolicTensor) -> SymbolicTensor { x.sin() }
/// The cosine of each element.
@_disfavoredOverload
public func cos(_ x: SymbolicTensor) -> SymbolicTensor { x.cos() }
/// The tangent of each element.
@_disfavoredOverload
public func tan(_ x: SymbolicTensor) -> SymbolicTensor { x.tan() }
/// The angle of each sine.
@_disfavoredOverload
public func asin(_ x: SymbolicTensor) -> SymbolicTensor { x.asin() }
/// The angle of each cosine.
@_disfavoredOverload
public func acos(_ x: SymbolicTensor) -> SymbolicTensor { x.acos() }
/// The angle of each tangent.
@_disfavoredOverload
public func atan(_ x: SymbolicTensor) -> SymbolicTensor { x.atan() }
/// The hyperbolic sine of each element.
@_disfavoredOverload
public func sinh(_ x: SymbolicTensor) -> SymbolicTensor { x.sinh() }
/// The hyperbolic cosine of each element.
@_disfavoredOverload
public func cosh(_ x: SymbolicTensor) -> SymbolicTensor { x.cosh() }
/// The hyperbolic tangent of each element.
@_disfavoredOverload
public func tanh(_ x: SymbolicTensor) -> SymbolicTensor { x.tanh() }
/// The number with each hyperbolic sine.
@_disfavoredOverload
public func asinh(_ x: SymbolicTensor) -> SymbolicTensor { x.asinh() }
/// The number of at least 0 with each hyperbolic cosine.
@_disfavoredOverload
public func acosh(_ x: SymbolicTensor) -> SymbolicTensor { x.acosh() }
/// The number with each hyperbolic tangent.
@_disfavoredOverload
public func atanh(_ x: SymbolicTensor) -> SymbolicTensor { x.atanh() }
/// The error function of each element.
@_disfavoredOverload
public func erf(_ x: SymbolicTensor) -> SymbolicTensor { x.erf() }
/// 1 minus the error function of each element.
@_disfavoredOverload
public func erfc(_ x: SymbolicTensor) -> SymbolicTensor { x.erfc() }
/// 1 / (1 + e⁻ˣ) of each element.
@_disfavoredOverload
public func sigmoid(_ x: SymbolicTensor) -> SymbolicTensor { x.sigmoid() }
/// The larger of each element and 0.
@_disfavoredOverload
public func relu(_ x: SymbolicTensor) -> SymbolicTensor { x.relu() }
/// log(1 + eˣ) of each element.
@_disfavoredOverload
public func softplus(_ x: SymbolicTensor) -> SymbolicTensor { x.softplus() }
/// The square root of each element.
@_disfavoredOverload
public func sqrt(_ x: SymbolicTensor) -> SymbolicTensor { x.squareRoot() }
/// 1 over the square root of each element.
@_disfavoredOverload
public func rsqrt(_ x: SymbolicTensor) -> SymbolicTensor { x.reciprocalSquareRoot() }
/// The whole number nearest to each element, the even one when two are.
@_disfavoredOverload
public func round(_ x: SymbolicTensor) -> SymbolicTensor { x.round() }
/// eˣ of each element over their sum along an axis.
@_disfavoredOverload
public func softmax(_ x: SymbolicTensor, axis: Int = -1) -> SymbolicTensor { x.softmax(axis: axis) }
/// The logarithm of the softmax along an axis.
@_disfavoredOverload
public func logSoftmax(_ x: SymbolicTensor, axis: Int = -1) -> SymbolicTensor { x.logSoftmax(axis: axis) }
/// Tensors one after the other along an axis, the last one unless told: as `keras.layers.concatenate`. Of tensors with elements it
/// is the first one.
@_disfavoredOverload
public func concatenate(_ tensors: [SymbolicTensor], axis: Int = -1) -> SymbolicTensor { .concatenate(tensors, axis: axis) }
/// Tensors as the slices along a new axis. At 0, that of the batch, none belongs.
@_disfavoredOverload
public func stack(_ tensors: [SymbolicTensor], axis: Int) -> SymbolicTensor { .stack(tensors, axis: axis) }

/// The larger of two elements, broadcast.
@_disfavoredOverload
public func maximum(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Maximum", [.tensor(a), .tensor(b)])
}
/// The larger of two elements, broadcast.
@_disfavoredOverload
public func maximum(_ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "Maximum", [.tensor(a), .number(b)])
}
/// The larger of two elements, broadcast.
@_disfavoredOverload
public func maximum(_ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Maximum", [.number(a), .tensor(b)])
}
/// The smaller of two elements, broadcast.
@_disfavoredOverload
public func minimum(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Minimum", [.tensor(a), .tensor(b)])
}
/// The smaller of two elements, broadcast.
@_disfavoredOverload
public func minimum(_ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "Minimum", [.tensor(a), .number(b)])
}
/// The smaller of two elements, broadcast.
@_disfavoredOverload
public func minimum(_ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Minimum", [.number(a), .tensor(b)])
}
/// Each element of the first to the power of the second's, broadcast.
@_disfavoredOverload
public func pow(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Power", [.tensor(a), .tensor(b)])
}
/// Each element of the first to the power of the second's, broadcast.
@_disfavoredOverload
public func pow(_ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "Power", [.tensor(a), .number(b)])
}
/// Each element of the first to the power of the second's, broadcast.
@_disfavoredOverload
public func pow(_ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Power", [.number(a), .tensor(b)])
}
/// The quotient, rounded down.
@_disfavoredOverload
public func floorDivide(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "FloorDivide", [.tensor(a), .tensor(b)])
}
/// The quotient, rounded down.
@_disfavoredOverload
public func floorDivide(_ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "FloorDivide", [.tensor(a), .number(b)])
}
/// The quotient, rounded down.
@_disfavoredOverload
public func floorDivide(_ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "FloorDivide", [.number(a), .tensor(b)])
}
/// The remainder, with the sign of the divisor.
@_disfavoredOverload
public func mod(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Mod", [.tensor(a), .tensor(b)])
}
/// The remainder, with the sign of the divisor.
@_disfavoredOverload
public func mod(_ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "Mod", [.tensor(a), .number(b)])
}
/// The remainder, with the sign of the divisor.
@_disfavoredOverload
public func mod(_ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Mod", [.number(a), .tensor(b)])
}
/// The matrix product, by NumPy's rules.
@_disfavoredOverload
public func matmul(_ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Matmul", [.tensor(a), .tensor(b)])
}
/// The element of `a` where `condition` is true, that of `b` elsewhere; all broadcast.
@_disfavoredOverload
public func `where`(_ condition: SymbolicTensor, _ a: SymbolicTensor, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Where", [.tensor(condition), .tensor(a), .tensor(b)])
}
/// The element of `a` where `condition` is true, that of `b` elsewhere; all broadcast.
@_disfavoredOverload
public func `where`(_ condition: SymbolicTensor, _ a: SymbolicTensor, _ b: some TensorScalar) -> SymbolicTensor {
    .output(of: "Where", [.tensor(condition), .tensor(a), .number(b)])
}
/// The element of `a` where `condition` is true, that of `b` elsewhere; all broadcast.
@_disfavoredOverload
public func `where`(_ condition: SymbolicTensor, _ a: some TensorScalar, _ b: SymbolicTensor) -> SymbolicTensor {
    .output(of: "Where", [.tensor(condition), .number(a), .tensor(b)])
}
/// Einstein's summation, as for tensors.
@_disfavoredOverload
public func einsum(_ equation: String, _ operands: SymbolicTensor...) -> SymbolicTensor {
    .output(of: "Einsum", operands.map { .tensor($0) }, ["subscripts": .string(equation)])
}
