import CKernels

extension Tensor {
    /// A tensor of a number or a truth value, or of arrays of them, nested to any depth: `Tensor(1.5)`, `Tensor([1, 2])`,
    /// `Tensor([[1.0], [2.0]])`. Stops when arrays beside each other have different lengths.
    ///
    /// `Double`s, and a number alone that is a `Float`, become the default float type unless `dtype` says otherwise, as Python's
    /// floats do in Keras; every other type stays what it is.
    /// - Parameters:
    ///   - values: the elements.
    ///   - dtype: the type of the tensor; nil follows from the values.
    public init(_ values: some TensorValues, dtype: DType? = nil) { self = values._makeTensor(dtype: dtype) }

    /// A tensor filled with `value`. Stops when an integer type cannot hold it exactly.
    public static func full(_ shape: Shape, _ value: some TensorScalar, dtype: DType? = nil) -> Tensor {
        let type = dtype ?? (value.integerValue == nil ? Settings.defaultFloatType : .int64)
        guard let result = Tensor(filledLater: TensorSpec(shape, type), "full") else {
            return .substitute(TensorSpec(shape, type))
        }
        let count = shape.elementCount
        func fill<Element: TensorElement>(_ element: Element) {
            result.mutablePointer.bindMemory(to: Element.self, capacity: count).update(repeating: element, count: count)
        }
        func integer<Element: FixedWidthInteger & TensorElement>(_: Element.Type) {
            let exact = value.integerValue.map { Element(exactly: $0) } ?? Element(exactly: value.doubleValue)
            if let exact { return fill(exact) }
            fail("full", "Expected a value that \(type) can hold. Received: \(value).")
            fill(0)
        }
        switch type {
        case .float32: fill(Float(value.doubleValue))
        case .float64: fill(value.doubleValue)
        case .int32: integer(Int32.self)
        case .int64: integer(Int64.self)
        case .uint8: integer(UInt8.self)
        case .bool: fill(value.doubleValue != 0)
        case .string:
            fail("full", "Expected a type of numbers. Received: string. Use Tensor(strings:).")
            fill(UInt8(0))
        case .float16, .bfloat16:
            let one = Tensor.full([], value.doubleValue, dtype: .float64).cast(to: type)
            let bits = one.withUnsafeBytes { $0.load(as: UInt16.self) }
            result.mutablePointer.bindMemory(to: UInt16.self, capacity: count).update(repeating: bits, count: count)
        }
        return result
    }

    /// A tensor of zeros, of the default float type when `dtype` is nil.
    public static func zeros(_ shape: Shape, dtype: DType? = nil) -> Tensor {
        full(shape, 0, dtype: dtype ?? Settings.defaultFloatType)
    }

    /// A tensor of ones, of the default float type when `dtype` is nil.
    public static func ones(_ shape: Shape, dtype: DType? = nil) -> Tensor {
        full(shape, 1, dtype: dtype ?? Settings.defaultFloatType)
    }

    /// Zeros of the shape and dtype of `other`.
    public static func zeros(like other: Tensor) -> Tensor { zeros(other.shape, dtype: other.dtype) }

    /// Ones of the shape and dtype of `other`.
    public static func ones(like other: Tensor) -> Tensor { ones(other.shape, dtype: other.dtype) }

    /// The vector of `count` zeros with a one at `index`.
    package static func basis(_ index: Int, count: Int, dtype: DType) -> Tensor {
        var values = [Double](repeating: 0, count: count)
        values[index] = 1
        return Tensor(values, shape: [count]).cast(to: dtype)
    }

    /// `scalar` as a tensor that meets `self` in an expression: of this dtype, except that a floating-point number
    /// beside integers is of the default float type, and an integer beside `bool` is `int64`.
    package func partner(_ scalar: some TensorScalar) -> Tensor {
        let isInteger = scalar.integerValue != nil
        let type: DType =
            dtype.isFloatingPoint || (dtype.isInteger && isInteger)
            ? dtype : isInteger ? .int64 : Settings.defaultFloatType
        return .full([], scalar, dtype: type)
    }
}
