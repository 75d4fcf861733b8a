/// A primitive operation on tensors, described in one place: name, shape rule, gradient, check samples, and beside them how a
/// device computes it.
///
/// A conforming type is a small value that holds the op's attributes (axes, strides, ...): equal values compute the same, so
/// that a graph computes them once. One file holds it, together with the public functions that users call, and one line in
/// `OpRegistry` lists it.
///
/// A type does not conform to `Op` alone, but to one of the protocols that say how it is lowered: `KernelOp`, `ViewOp` or
/// `FormulaOp`.
package protocol Op: Sendable, Hashable {
    /// The op's name in messages, reports and graphs, in Swift's spelling: `logSoftmax`.
    static var name: String { get }

    /// Whether the op is linear in its floating-point inputs taken together, so that its gradient is its adjoint and
    /// the check demands it exactly.
    static var isLinear: Bool { get }

    /// Whether a gradient may flow through the op. Tapes do not record one through which none does, nor, therefore, what is
    /// computed from its outputs alone.
    static var isDifferentiable: Bool { get }

    /// Whether inputs may be strings. Other ops refuse them.
    static var takesStrings: Bool { get }

    /// What a device has to do. The protocols above say it.
    static var form: OpForm { get }

    /// The outputs' shapes and dtypes, or why there are none.
    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec]

    /// How many outputs the op has: for results of a call that failed.
    var outputCount: Int { get }

    /// The spec of what stands for an output after a failure, from that of the first input: the same, unless callers may
    /// go on until a rank or a dtype is what they asked for.
    func substitute(for input: TensorSpec) -> TensorSpec

    /// The CPU's kernel for inputs and outputs of these specs, nil for an op of another form.
    func makeKernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel?

    /// Runs the CPU's kernel once, as eager ops do.
    func runOnce(_ inputs: [TensorSpec], _ outputs: [TensorSpec], _ memory: KernelMemory) throws(OpFailure)

    /// The dtype in which the op computes on an input of `type`. Where it is another, devices cast before and after.
    static func computeType(for type: DType) -> DType

    /// The dtypes in which the kernel reads inputs of these specs, some of which have 16 bits: those in which it computes, unless
    /// it reads some as they are. The output has the dtype of `computeType`.
    func operandTypes(_ inputs: [TensorSpec]) -> [DType]

    /// Whether each element of an input is read before the element at the same place of an output is written, so that
    /// the one may lie over the other.
    func mayOverwrite(_ input: Int) -> Bool

    /// Whether each floating-point element of the outputs is an element of an input, its negative, or 0, so that what was
    /// rounded to fewer bits has no more of them afterwards.
    var choosesElements: Bool { get }

    /// The op written with simpler ones, nil where it is a primitive: for devices that have no kernel for it.
    func formula(_ inputs: [Tensor]) -> [Tensor]?

    /// The floating-point operations of a run, for profiles: additions, multiplications, comparisons and values of
    /// functions count one each, products with padding too. 0 for an op that only moves numbers.
    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int

    /// The bytes of a run, for profiles: what must be read and written at least, each number once.
    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int

    /// The gradient of each input, nil for those that have none; written with ops, so that it has a gradient itself.
    func gradient(_ context: GradientContext) -> [Tensor?]

    /// Inputs for the gradient check and for every other test that runs over all ops: all dtypes of attributes,
    /// broadcast and degenerate shapes, off kinks.
    static var samples: [OpSample] { get }
}

/// What a device does to compute an op.
package enum OpForm {
    /// Runs a kernel.
    case kernel
    /// Nothing: the output is the first input's memory under another shape.
    case view
    /// Runs other ops in its place.
    case formula
}

extension Op {
    package func runOnce(
        _ inputs: [TensorSpec], _ outputs: [TensorSpec], _ memory: KernelMemory
    ) throws(OpFailure) {
        guard let kernel = makeKernel(inputs, outputs) else { throw OpFailure("The CPU has no kernel for it.") }
        try kernel.run(memory)
    }
    package var outputCount: Int { 1 }
    package func substitute(for input: TensorSpec) -> TensorSpec { input }
    package static var isLinear: Bool { false }
    package static var isDifferentiable: Bool { true }
    package static var takesStrings: Bool { false }
    package static func computeType(for type: DType) -> DType { type.isHalf ? .float32 : type }
    package func operandTypes(_ inputs: [TensorSpec]) -> [DType] { inputs.map { Self.computeType(for: $0.dtype) } }
    package func mayOverwrite(_ input: Int) -> Bool { false }
    package var choosesElements: Bool { false }
    package func formula(_ inputs: [Tensor]) -> [Tensor]? { nil }
    package func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 0 }
    package func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        (inputs + outputs).reduce(0) { $0 + $1.byteCount }
    }
}

extension Op {
    /// The op's attributes by name, as it holds them: for printers and exporters.
    package var attributes: [(name: String, value: Any)] {
        Mirror(reflecting: self).children.map { ($0.label ?? "", $0.value) }
    }
}

/// An op that the CPU has a kernel for.
package protocol KernelOp: Op {
    /// The kernel for inputs and outputs of these specs, which the shape rule gave.
    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel
}

extension KernelOp {
    package static var form: OpForm { .kernel }
    package func makeKernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel? { kernel(inputs, outputs) }
}

/// An op whose output is the first input's memory under another shape.
package protocol ViewOp: MovingOp {}

extension ViewOp {
    package static var form: OpForm { .view }
    package static var takesStrings: Bool { true }
    package var choosesElements: Bool { true }
    package func makeKernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel? { nil }
}

/// An op that is always computed by others: it has a name, a rule and a gradient of its own, but no kernel.
package protocol FormulaOp: Op {}

extension FormulaOp {
    package static var form: OpForm { .formula }
    package func makeKernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel? { nil }
}

/// An op that moves elements and does not look at them: it takes every dtype as it is.
package protocol MovingOp: Op {}

extension MovingOp {
    package static func computeType(for type: DType) -> DType { type }
}

/// What the gradient of an op may use.
package struct GradientContext {
    package let inputs: [Tensor]
    package let outputs: [Tensor]
    /// The gradient that flows into each output, nil where none does.
    package let outputGradients: [Tensor?]
    /// Which inputs' gradients are wanted; the others may be left nil to save the work.
    package let needs: [Bool]

    package init(inputs: [Tensor], outputs: [Tensor], outputGradients: [Tensor?], needs: [Bool]) {
        self.inputs = inputs
        self.outputs = outputs
        self.outputGradients = outputGradients
        self.needs = needs
    }

    /// The gradient that flows into the first output. An op of one output is only asked when there is one.
    package var gradient: Tensor { gradient(ofOutput: 0) }

    /// The gradient that flows into an output, zeros where none does.
    package func gradient(ofOutput index: Int) -> Tensor {
        outputGradients[index] ?? Tensor.zeros(outputs[index].shape, dtype: outputs[index].dtype)
    }
}

/// One configuration of an op with inputs to check it on.
package struct OpSample: Sendable {
    /// Distinguishes the samples of an op in reports.
    package let label: String
    package let op: any Op
    /// Floating-point inputs are `float64`.
    package let inputs: [Tensor]
    /// Which inputs the gradient check varies; by default all floating-point ones.
    package let checked: [Bool]
    /// Whether second derivatives are checked too (off only where they do not exist).
    package let secondOrder: Bool

    package init(
        _ op: any Op, _ inputs: [Tensor], label: String = "", checked: [Bool]? = nil, secondOrder: Bool = true
    ) {
        self.label = label
        self.op = op
        self.inputs = inputs
        self.checked = checked ?? inputs.map(\.dtype.isFloatingPoint)
        self.secondOrder = secondOrder
    }
}
