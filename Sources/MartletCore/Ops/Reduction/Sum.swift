import CKernels

/// `Σ x`
struct Sum: ReductionOp {
    static let name = "sum"
    static let code = MK_REDUCE_SUM
    static let isLinear = true
    let axes: ReducedAxes

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let x = context.inputs[0]
        return [expanded(context.gradient, for: x).broadcast(to: x.shape)]
    }

    static var samples: [OpSample] { samples { SampleInput.uniform($0) } + emptySamples }
    private static var emptySamples: [OpSample] {
        [OpSample(Sum(axes: ReducedAxes([0])), [SampleInput.uniform([0, 2])], label: "nothing")]
    }
}

extension Tensor {
    /// The sum over `axes`, all when nil; 0 of nothing. `bool` and `uint8` are summed as `int64`; other integers wrap.
    ///
    /// Floats are summed pairwise in blocks of fixed size: accurate, and with the same bits on any number of threads.
    public func sum(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        perform(Sum(axes, of: self, keepDims: keepDims), accumulable)
    }

    /// The sum over one axis.
    public func sum(axis: Int, keepDims: Bool = false) -> Tensor { sum(axes: [axis], keepDims: keepDims) }
}
