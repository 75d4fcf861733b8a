import CKernels

/// `yᵢ = Σ xₖ` over k up to i
struct CumulativeSum: ScanOp {
    static let name = "cumulativeSum"
    static let code = MK_CUMSUM
    static let isLinear = true
    let axis: Int
    let exclusive: Bool
    let reverse: Bool

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [context.gradient.cumulativeSum(axis: axis, exclusive: exclusive, reverse: !reverse)]
    }

    static var samples: [OpSample] { samples(exclusive: [false, true]) { SampleInput.uniform($0) } }
}

extension Tensor {
    /// The sum of the elements along `axis` up to each one, itself included unless `exclusive`; from the end when
    /// `reverse`. `bool` and `uint8` are summed as `int64`.
    public func cumulativeSum(axis: Int, exclusive: Bool = false, reverse: Bool = false) -> Tensor {
        CumulativeSum.apply(to: self, axis: axis, exclusive: exclusive, reverse: reverse)
    }
}
