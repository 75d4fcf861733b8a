import CKernels

extension Tensor {
    /// The numbers `start`, `start + step`, ... before `end`, each computed by itself: NumPy's `arange`.
    /// - Parameter dtype: `int64` when nil and all three are integers, else the default float type.
    public static func range<Number: TensorScalar>(
        from start: Number, to end: Number, by step: Number, dtype: DType? = nil
    ) -> Tensor {
        let distance = end.doubleValue - start.doubleValue
        guard
            require(
                step.doubleValue != 0 && (distance / step.doubleValue).magnitude < 0x1p62, "range",
                "Expected finite ends and a step that is not too small. Received: from \(start) to \(end) by \(step).")
        else { return .substitute(TensorSpec([0], dtype ?? .int64)) }
        let type = dtype ?? (start.integerValue == nil ? Settings.defaultFloatType : .int64)
        // Numbers with fractions are computed as such, whatever they become.
        let isInteger = start.integerValue != nil && step.integerValue != nil
        let computed: DType =
            type.isHalf ? .float32 : type.isFloatingPoint ? type
            : !isInteger ? .float64 : type == .int32 ? .int32 : .int64
        let count = Swift.max(0, Int((distance / step.doubleValue).rounded(.up)))
        guard let result = Tensor(filledLater: TensorSpec(Shape([count]), computed), "range") else {
            return .substitute(TensorSpec([0], type))
        }
        if let start = start.integerValue, let step = step.integerValue, computed.isInteger {
            mk_arange_int(computed.c, result.mutablePointer, Int64(count), start, step)
        } else {
            mk_arange(computed.c, result.mutablePointer, Int64(count), start.doubleValue, step.doubleValue)
        }
        return type == computed ? result : result.cast(to: type)
    }

    /// The integers of a range, as `int64` unless `dtype` says otherwise.
    public static func range(_ range: Range<Int>, dtype: DType? = nil) -> Tensor {
        .range(from: range.lowerBound, to: range.upperBound, by: 1, dtype: dtype)
    }

    /// `count` numbers from `start` to `end` at equal distances, `end` included unless `endpoint` is false.
    public static func linearSpace(
        from start: Double, to end: Double, count: Int, endpoint: Bool = true, dtype: DType? = nil
    ) -> Tensor {
        let type = dtype ?? Settings.defaultFloatType
        let computed: DType = type.isFloatingPoint && !type.isHalf ? type : .float64
        guard let result = Tensor(filledLater: TensorSpec(Shape([count]), computed), "linearSpace") else {
            return .substitute(TensorSpec([0], type))
        }
        mk_linspace(computed.c, result.mutablePointer, Int64(count), start, end, endpoint)
        return type == computed ? result : result.cast(to: type)
    }

    /// A matrix with ones on diagonal `k` (0 the main one, 1 above it) and zeros elsewhere; square when `columns` is
    /// nil.
    public static func eye(_ rows: Int, _ columns: Int? = nil, k: Int = 0, dtype: DType? = nil) -> Tensor {
        let spec = TensorSpec([rows, columns ?? rows], dtype ?? Settings.defaultFloatType)
        guard let result = Tensor(filledLater: spec, "eye") else { return .substitute(spec) }
        Tensor.ones([], dtype: spec.dtype).withUnsafeBytes { one in
            mk_eye(
                spec.dtype.byteCount, result.mutablePointer, Int64(rows), Int64(columns ?? rows), Int64(k),
                one.baseAddress)
        }
        return result
    }

    /// The identity matrix with `size` rows.
    public static func identity(_ size: Int, dtype: DType? = nil) -> Tensor { eye(size, dtype: dtype) }

    /// How the first two axes of `meshgrid` are ordered.
    public enum GridIndexing: Sendable {
        /// Cartesian: the first vector runs along axis 1, the second along axis 0.
        case xy
        /// Matrix: vector i runs along axis i.
        case ij
    }

    /// The coordinates of a grid: for each vector a tensor that holds its value at every place of the grid.
    public static func meshgrid(_ vectors: [Tensor], indexing: GridIndexing = .xy) -> [Tensor] {
        for vector in vectors { require(vector.rank <= 1, "meshgrid", "Expected vectors. Received: \(vector.spec).") }
        var axes = Array(vectors.indices)
        if indexing == .xy && vectors.count >= 2 { axes.swapAt(0, 1) }
        let shape = Shape(axes.map { vectors[$0].elementCount })
        return vectors.indices.map { index in
            var sizes = [Int](repeating: 1, count: vectors.count)
            sizes[axes[index]] = vectors[index].elementCount
            return vectors[index].reshaped(to: Shape(sizes)).broadcast(to: shape)
        }
    }
}
