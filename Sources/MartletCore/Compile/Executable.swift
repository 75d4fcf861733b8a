import CKernels

/// A graph ready to run: its ops in order, over tensors whose memory is laid out once. One thread runs it at a time, which the
/// pool that holds it sees to.
///
/// A run takes no memory, except for a result that its last receiver still holds, and for a variable whose old value
/// somebody holds.
package final class Executable: @unchecked Sendable {
    private struct Step {
        let op: any Op
        let kernel: Kernel
        let memory: KernelMemory
        let inputs: [TensorSpec]
        let layerPath: [String]
        /// Where the second input holds weights that the graph only reads: what is laid out of them, and the variable.
        let weights: (laidOut: LaidOutWeights, variable: Int)?
    }

    /// The function that the graph was made of.
    package let name: String
    /// The simplified, fused graph that runs.
    package let graph: Graph
    private let steps: [Step]
    /// The memory of the values in between.
    private let arena: Buffer
    /// Where the operands of all steps lie, step after step. Those of arguments, variables and results are put in anew for
    /// each run.
    private let places: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let inputs: [Binding]
    private let variables: [VariableSlot]
    private let results: [Binding]
    /// What is copied when all steps have run: results first, then updates.
    private let copies: [(source: Int, target: Int, byteCount: Int)]
    /// What the last run handed out: its memory is used again when nobody holds it any more.
    private var handedOut: [Tensor] = []

    /// The places of one value whose memory may be another at each run.
    private final class Binding {
        var places: [Int] = []
        private var last: UnsafeMutableRawPointer?

        func bind(_ memory: UnsafeMutableRawPointer, in all: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
            if memory == last { return }
            for place in places { all[place] = memory }
            last = memory
        }
    }

    private struct VariableSlot {
        let variable: Variable
        let old = Binding()
        let new = Binding()
        let isUpdated: Bool
    }

    /// In which order runs take the variables.
    private let borrowOrder: [Int]
    /// The values of the variables that are only read, while a run reads them.
    private var held: [Tensor?]
    /// Their versions.
    private var versions: [Int]

    /// Fails when there is no memory for it.
    package convenience init(_ traced: Graph, name: String) throws(OpFailure) {
        try self.init(
            planning: traced.simplified().fused().withRowsRead().withUpdatesComputed().sparing(), name: name, beside: nil)
    }

    /// The same graph over memory of its own, so that another thread can run it at the same time.
    convenience init(beside other: Executable) throws(OpFailure) {
        try self.init(planning: other.graph, name: other.name, beside: other)
    }

    private init(planning graph: Graph, name: String, beside other: Executable?) throws(OpFailure) {
        self.name = name
        self.graph = graph
        let plan = MemoryPlan(graph)
        try MemoryBudget.check(byteCount: graph.results.reduce(plan.arenaSize) { $0 + graph.specs[$1].byteCount })
        let arena = Buffer(byteCount: plan.arenaSize)
        self.arena = arena
        let updated = Set(graph.updates.map { ObjectIdentifier($0.variable) })
        let inputs = graph.inputs.map { _ in Binding() }
        let slots = plan.variables.map { VariableSlot(variable: $0, isUpdated: updated.contains(ObjectIdentifier($0))) }
        let results = graph.results.map { _ in Binding() }

        let copied = plan.copiedResults.map { (graph.results[$0], results[$0]) }
            + plan.copiedUpdates.map { index in
                let update = graph.updates[index]
                return (update.value, slots[plan.variables.firstIndex { $0 === update.variable }!].new)
            }
        let nodes = graph.steps
        let count = nodes.reduce(2 * copied.count) { $0 + $1.inputs.count + $1.outputs.count }
        let places = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: max(count, 1))
        places.initialize(repeating: nil, count: max(count, 1))
        var next = 0
        /// Gives a value the next place.
        func place(_ value: Int) -> Int {
            func binding(_ binding: Binding) -> UnsafeMutableRawPointer? {
                binding.places.append(next)
                return nil
            }
            places[next] =
                switch plan.storage[value] {
                case .input(let index): binding(inputs[index])
                case .constant(let source): graph.constant(source).mutablePointer
                case .variable(let number): binding(slots[number].isUpdated ? slots[number].old : slots[number].new)
                case .updated(let number): binding(slots[number].new)
                case .result(let number): binding(results[number])
                case .arena(let offset): arena.pointer + offset
                }
            next += 1
            return next - 1
        }
        steps = nodes.enumerated().map { step, node in
            let first = next
            for value in node.inputs + node.outputs { _ = place(value) }
            let sources = UnsafeRawPointer(places + first).assumingMemoryBound(to: UnsafeRawPointer?.self)
            let (inputs, outputs) = (node.inputs.map { graph.specs[$0] }, node.outputs.map { graph.specs[$0] })
            guard let kernel = node.op.makeKernel(inputs, outputs) else {
                stop(type(of: node.op).name, "The CPU has no kernel for this op.")
            }
            var weights: (LaidOutWeights, Int)?
            if case .weighted(let layOut, let run) = kernel, case .variable(let number) = plan.storage[node.inputs[1]],
                !slots[number].isUpdated
            {
                weights = (other?.steps[step].weights?.laidOut ?? LaidOutWeights(layOut, run), number)
            }
            return Step(
                op: node.op, kernel: kernel, memory: KernelMemory(sources, places + first + node.inputs.count), inputs: inputs,
                layerPath: node.layerPath, weights: weights)
        }
        copies = copied.map { value, target in
            let source = place(value)
            target.places.append(next)
            next += 1
            return (source, next - 1, graph.specs[value].byteCount)
        }
        self.places = places
        self.inputs = inputs
        variables = slots
        self.results = results
        held = slots.map { _ in nil }
        versions = slots.map { _ in 0 }
        borrowOrder = slots.indices.sorted {
            ObjectIdentifier(slots[$0].variable) < ObjectIdentifier(slots[$1].variable)
        }
    }

    deinit { places.deallocate() }

    /// The variables that a run changes.
    var updatedVariables: [Variable] { variables.filter(\.isUpdated).map(\.variable) }

    /// The bytes of the values in between.
    package var arenaSize: Int { arena.byteCount }

    /// Runs the graph on tensors of its inputs' specs. Fails where a kernel does; variables that no step has reached keep
    /// their values.
    package func run(_ arguments: [Tensor]) throws(OpFailure) -> [Tensor] {
        prepareResults()
        for (binding, argument) in zip(inputs, arguments) { binding.bind(argument.mutablePointer, in: places) }
        for (binding, result) in zip(results, handedOut) { binding.bind(result.mutablePointer, in: places) }
        defer { withExtendedLifetime(arguments) {} }
        try execute()
        return handedOut
    }

    /// Runs the graph on arguments and leaves its results where `memory` says.
    func run(_ memory: KernelMemory) throws(OpFailure) {
        for (number, binding) in inputs.enumerated() {
            binding.bind(UnsafeMutableRawPointer(mutating: memory.input(number)), in: places)
        }
        for (number, binding) in results.enumerated() { binding.bind(memory.output(number), in: places) }
        try execute()
    }

    private func prepareResults() {
        if handedOut.isEmpty {
            handedOut = graph.results.map { Tensor(uninitialized: graph.specs[$0]) }
            return
        }
        for number in handedOut.indices where !handedOut[number].isUniquelyReferenced {
            handedOut[number] = Tensor(uninitialized: handedOut[number].spec)
        }
    }

    private func execute() throws(OpFailure) {
        let recorder = Context.current.recorder
        let (site, start) = (recorder?.site(of: self) ?? 0, recorder?.now ?? 0)
        borrow()
        mk_begin_run()
        let mode = mk_enter_float_mode()
        for (number, step) in steps.enumerated() {
            do throws(OpFailure) {
                let start = recorder?.now ?? 0
                if let (weights, variable) = step.weights {
                    weights.run(step.memory, version: versions[variable])
                } else {
                    try step.kernel.run(step.memory)
                }
                recorder?.note(site + 1 + number, since: start)
            } catch {
                mk_leave_float_mode(mode)
                mk_end_run()
                giveBack(failed: true)
                throw OpFailure(error, of: type(of: step.op).name, step.inputs, in: step.layerPath)
            }
        }
        mk_leave_float_mode(mode)
        mk_end_run()
        for copy in copies { places[copy.target]!.copyMemory(from: places[copy.source]!, byteCount: copy.byteCount) }
        giveBack()
        recorder?.note(site, since: start)
    }

    /// Takes the variables' values for the length of a run; in one order for all, so that two runs never wait for each
    /// other.
    private func borrow() {
        for index in borrowOrder {
            let slot = variables[index]
            if slot.isUpdated {
                let (old, new) = slot.variable.lend()
                slot.old.bind(old, in: places)
                slot.new.bind(new, in: places)
            } else {
                let (value, version) = slot.variable.heldVersion
                versions[index] = version
                slot.new.bind(value.mutablePointer, in: places)
                held[index] = value
            }
        }
    }

    private func giveBack(failed: Bool = false) {
        for index in variables.indices {
            if variables[index].isUpdated { variables[index].variable.settle(failed: failed) } else { held[index] = nil }
        }
    }
}
