/// A branch or a loop's body: a graph without variables, which runs as often as it is asked.
final class Subfunction: Sendable {
    let graph: Graph
    private let made = Guarded<(executables: ExecutablePool?, derivative: Subfunction?)>((nil, nil))

    init(_ graph: Graph) { self.graph = graph }

    /// A function of its inputs alone.
    convenience init(_ specs: [TensorSpec], _ body: ([Tensor]) -> [Tensor]) {
        self.init(Context.current.outsideTrace { Trace.run(specs, body).graph })
    }

    var inputSpecs: [TensorSpec] { graph.inputs.map { graph.specs[$0] } }
    var resultSpecs: [TensorSpec] { graph.results.map { graph.specs[$0] } }

    /// Fails unless the tensors that become its inputs have the specs that it was traced for.
    func check(_ inputs: [TensorSpec]) throws(OpFailure) {
        guard inputs == inputSpecs else { throw OpFailure("Expected what the closure was traced for: \(inputSpecs).") }
    }

    /// Runs the graph on `inputs` and leaves its results in `outputs`.
    func run(_ inputs: [Tensor], into outputs: [Tensor]) throws(OpFailure) {
        try KernelMemory.with(inputs, outputs) { (memory) throws(OpFailure) in try run(memory) }
    }

    /// Runs the graph on arguments and leaves its results where `memory` says.
    func run(_ memory: KernelMemory) throws(OpFailure) {
        let executables = try made.withLock { (made) throws(OpFailure) in
            if let executables = made.executables { return executables }
            let executables = ExecutablePool(try Executable(graph, name: "branch"))
            made.executables = executables
            return executables
        }
        try executables.withExecutable { (executable) throws(OpFailure) in try executable.run(memory) }
    }

    /// The gradients of the floating-point inputs, in order, for the gradients of the floating-point results; zeros for
    /// inputs that nothing depends on.
    func gradients(_ inputs: [Tensor], _ upstream: [Tensor]) -> [Tensor] {
        let arguments = inputs.map(\.distinct)
        return MartletCore.gradients(at: arguments.filter(\.dtype.isFloatingPoint), upstream: upstream) {
            graph.replay(arguments).filter(\.dtype.isFloatingPoint)
        }
    }

    /// `gradients` as a function of the inputs and, behind them, the gradients of the floating-point results.
    var derivative: Subfunction {
        made.withLock { made in
            let derivative =
                made.derivative
                ?? Subfunction(inputSpecs + resultSpecs.filter(\.dtype.isFloatingPoint)) { [self] arguments in
                    gradients(Array(arguments[..<graph.inputs.count]), Array(arguments[graph.inputs.count...]))
                }
            made.derivative = derivative
            return derivative
        }
    }
}

extension Subfunction: Hashable {
    static func == (a: Subfunction, b: Subfunction) -> Bool { a === b }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension GradientContext {
    /// The gradients of the floating-point outputs, zeros where none flows.
    var floatingOutputGradients: [Tensor] {
        outputs.indices.filter { outputs[$0].dtype.isFloatingPoint }.map(gradient(ofOutput:))
    }
}

extension Tensor {
    /// The same tensor with a handle of its own, so that a tape tells it from another use of it; tapes that record know that
    /// it is the same.
    var distinct: Tensor { perform(Reshape(shape: shape), self) }
}

/// Gradients of the floating-point tensors among `inputs`, put where their inputs stand.
func spread(_ gradients: [Tensor], over inputs: [Tensor]) -> [Tensor?] {
    var next = gradients.makeIterator()
    return inputs.map { $0.dtype.isFloatingPoint ? next.next() : nil }
}
