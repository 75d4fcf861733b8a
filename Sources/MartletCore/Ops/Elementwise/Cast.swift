import CKernels

/// The same values as another dtype.
struct Cast: ElementwiseOp, MovingOp {
    static let name = "cast"
    let target: DType

    var instruction: mk_op { MK_CAST }
    func outputType(for inputs: [DType]) -> DType? { target }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        if target == .string { throw OpFailure(stringsMessage) }
        return [TensorSpec(inputs[0].shape, target)]
    }

    func substitute(for input: TensorSpec) -> TensorSpec { TensorSpec(input.shape, target) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let source = context.inputs[0].dtype
        return [source.isFloatingPoint ? context.gradient.cast(to: source) : nil]
    }

    // To narrower floats the conversion rounds, which is no linear function to a step as small as the check's.
    static var samples: [OpSample] {
        [OpSample(Cast(target: .float64), [SampleInput.uniform([2, 3])], label: "float64")]
            + DType.allCases.filter { $0 != .float64 }.map {
                OpSample(Cast(target: $0), [SampleInput.uniform([2, 3])], label: $0.name, checked: [false])
            }
    }
}

extension Tensor {
    /// The elements converted to `type`. Floats round to nearest, ties to even; a float becomes an integer by dropping
    /// its fraction and stops at the type's limits (NaN gives 0); integers wrap into narrower ones; to `bool`, what is
    /// not zero is true. The gradient is cast back.
    public func cast(to type: DType) -> Tensor {
        dtype == type ? self : perform(Cast(target: type), self)
    }
}
