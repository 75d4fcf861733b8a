import CKernels

/// `Σ x / n`
struct Mean: ReductionOp {
    static let name = "mean"
    static let code = MK_REDUCE_MEAN
    static let isLinear = true
    let axes: ReducedAxes

    func takes(_ type: DType) -> Bool { type == .float32 || type == .float64 }

    func formula(_ inputs: [Tensor]) -> [Tensor]? { [perform(Sum(axes: axes), inputs[0]) / axes.count(in: inputs[0].shape)] }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let x = context.inputs[0]
        return [(expanded(context.gradient, for: x) / axes.count(in: x.shape)).broadcast(to: x.shape)]
    }

    static var samples: [OpSample] { samples { SampleInput.uniform($0) } }
}

extension Tensor {
    /// The mean over `axes`, all when nil; NaN of nothing. That of integers is of the default float type.
    public func mean(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        perform(Mean(axes, of: self, keepDims: keepDims), floating)
    }

    /// The mean over one axis.
    public func mean(axis: Int, keepDims: Bool = false) -> Tensor { mean(axes: [axis], keepDims: keepDims) }
}
