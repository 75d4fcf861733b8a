extension Tensor {
    /// The indices of the elements that are not zero (or are true), in row-major order: shape `[count, rank]`.
    /// Its shape depends on values, so it cannot be part of a compiled function. TensorFlow's `where` of one argument.
    public func nonZeroIndices() -> Tensor {
        let flags: [Bool] = scalars()
        let (strides, sizes) = (shape.strides, shape.dimensions)
        var result: [Int] = []
        for (place, flag) in flags.enumerated() where flag {
            for axis in sizes.indices { result.append(place / strides[axis] % sizes[axis]) }
        }
        return Tensor(result, shape: [rank == 0 ? (flags[0] ? 1 : 0) : result.count / rank, rank])
    }

    /// The elements (or slices) where `mask`, whose sizes are those of this tensor's first axes, is true: shape
    /// `[count] + the other axes`. Its shape depends on values, so it cannot be part of a compiled function.
    public func booleanMask(_ mask: Tensor) -> Tensor {
        require(
            mask.dtype == .bool && mask.rank <= rank && mask.shape.dimensions[...] == shape.dimensions[..<mask.rank],
            "booleanMask", "Expected a bool mask with the sizes of the first axes of \(spec). Received: \(mask.spec).")
        return gatheredND(at: mask.nonZeroIndices())
    }

    /// The different elements in ascending order; for each element its place among them (in this tensor's shape); and
    /// how often each occurs. Every NaN is an element of its own. The shape depends on values, so it cannot be part of
    /// a compiled function. NumPy's `unique`.
    public func unique() -> (values: Tensor, inverse: Tensor, counts: Tensor) {
        let results = perform(Sort(descending: false), [flattened()])
        let order: [Int] = results[1].scalars()
        guard let first = order.first else { return (results[0], results[1].reshaped(to: shape), results[1]) }
        let isNew = (results[0][1...] .!= results[0][..<(elementCount - 1)]).scalars(as: Bool.self)
        var (starts, inverse, counts) = ([0], [Int](repeating: 0, count: order.count), [1])
        inverse[first] = 0
        for (place, isNew) in zip(1..., isNew) {
            if isNew {
                starts.append(place)
                counts.append(0)
            }
            inverse[order[place]] = starts.count - 1
            counts[counts.count - 1] += 1
        }
        return (results[0].gathered(at: Tensor(starts)), Tensor(inverse, shape: shape), Tensor(counts))
    }

    /// How often each of 0, 1, ... occurs: a vector of `depth` counts, or of the largest number plus one (and at least
    /// `minLength`) when `depth` is nil. With `weights`, the sums of the weights instead of counts. NumPy's `bincount`.
    ///
    /// Stops when a number is negative or not below `depth`.
    public func bincount(weights: Tensor? = nil, minLength: Int = 0, depth: Int? = nil) -> Tensor {
        require(dtype.isInteger, "bincount", "Expected integers. Received: \(spec).")
        require(
            weights.map { $0.shape == shape } ?? true, "bincount",
            "Expected a weight for each number. "
                + "Received: \(spec) and weights \(weights.map(\.spec.description) ?? "").")
        let numbers: [Int] = scalars()
        if let least = numbers.min(), least < 0 {
            fail("bincount", "Expected numbers of 0 or more. Received: \(least).")
        }
        let size = depth ?? Swift.max(minLength, (numbers.max() ?? -1) + 1)
        let updates = weights ?? .ones(shape, dtype: .int64)
        return perform(ScatterAdd(axis: 0, size: size), updates.flattened(), flattened().asIndices)
    }
}
