import CKernels

/// `Π x`
struct Product: ReductionOp {
    static let name = "product"
    static let code = MK_REDUCE_PROD
    let axes: ReducedAxes

    /// Each element's gradient is the product of the others: of those before it and of those after it. A division of
    /// the whole product by the element would fail at zeros.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let x = context.inputs[0]
        let remaining = axes.remaining(of: x.shape)
        let order = remaining + axes.axes
        let moved = x.transposed(permutation: order)
        let rows = moved.reshaped(to: [remaining.reduce(1) { $0 * x.shape[$1] }, axes.count(in: x.shape)])
        let others =
            rows.cumulativeProduct(axis: 1, exclusive: true)
            * rows.cumulativeProduct(axis: 1, exclusive: true, reverse: true)
        let inverse = order.indices.map { order.firstIndex(of: $0)! }
        let derivative = others.reshaped(to: moved.shape).transposed(permutation: inverse)
        return [expanded(context.gradient, for: x) * derivative]
    }

    static var samples: [OpSample] {
        let zeros = Tensor([1.5, 0, 0.5, 0, -2, 0], shape: [3, 2])
        return samples { SampleInput.uniform($0) }
            + [OpSample(Product(axes: ReducedAxes([0])), [zeros], label: "one and two zeros")]
    }
}

extension Tensor {
    /// The product over `axes`, all when nil; 1 of nothing. `bool` and `uint8` are multiplied as `int64`; other
    /// integers wrap. The gradient is right where elements are 0, too.
    public func product(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        perform(Product(axes, of: self, keepDims: keepDims), accumulable)
    }

    /// The product over one axis.
    public func product(axis: Int, keepDims: Bool = false) -> Tensor { product(axes: [axis], keepDims: keepDims) }
}
