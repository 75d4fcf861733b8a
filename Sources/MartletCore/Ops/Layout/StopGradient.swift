/// The same values, constant to every derivative; shares memory.
struct StopGradient: ViewOp {
    static let name = "stopGradient"
    static let isDifferentiable = false

    func outputs(for inputs: [TensorSpec]) -> [TensorSpec] { [inputs[0]] }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] {
        [OpSample(StopGradient(), [SampleInput.uniform([2, 3])], checked: [false], secondOrder: false)]
    }
}
