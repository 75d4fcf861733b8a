// The functions of tensors, of variables. Made by scripts/variables.py.

/// As of the variable's value.
@_disfavoredOverload
public func exp(_ x: Variable) -> Tensor { exp(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func exp2(_ x: Variable) -> Tensor { exp2(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func expm1(_ x: Variable) -> Tensor { expm1(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func log(_ x: Variable) -> Tensor { log(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func log2(_ x: Variable) -> Tensor { log2(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func log1p(_ x: Variable) -> Tensor { log1p(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func sqrt(_ x: Variable) -> Tensor { sqrt(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func sin(_ x: Variable) -> Tensor { sin(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func cos(_ x: Variable) -> Tensor { cos(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func tan(_ x: Variable) -> Tensor { tan(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func asin(_ x: Variable) -> Tensor { asin(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func acos(_ x: Variable) -> Tensor { acos(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func atan(_ x: Variable) -> Tensor { atan(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func sinh(_ x: Variable) -> Tensor { sinh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func cosh(_ x: Variable) -> Tensor { cosh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func tanh(_ x: Variable) -> Tensor { tanh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func asinh(_ x: Variable) -> Tensor { asinh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func acosh(_ x: Variable) -> Tensor { acosh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func atanh(_ x: Variable) -> Tensor { atanh(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func erf(_ x: Variable) -> Tensor { erf(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func erfc(_ x: Variable) -> Tensor { erfc(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func abs(_ x: Variable) -> Tensor { abs(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func floor(_ x: Variable) -> Tensor { floor(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func ceil(_ x: Variable) -> Tensor { ceil(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func round(_ x: Variable) -> Tensor { round(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func trunc(_ x: Variable) -> Tensor { trunc(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func sigmoid(_ x: Variable) -> Tensor { sigmoid(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func relu(_ x: Variable) -> Tensor { relu(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func softplus(_ x: Variable) -> Tensor { softplus(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func square(_ x: Variable) -> Tensor { square(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func rsqrt(_ x: Variable) -> Tensor { rsqrt(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func sign(_ x: Variable) -> Tensor { sign(x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func softmax(_ x: Variable, axis: Int = -1) -> Tensor { softmax(x.value, axis: axis) }
/// As of the variable's value.
@_disfavoredOverload
public func logSoftmax(_ x: Variable, axis: Int = -1) -> Tensor { logSoftmax(x.value, axis: axis) }
/// As of the variable's value.
@_disfavoredOverload
public func pow(_ base: Tensor, _ exponent: Variable) -> Tensor { pow(base, exponent.value) }
/// As of the variable's value.
@_disfavoredOverload
public func pow(_ base: Variable, _ exponent: Tensor) -> Tensor { pow(base.value, exponent) }
/// As of the variable's value.
@_disfavoredOverload
public func pow(_ base: Variable, _ exponent: Variable) -> Tensor { pow(base.value, exponent.value) }
/// As of the variable's value.
@_disfavoredOverload
public func pow(_ base: Variable, _ exponent: some TensorScalar) -> Tensor { pow(base.value, exponent) }
/// As of the variable's value.
@_disfavoredOverload
public func atan2(_ y: Tensor, _ x: Variable) -> Tensor { atan2(y, x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func atan2(_ y: Variable, _ x: Tensor) -> Tensor { atan2(y.value, x) }
/// As of the variable's value.
@_disfavoredOverload
public func atan2(_ y: Variable, _ x: Variable) -> Tensor { atan2(y.value, x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func atan2(_ y: Variable, _ x: some TensorScalar) -> Tensor { atan2(y.value, x) }
/// As of the variable's value.
@_disfavoredOverload
public func atan2(_ y: some TensorScalar, _ x: Variable) -> Tensor { atan2(y, x.value) }
/// As of the variable's value.
@_disfavoredOverload
public func floorDivide(_ a: Tensor, _ b: Variable) -> Tensor { floorDivide(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func floorDivide(_ a: Variable, _ b: Tensor) -> Tensor { floorDivide(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func floorDivide(_ a: Variable, _ b: Variable) -> Tensor { floorDivide(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func floorDivide(_ a: Variable, _ b: some TensorScalar) -> Tensor { floorDivide(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func floorDivide(_ a: some TensorScalar, _ b: Variable) -> Tensor { floorDivide(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func hypot(_ a: Tensor, _ b: Variable) -> Tensor { hypot(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func hypot(_ a: Variable, _ b: Tensor) -> Tensor { hypot(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func hypot(_ a: Variable, _ b: Variable) -> Tensor { hypot(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func hypot(_ a: Variable, _ b: some TensorScalar) -> Tensor { hypot(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func hypot(_ a: some TensorScalar, _ b: Variable) -> Tensor { hypot(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func maximum(_ a: Tensor, _ b: Variable) -> Tensor { maximum(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func maximum(_ a: Variable, _ b: Tensor) -> Tensor { maximum(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func maximum(_ a: Variable, _ b: Variable) -> Tensor { maximum(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func maximum(_ a: Variable, _ b: some TensorScalar) -> Tensor { maximum(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func maximum(_ a: some TensorScalar, _ b: Variable) -> Tensor { maximum(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func minimum(_ a: Tensor, _ b: Variable) -> Tensor { minimum(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func minimum(_ a: Variable, _ b: Tensor) -> Tensor { minimum(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func minimum(_ a: Variable, _ b: Variable) -> Tensor { minimum(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func minimum(_ a: Variable, _ b: some TensorScalar) -> Tensor { minimum(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func minimum(_ a: some TensorScalar, _ b: Variable) -> Tensor { minimum(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func mod(_ a: Tensor, _ b: Variable) -> Tensor { mod(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func mod(_ a: Variable, _ b: Tensor) -> Tensor { mod(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func mod(_ a: Variable, _ b: Variable) -> Tensor { mod(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func mod(_ a: Variable, _ b: some TensorScalar) -> Tensor { mod(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func mod(_ a: some TensorScalar, _ b: Variable) -> Tensor { mod(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func pow(_ base: some TensorScalar, _ exponent: Variable) -> Tensor { pow(base, exponent.value) }
/// As of the variable's value.
@_disfavoredOverload
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: Variable) -> Tensor { `where`(condition, a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func `where`(_ condition: Tensor, _ a: Variable, _ b: Tensor) -> Tensor { `where`(condition, a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func `where`(_ condition: Tensor, _ a: Variable, _ b: Variable) -> Tensor { `where`(condition, a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func `where`(_ condition: Tensor, _ a: Variable, _ b: some TensorScalar) -> Tensor { `where`(condition, a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func `where`(_ condition: Tensor, _ a: some TensorScalar, _ b: Variable) -> Tensor { `where`(condition, a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func matmul(_ a: Tensor, _ b: Variable, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    matmul(a, b.value, transposeA: transposeA, transposeB: transposeB)
}
/// As of the variable's value.
@_disfavoredOverload
public func matmul(_ a: Variable, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    matmul(a.value, b, transposeA: transposeA, transposeB: transposeB)
}
/// As of the variable's value.
@_disfavoredOverload
public func matmul(_ a: Variable, _ b: Variable, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    matmul(a.value, b.value, transposeA: transposeA, transposeB: transposeB)
}
/// As of the variable's value.
@_disfavoredOverload
public func outer(_ a: Tensor, _ b: Variable) -> Tensor { outer(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func outer(_ a: Variable, _ b: Tensor) -> Tensor { outer(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func outer(_ a: Variable, _ b: Variable) -> Tensor { outer(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Tensor, _ b: Variable, axes: Int = 2) -> Tensor { tensordot(a, b.value, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Variable, _ b: Tensor, axes: Int = 2) -> Tensor { tensordot(a.value, b, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Variable, _ b: Variable, axes: Int = 2) -> Tensor { tensordot(a.value, b.value, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Tensor, _ b: Variable, axes: ([Int], [Int])) -> Tensor { tensordot(a, b.value, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Variable, _ b: Tensor, axes: ([Int], [Int])) -> Tensor { tensordot(a.value, b, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func tensordot(_ a: Variable, _ b: Variable, axes: ([Int], [Int])) -> Tensor { tensordot(a.value, b.value, axes: axes) }
/// As of the variable's value.
@_disfavoredOverload
public func solve(_ a: Tensor, _ b: Variable) -> Tensor { solve(a, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func solve(_ a: Variable, _ b: Tensor) -> Tensor { solve(a.value, b) }
/// As of the variable's value.
@_disfavoredOverload
public func solve(_ a: Variable, _ b: Variable) -> Tensor { solve(a.value, b.value) }
/// As of the variable's value.
@_disfavoredOverload
public func solveTriangular(_ a: Tensor, _ b: Variable, lower: Bool = false) -> Tensor {
    solveTriangular(a, b.value, lower: lower)
}
/// As of the variable's value.
@_disfavoredOverload
public func solveTriangular(_ a: Variable, _ b: Tensor, lower: Bool = false) -> Tensor {
    solveTriangular(a.value, b, lower: lower)
}
/// As of the variable's value.
@_disfavoredOverload
public func solveTriangular(_ a: Variable, _ b: Variable, lower: Bool = false) -> Tensor {
    solveTriangular(a.value, b.value, lower: lower)
}
/// As of the variable's value.
@_disfavoredOverload
public func conv(
    _ x: Tensor, _ kernel: Variable, strides: [Int]? = nil, padding: Padding = .valid, dilations: [Int]? = nil, groups: Int = 1,
    bias: Tensor? = nil
) -> Tensor { conv(x, kernel.value, strides: strides, padding: padding, dilations: dilations, groups: groups, bias: bias) }
/// As of the variable's value.
@_disfavoredOverload
public func depthwiseConv(
    _ x: Tensor, _ kernel: Variable, strides: [Int]? = nil, padding: Padding = .valid, dilations: [Int]? = nil,
    bias: Tensor? = nil
) -> Tensor { depthwiseConv(x, kernel.value, strides: strides, padding: padding, dilations: dilations, bias: bias) }
/// As of the variable's value.
@_disfavoredOverload
public func convTransposed(
    _ x: Tensor, _ kernel: Variable, strides: [Int]? = nil, padding: Padding = .valid, outputPadding: [Int]? = nil,
    dilations: [Int]? = nil, bias: Tensor? = nil
) -> Tensor {
    convTransposed(
        x, kernel.value, strides: strides, padding: padding, outputPadding: outputPadding, dilations: dilations, bias: bias)
}
