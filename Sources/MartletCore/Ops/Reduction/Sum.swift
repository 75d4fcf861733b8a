import CKernels

/// `Σ x`; that of `bool` and `uint8`, which would soon overflow, as `int64`.
struct Sum: ReductionOp {
    static let name = "sum"
    static let code = MK_REDUCE_SUM
    static let isLinear = true
    let axes: ReducedAxes

    func takes(_ type: DType) -> Bool { !type.isHalf }

    func outputType(for type: DType) -> DType { type == .bool || type == .uint8 ? .int64 : type }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let shape = inputs[0].shape
        guard inputs[0].dtype != outputs[0].dtype else { return reduction(of: inputs[0]) }
        return Kernel { [folded = axes.bits] in
            mk_sum_bytes($0.input(0), $0.output(0), Int32(shape.rank), shape.dimensions, folded)
        }
    }

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
        perform(Sum(axes, of: self, keepDims: keepDims), self)
    }

    /// The sum over one axis.
    public func sum(axis: Int, keepDims: Bool = false) -> Tensor { sum(axes: [axis], keepDims: keepDims) }
}
