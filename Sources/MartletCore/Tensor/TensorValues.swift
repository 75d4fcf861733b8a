/// What a tensor can be made of: a number, a truth value, or arrays of them, nested to any depth. One initializer takes them all,
/// so that the compiler has no overloads to try. Types outside of Martlet do not conform to it.
public protocol TensorValues {
    /// The type of the elements.
    associatedtype TensorNumber: TensorElement
    /// The tensor of these values.
    /// - Parameter dtype: its type; nil follows from the values.
    func _makeTensor(dtype: DType?) -> Tensor
    /// The sizes of an array of arrays without elements.
    static var _emptySizes: [Int] { get }
    /// The sizes, as far as the first elements tell.
    var _sizes: [Int] { get }
    /// Adds the elements of all `values` to `numbers`. Returns false when the sizes of one of them are not `sizes`.
    static func _collect(_ values: [Self], sizes: ArraySlice<Int>, into numbers: inout [TensorNumber]) -> Bool
}

extension TensorElement {
    public static var _emptySizes: [Int] { [] }
    public var _sizes: [Int] { [] }
    public static func _collect(_ values: [Self], sizes: ArraySlice<Int>, into numbers: inout [Self]) -> Bool {
        numbers += values
        return true
    }
    public func _makeTensor(dtype: DType?) -> Tensor {
        let tensor = Tensor([self], shape: [])
        return dtype.map { $0 == tensor.dtype ? tensor : tensor.cast(to: $0) } ?? tensor
    }
}

extension TensorElement where Self: TensorScalar {
    public func _makeTensor(dtype: DType?) -> Tensor {
        .full([], self, dtype: dtype ?? (integerValue == nil ? Settings.defaultFloatType : Self.dtype))
    }
}

extension Array: TensorValues where Element: TensorValues {
    public typealias TensorNumber = Element.TensorNumber
    public static var _emptySizes: [Int] { [0] + Element._emptySizes }
    public var _sizes: [Int] { [count] + (first?._sizes ?? Element._emptySizes) }

    public static func _collect(_ values: [[Element]], sizes: ArraySlice<Int>, into numbers: inout [TensorNumber]) -> Bool {
        values.allSatisfy { $0.count == sizes.first && Element._collect($0, sizes: sizes.dropFirst(), into: &numbers) }
    }

    public func _makeTensor(dtype: DType?) -> Tensor {
        let sizes = _sizes
        var numbers: [TensorNumber] = []
        if let flat = self as? [TensorNumber] {
            numbers = flat
        } else {
            numbers.reserveCapacity(sizes.reduce(1, *))
            let fits = Element._collect(self, sizes: sizes.dropFirst(), into: &numbers)
            guard
                require(
                    fits, "Tensor",
                    "Expected arrays of one length at each depth, as for the shape \(Shape(unchecked: sizes)). "
                        + "Received: arrays of different lengths.")
            else { return .nothing }
        }
        let tensor = Tensor(numbers, shape: Shape(unchecked: sizes))
        let target = dtype ?? (TensorNumber.self == Double.self ? Settings.defaultFloatType : tensor.dtype)
        return target == tensor.dtype ? tensor : tensor.cast(to: target)
    }
}

extension ArraySlice: TensorValues where Element: TensorValues {
    public typealias TensorNumber = Element.TensorNumber
    public static var _emptySizes: [Int] { [Element]._emptySizes }
    public var _sizes: [Int] { Array(self)._sizes }
    public static func _collect(_ values: [ArraySlice], sizes: ArraySlice<Int>, into numbers: inout [TensorNumber]) -> Bool {
        var arrays: [[Element]] = []
        for value in values { arrays.append(Array(value)) }
        return [Element]._collect(arrays, sizes: sizes, into: &numbers)
    }
    public func _makeTensor(dtype: DType?) -> Tensor { Array(self)._makeTensor(dtype: dtype) }
}
