// Forms in which NumPy, Keras and PyTorch write things: the compiler answers with Martlet's. The names are in OtherNames.swift.

/// What a name stands for that is none of Martlet's. It takes any arguments, so that the compiler gets as far as to say the right
/// name.
@dynamicCallable public struct OtherName: Sendable {
    /// Never runs.
    @discardableResult
    public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Tensor { fatalError() }
    /// Never runs.
    @_disfavoredOverload
    public func dynamicallyCall<T>(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> T { fatalError() }
}

/// What a module's name stands for, as in `layers.Dense(10)`. It has every member, which takes any arguments and gives anything.
@dynamicMemberLookup @dynamicCallable public struct OtherModule: Sendable {
    /// Never runs.
    public subscript(dynamicMember name: String) -> OtherModule { fatalError() }
    /// Never runs.
    @discardableResult
    public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> OtherModule { fatalError() }
    /// Never runs.
    @_disfavoredOverload
    public func dynamicallyCall<T>(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> T { fatalError() }
}

@available(*, unavailable, message: "write true")
public var True: Bool { fatalError() }
@available(*, unavailable, message: "write false")
public var False: Bool { fatalError() }

/// Types with names of this kind. In extensions of protocols, they do not stand in the way of a subclass's own names.
public protocol OtherlyNamed {}
/// Types with the names of a tensor.
public protocol OtherlyNamedTensor: OtherlyNamed {}
extension Tensor: OtherlyNamedTensor {}
extension Variable: OtherlyNamedTensor {}

extension Tensor {
    @available(*, unavailable, renamed: ".>")
    public static func > (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".>=")
    public static func >= (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<")
    public static func < (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<=")
    public static func <= (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, message: "compare elements with .>, and ask for .any() or .all()")
    @_disfavoredOverload public static func > (a: Tensor, b: some TensorScalar) -> Bool { fatalError() }
    @available(*, unavailable, message: "compare elements with .<, and ask for .any() or .all()")
    @_disfavoredOverload public static func < (a: Tensor, b: some TensorScalar) -> Bool { fatalError() }
    @available(*, unavailable, renamed: ".>")
    public static func > (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<")
    public static func < (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".>=")
    public static func >= (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<=")
    public static func <= (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".==")
    public static func == (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".==")
    public static func == (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, message: "compare elements with .==, and ask for .any() or .all()")
    @_disfavoredOverload public static func == (a: Tensor, b: Tensor) -> Bool { fatalError() }
    @available(*, unavailable, message: "write x[.ellipsis, .newAxis] for x[..., .newAxis]")
    public subscript(_ all: (UnboundedRange_) -> Void, _ indices: any TensorIndexConvertible...) -> Tensor { fatalError() }
    @available(*, unavailable, message: "write matmul(a, b)")
    public func matmul(_ other: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public func astype(_ dtype: DType) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public func to(_ dtype: DType) -> Tensor { fatalError() }
}

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "sum(axes:keepDims:)")
    public func sum(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "sum(axis:keepDims:)")
    public func sum(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "mean(axes:keepDims:)")
    public func mean(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "mean(axis:keepDims:)")
    public func mean(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "max(axes:keepDims:)")
    public func max(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "max(axis:keepDims:)")
    public func max(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "min(axes:keepDims:)")
    public func min(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "min(axis:keepDims:)")
    public func min(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "product(axes:keepDims:)")
    public func product(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "product(axis:keepDims:)")
    public func product(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "any(axes:keepDims:)")
    public func any(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "any(axis:keepDims:)")
    public func any(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "all(axes:keepDims:)")
    public func all(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "all(axis:keepDims:)")
    public func all(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSumExp(axes:keepDims:)")
    public func logSumExp(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSumExp(axis:keepDims:)")
    public func logSumExp(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "variance(axes:keepDims:)")
    public func variance(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "variance(axis:keepDims:)")
    public func variance(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "standardDeviation(axes:keepDims:)")
    public func standardDeviation(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "standardDeviation(axis:keepDims:)")
    public func standardDeviation(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "norm(axes:keepDims:)")
    public func norm(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "norm(axis:keepDims:)")
    public func norm(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "argmax(axis:keepDims:)")
    public func argmax(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "argmin(axis:keepDims:)")
    public func argmin(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "softmax(axis:)")
    public func softmax(dim: Int) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSoftmax(axis:)")
    public func logSoftmax(dim: Int) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "squeezed(axis:)")
    public func squeezed(dim: Int) -> Tensor { fatalError() }
}

extension TensorIndexConvertible where Self == TensorIndex {
    @available(*, unavailable, renamed: "newAxis")
    public static var newaxis: TensorIndex { fatalError() }
}

// Where numbers are expected: none of it ever runs.
@available(*, unavailable, message: "a list of tensors becomes one by Tensor.stack(tensors)")
extension Tensor: TensorValues {
    public typealias TensorNumber = Float
    public static var _emptySizes: [Int] { fatalError() }
    public var _sizes: [Int] { fatalError() }
    public static func _collect(_ values: [Tensor], sizes: ArraySlice<Int>, into numbers: inout [Float]) -> Bool { fatalError() }
    public func _makeTensor(dtype: DType?) -> Tensor { fatalError() }
}
@available(*, unavailable, message: "write Tensor(strings: [\"a\", \"b\"])")
extension String: TensorValues {
    public typealias TensorNumber = Float
    public static var _emptySizes: [Int] { fatalError() }
    public var _sizes: [Int] { fatalError() }
    public static func _collect(_ values: [String], sizes: ArraySlice<Int>, into numbers: inout [Float]) -> Bool { fatalError() }
    public func _makeTensor(dtype: DType?) -> Tensor { fatalError() }
}
