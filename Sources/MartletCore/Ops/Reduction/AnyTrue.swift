import CKernels

/// Whether one element is true.
struct AnyTrue: ReductionOp {
    static let name = "any"
    static let code = MK_REDUCE_ANY
    let axes: ReducedAxes

    func takes(_ type: DType) -> Bool { type == .bool }

    func formula(_ inputs: [Tensor]) -> [Tensor]? { [perform(Sum(axes: axes), inputs[0].cast(to: .int64)) .!= 0] }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] { samples { SampleInput.uniform($0) .> 0 } }
}

extension Tensor {
    /// Whether one of the elements over `axes` is true (a number: not zero), all when nil; false of nothing.
    public func any(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        perform(AnyTrue(axes, of: self, keepDims: keepDims), cast(to: .bool))
    }

    /// Whether one element is true along one axis.
    public func any(axis: Int, keepDims: Bool = false) -> Tensor { any(axes: [axis], keepDims: keepDims) }
}
