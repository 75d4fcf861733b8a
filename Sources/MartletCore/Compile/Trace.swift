import Synchronization

/// A function being traced: its ops are taken down instead of performed, tapes and variables work as ever.
///
/// Ops on tensors that do not follow from the function's inputs or from variables are performed at once, and their results
/// are constants of the graph.
package final class Trace {
    private static let count = Atomic(0)

    private let id = Trace.count.add(1, ordering: .relaxed).newValue
    /// The trace around a branch or a loop's body, which takes what it needs from there as further inputs.
    private let parent: Trace?
    /// The tapes that record around a branch or a loop's body.
    private let outerTapes: [GradientTape]
    private(set) var graph = Graph()
    /// The tensors of the trace around that are read here, in the order of the inputs that stand for them, which come
    /// behind the others.
    private(set) var captures: [Tensor] = []
    private var captured: [Symbol: Tensor] = [:]
    private var constants: [ObjectIdentifier: Int] = [:]
    private var variables: [ObjectIdentifier: (variable: Variable, value: Tensor, isAssigned: Bool)] = [:]
    private var assignments: [Variable] = []
    private var dependencies: [ObjectIdentifier: TracedSettings] = [:]
    /// What a variable holds when the function begins, made of what stands for its value; nil where it is that.
    package var firstValue: ((Variable, Tensor) -> Tensor)?
    /// The variables that change after the function, which must not read them any more.
    private var outdated: Set<ObjectIdentifier> = []

    private init(parent: Trace?, outerTapes: [GradientTape]) {
        self.parent = parent
        self.outerTapes = outerTapes
    }

    /// What tracing gives.
    struct Result {
        var graph: Graph
        var captures: [Tensor]
        /// The variables that a nested trace assigned, in the order of their first assignments. Their values are the last
        /// results of the graph.
        let assigned: [Variable]
    }

    /// Traces a whole function on symbols of these specs; what it assigns to variables are the graph's updates.
    /// - Returns: the graph, and the settings that it depends on.
    static func run(
        _ specs: [TensorSpec], _ body: ([Tensor]) -> [Tensor]
    ) -> (graph: Graph, settings: [TracedSettings]) {
        let trace = Trace(parent: nil, outerTapes: [])
        trace.depends(on: Settings.traced)
        let results = trace.call(body, specs.map(trace.input))
        trace.graph.results = results.map(trace.value(of:))
        if Context.current.hasFailed { return (trace.graph, []) }
        for variable in trace.assignments {
            let value = trace.value(of: trace.variables[ObjectIdentifier(variable)]!.value)
            trace.graph.updates.append(Graph.Update(variable: variable, value: value))
        }
        return (
            trace.graph,
            trace.dependencies.values.map {
                var settings = $0
                settings.settle()
                return settings
            })
    }

    /// What a function computes on symbols of these specs, for those who write it down elsewhere.
    package static func graph(_ specs: [TensorSpec], _ body: ([Tensor]) -> [Tensor]) -> Graph {
        Context.current.outsideTrace { run(specs, body).graph }
    }

    /// Notes that the trace depends on an object's settings. To be called before they are read.
    package func depends(on object: AnyObject) {
        if let parent { return parent.depends(on: object) }
        if dependencies[ObjectIdentifier(object)] == nil {
            dependencies[ObjectIdentifier(object)] = TracedSettings(object)
        }
    }

    /// Notes that the trace depends on a part of a layer or an optimizer, which is an object or an immutable value.
    package func depends(onPart part: Any) {
        if type(of: part) is AnyClass { depends(on: part as AnyObject) }
    }

    /// Takes the assignments out of the function: when it runs, the variables keep their values. What they would hold is for the
    /// caller to return.
    package func takeAssignments() -> [(variable: Variable, value: Tensor)] {
        defer { assignments = [] }
        return assignments.map { ($0, variables.removeValue(forKey: ObjectIdentifier($0))!.value) }
    }

    /// Notes that variables change after the function: reading them from here on is a failure.
    package func noteLaterUpdate(of variables: [Variable]) { outdated.formUnion(variables.map(ObjectIdentifier.init)) }

    /// Traces a branch or a loop's body within the present trace, if there is one.
    /// - Parameter carried: variables whose values are further inputs, behind those of `specs`, and further results.
    static func runNested(
        _ specs: [TensorSpec], carrying carried: [Variable] = [], _ body: ([Tensor]) -> [Tensor]
    ) -> Result {
        let context = Context.current
        let trace = Trace(parent: context.trace, outerTapes: context.tapes)
        let inputs = specs.map(trace.input)
        let values = carried.map { trace.input($0.spec) }
        let results = trace.call({ inputs in
            // As everywhere, no gradient flows through an assignment.
            for (variable, value) in zip(carried, values) {
                trace.variables[ObjectIdentifier(variable)] = (variable, value.stopGradient(), false)
            }
            return body(inputs)
        }, inputs)
        let assigned = trace.assignments.filter { one in !carried.contains { $0 === one } }
        trace.graph.results =
            (results + (carried + assigned).map { trace.variables[ObjectIdentifier($0)]!.value }).map(trace.value(of:))
        return Result(graph: trace.graph, captures: trace.captures, assigned: assigned)
    }

    private func input(_ spec: TensorSpec) -> Tensor {
        Tensor(Symbol(trace: id, value: graph.addInput(spec)), spec)
    }

    private func call(_ body: ([Tensor]) -> [Tensor], _ arguments: [Tensor]) -> [Tensor] {
        let context = Context.current
        let saved = context.trace
        context.trace = self
        defer { context.trace = saved }
        // What the body computes belongs to the body; tapes around it record the whole.
        return context.withTapes([]) { body(arguments) }
    }

    /// Takes an op down.
    func add<O: Op>(_ op: O, _ inputs: [Tensor], _ outputs: [TensorSpec]) -> [Tensor] {
        let values = graph.addNode(op, inputs.map(value(of:)), outputs, layerPath: Context.current.layerPath)
        return zip(values, outputs).map { Tensor(Symbol(trace: id, value: $0), $1) }
    }

    /// The graph's value for a tensor.
    private func value(of tensor: Tensor) -> Int {
        // After a failure nothing runs the graph, which only has to be whole.
        if tensor.symbol == .failed { return graph.addInput(tensor.spec) }
        guard let symbol = tensor.symbol else {
            if let known = constants[tensor.id] { return known }
            // The graph holds the tensor, so its address stays its own.
            let value = graph.addConstant(tensor)
            constants[tensor.id] = value
            return value
        }
        if symbol.trace == id { return symbol.value }
        return capture(tensor, symbol).symbol!.value
    }

    /// The input that stands for a tensor of the trace around.
    private func capture(_ tensor: Tensor, _ symbol: Symbol) -> Tensor {
        if let known = captured[symbol] { return known }
        guard let parent else {
            fail(
                "compiled",
                "A tensor of another function that was being compiled, \(tensor.spec), is used here, where it has no "
                    + "elements. Return it from that function, or assign it to a Variable.")
            return input(tensor.spec)
        }
        let outer = symbol.trace == parent.id ? tensor : parent.capture(tensor, symbol)
        let input = input(tensor.spec)
        captures.append(outer)
        captured[symbol] = input
        return input
    }

    /// What stands for a variable's value.
    func value(of variable: Variable) -> Tensor {
        if outdated.contains(ObjectIdentifier(variable)) {
            fail(
                "trainStep",
                "Within a strategy weights change after the step. Expected a step that does not read \"\(variable.path)\" after "
                    + "its optimizer's apply: take all gradients first, or make a step of each.")
        }
        if let known = variables[ObjectIdentifier(variable)] { return known.value }
        let value: Tensor
        if let parent {
            let outer = parent.value(of: variable)
            if variable.isTrainable {
                for tape in outerTapes where tape.watchesVariables { tape.noteRead(of: variable, value: outer) }
            }
            value = outer.symbol.map { capture(outer, $0) } ?? outer
        } else {
            let held = Tensor(Symbol(trace: id, value: graph.addVariable(variable)), variable.spec)
            value = firstValue.map { first in call({ [first(variable, $0[0])] }, [held])[0] } ?? held
        }
        variables[ObjectIdentifier(variable)] = (variable, value, false)
        return value
    }

    /// Notes that a variable holds another value from here on.
    func assign(_ value: Tensor, to variable: Variable) {
        if variables[ObjectIdentifier(variable)]?.isAssigned != true { assignments.append(variable) }
        // A tape that sees the function called is kept off by the handle of its own that an assigned value has; one on which
        // a branch or a loop's body is replayed sees the graph alone.
        let kept = parent == nil || value.symbol == nil ? value : value.stopGradient()
        variables[ObjectIdentifier(variable)] = (variable, kept, true)
    }
}
