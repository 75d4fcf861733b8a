import CKernels

/// Whether every element is true.
struct AllTrue: ReductionOp {
    static let name = "all"
    static let code = MK_REDUCE_ALL
    let axes: ReducedAxes

    func takes(_ type: DType) -> Bool { type == .bool }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        [perform(Sum(axes: axes), inputs[0].logicalNot().cast(to: .int64)) .== 0]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] { samples { SampleInput.uniform($0) .> 0 } }
}

extension Tensor {
    /// Whether every element over `axes` is true (a number: not zero), all when nil; true of nothing.
    public func all(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        perform(AllTrue(axes, of: self, keepDims: keepDims), cast(to: .bool))
    }

    /// Whether every element is true along one axis.
    public func all(axis: Int, keepDims: Bool = false) -> Tensor { all(axes: [axis], keepDims: keepDims) }
}
