import CKernels

/// Each row (line along the last axis) in order, and where its elements were.
struct Sort: KernelOp {
    static let name = "sort"

    let descending: Bool

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].shape.rank >= 1 else { throw OpFailure("Expected a tensor with an axis to sort along.") }
        return [inputs[0], TensorSpec(inputs[0].shape, .int64)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (shape, type) = (inputs[0].shape, inputs[0].dtype.c)
        let (rows, length) = (Int64(shape.outer(shape.rank - 1)), Int64(shape[-1]))
        return Kernel { [descending] in
            mk_sort(type, $0.input(0), $0.output(0), $0.output(1, as: Int64.self), rows, length, descending)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { rowGradient(context) }

    static var samples: [OpSample] {
        [
            OpSample(Sort(descending: false), [SampleInput.distinct([2, 4])], label: "ascending"),
            OpSample(Sort(descending: true), [SampleInput.distinct([5])], label: "descending"),
            OpSample(Sort(descending: false), [SampleInput.distinct([2, 0])], label: "empty"),
        ]
    }
}

/// The k largest elements of each row in descending order, and where they were.
struct TopK: KernelOp {
    static let name = "topK"

    let count: Int

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let shape = inputs[0].shape
        guard shape.rank >= 1, (0...shape[-1]).contains(count) else {
            throw OpFailure("Expected an axis of at least \(count) elements.")
        }
        let result = shape.replacing(shape.rank - 1, by: count)
        return [TensorSpec(result, inputs[0].dtype), TensorSpec(result, .int64)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (shape, type) = (inputs[0].shape, inputs[0].dtype.c)
        let (rows, length) = (Int64(shape.outer(shape.rank - 1)), Int64(shape[-1]))
        return Kernel { [count] in
            mk_top_k(type, $0.input(0), $0.output(0), $0.output(1, as: Int64.self), rows, length, Int64(count), true)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { rowGradient(context) }

    static var samples: [OpSample] {
        [
            OpSample(TopK(count: 2), [SampleInput.distinct([3, 4])], label: "2 of 4"),
            OpSample(TopK(count: 3), [SampleInput.distinct([3])], label: "all"),
            OpSample(TopK(count: 0), [SampleInput.distinct([2, 3])], label: "none"),
        ]
    }
}

/// The gradient goes back to where the values came from.
private func rowGradient(_ context: GradientContext) -> [Tensor?] {
    let shape = context.inputs[0].shape
    return [perform(ScatterAddAlong(axis: shape.rank - 1, size: shape[-1]), context.gradient, context.outputs[1])]
}

/// Where values belong in ascending rows.
struct SearchSorted: KernelOp {
    static let name = "searchSorted"

    let right: Bool

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let (rows, values) = (inputs[0], inputs[1])
        guard rows.shape.rank >= 1, rows.dtype == values.dtype, values.shape.rank == rows.shape.rank,
            rows.shape.dimensions.dropLast() == values.shape.dimensions.dropLast()
        else {
            throw OpFailure("Expected a sorted tensor and values that differ in the last axis only.")
        }
        return [TensorSpec(values.shape, .int64)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (shape, type) = (inputs[0].shape, inputs[0].dtype.c)
        let (rows, length, count) = (Int64(shape.outer(shape.rank - 1)), Int64(shape[-1]), Int64(inputs[1].shape[-1]))
        return Kernel { [right] in
            mk_search_sorted(type, $0.input(0), $0.input(1), $0.output(0, as: Int64.self), rows, length, count, right)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil, nil] }

    static var samples: [OpSample] {
        [
            OpSample(
                SearchSorted(right: false), [Tensor([1.0, 2, 2, 3], dtype: .float64), SampleInput.uniform([5])],
                checked: [false, false], secondOrder: false)
        ]
    }
}

extension Tensor {
    /// The elements in order along `axis`. The order is stable; NaN counts as larger than every number.
    public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
        ordered(axis, "sort") { perform(Sort(descending: descending), [$0]) }[0]
    }

    /// For each place along `axis` of the sorted tensor, the index that its element has in this one.
    public func argsorted(axis: Int = -1, descending: Bool = false) -> Tensor {
        ordered(axis, "sort") { perform(Sort(descending: descending), [$0]) }[1]
    }

    /// The `k` largest elements along `axis` in descending order, and their indices; among equals the lower index
    /// first.
    public func topK(_ k: Int, axis: Int = -1) -> (values: Tensor, indices: Tensor) {
        let results = ordered(axis, "topK") { perform(TopK(count: k), [$0]) }
        return (results[0], results[1])
    }

    /// The median along `axis`, of all elements when nil: the mean of the two middle ones when their number is even.
    public func median(axis: Int? = nil, keepDims: Bool = false) -> Tensor {
        percentile(50, axis: axis, keepDims: keepDims)
    }

    /// The value below which `percent` of 100 parts of the elements along `axis` lie (of all elements when nil),
    /// interpolated linearly between neighbours. NaN where there is a NaN. NumPy's `percentile`.
    public func percentile(_ percent: Double, axis: Int? = nil, keepDims: Bool = false) -> Tensor {
        guard require((0...100).contains(percent), "percentile", "Expected a percentage in 0...100. Received: \(percent).") else {
            return .substitute(spec)
        }
        guard let axis else {
            let result = flattened().percentile(percent, axis: 0)
            return keepDims ? result.reshaped(to: Shape([Int](repeating: 1, count: rank))) : result
        }
        let position = checkedAxis(axis, "percentile")
        let count = shape[position]
        guard require(count > 0, "percentile", "Expected at least one element along axis \(axis). Received: \(spec).") else {
            return .substitute(spec)
        }
        let x = floating
        let ordered = x.sorted(axis: position)
        let place = percent / 100 * Double(count - 1)
        let below = Int(place)
        let fraction = place - Double(below)
        func slice(_ index: Int) -> Tensor { ordered.strided(from: index, by: 1, count: 1, axis: position) }
        var result = slice(below)
        if fraction > 0 {
            let above = slice(below + 1)
            let difference = above - result
            // The difference of infinities is no number.
            result = `where`(
                difference.isFinite(), result + difference * fraction, result * (1 - fraction) + above * fraction)
        }
        // Where there is a NaN, it is the last.
        let last = slice(count - 1)
        result = `where`(last.isNaN(), last, result)
        return keepDims ? result : result.squeezed(axis: position)
    }

    /// For each of `values` the index at which it belongs in this ascending vector, before its equals, or behind them
    /// when `right`. Of higher rank, row by row along the last axis. NumPy's `searchsorted`, PyTorch's for rows.
    public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor {
        let (rows, wanted) = Tensor.promoted(self, values)
        guard rank == 1 else { return perform(SearchSorted(right: right), rows, wanted) }
        return perform(SearchSorted(right: right), rows, wanted.flattened()).reshaped(to: values.shape)
    }

    /// Runs `op`, which works along the last axis, along another one.
    private func ordered(_ axis: Int, _ function: String, _ op: (Tensor) -> [Tensor]) -> [Tensor] {
        let axis = checkedAxis(axis, function)
        return op(movingAxis(axis, to: -1)).map { $0.movingAxis(-1, to: axis) }
    }
}
