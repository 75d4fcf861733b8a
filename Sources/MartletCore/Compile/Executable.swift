import CKernels
import Synchronization

/// A graph ready to run: its ops in order, over tensors whose memory is laid out once.
///
/// A run takes no memory, except for a result that its last receiver still holds, and for a variable whose old value
/// somebody holds.
package final class Executable: @unchecked Sendable {
    private struct Step {
        let op: any Op
        let inputs: [Tensor]
        let outputs: [Tensor]
        let layerPath: [String]
        /// Where the second input holds weights that the graph only reads: what is prepared of them, and the variable.
        let weights: (prepared: PreparedWeights, variable: Int)?
    }

    /// The function that the graph was made of.
    package let name: String
    /// The simplified, fused graph that runs.
    package let graph: Graph
    private let steps: [Step]
    /// The memory of the values in between.
    private let arena: Buffer
    private let inputBuffers: [Buffer]
    private let variables: [VariableSlot]
    private let resultBuffers: [Buffer]
    private let resultCopies: [(source: Buffer, number: Int, byteCount: Int)]
    private let updateCopies: [(source: Buffer, variable: Int, byteCount: Int)]
    /// What the last run handed out: its memory is used again when nobody holds it any more.
    private var results: [Tensor] = []
    private let running = Mutex(())

    private struct VariableSlot {
        let variable: Variable
        let old: Buffer
        let new: Buffer
        let isUpdated: Bool
    }

    /// In which order runs take the variables.
    private let borrowOrder: [Int]
    /// The values of the variables that are only read, while a run reads them.
    private var held: [Tensor?]
    /// Their versions.
    private var versions: [Int]

    package init(_ traced: Graph, name: String) {
        self.name = name
        let graph = traced.simplified().fused().withRowsRead().withUpdatesComputed().sparing()
        self.graph = graph
        let plan = MemoryPlan(graph)
        let arena = Buffer(byteCount: plan.arenaSize)
        self.arena = arena
        let updated = Set(graph.updates.map { ObjectIdentifier($0.variable) })
        inputBuffers = graph.inputs.map { Buffer(unboundOf: graph.specs[$0].byteCount) }
        let slots = plan.variables.map { variable in
            let old = Buffer(unboundOf: variable.spec.byteCount)
            let isUpdated = updated.contains(ObjectIdentifier(variable))
            return VariableSlot(
                variable: variable, old: old, new: isUpdated ? Buffer(unboundOf: variable.spec.byteCount) : old,
                isUpdated: isUpdated)
        }
        variables = slots
        resultBuffers = graph.results.map { Buffer(unboundOf: graph.specs[$0].byteCount) }
        var places: [Int: Buffer] = [:]
        var tensors: [Tensor] = []
        for (value, storage) in plan.storage.enumerated() {
            let buffer: Buffer
            switch storage {
            case .input(let index): buffer = inputBuffers[index]
            case .constant(let source):
                guard case .constant(let tensor) = graph.sources[source] else { preconditionFailure("not a constant") }
                buffer = tensor.handle.buffer
            case .variable(let number): buffer = variables[number].old
            case .updated(let number): buffer = variables[number].new
            case .result(let number): buffer = resultBuffers[number]
            case .arena(let offset):
                if places[offset] == nil {
                    let part = Buffer(unboundOf: 0)
                    part.bind(to: arena.pointer + offset)
                    places[offset] = part
                }
                buffer = places[offset]!
            }
            tensors.append(Tensor(graph.specs[value], buffer: buffer))
        }
        steps = graph.steps.map { node in
            var weights: (PreparedWeights, Int)?
            if let op = node.op as? any WeightedOp, case .variable(let number) = plan.storage[node.inputs[1]],
                !slots[number].isUpdated
            {
                weights = (PreparedWeights(op), number)
            }
            return Step(
                op: node.op, inputs: node.inputs.map { tensors[$0] }, outputs: node.outputs.map { tensors[$0] },
                layerPath: node.layerPath, weights: weights)
        }
        resultCopies = plan.copiedResults.map {
            (tensors[graph.results[$0]].handle.buffer, $0, graph.specs[graph.results[$0]].byteCount)
        }
        updateCopies = plan.copiedUpdates.map { index in
            let update = graph.updates[index]
            let number = plan.variables.firstIndex { $0 === update.variable }!
            return (tensors[update.value].handle.buffer, number, graph.specs[update.value].byteCount)
        }
        held = variables.map { _ in nil }
        versions = variables.map { _ in 0 }
        borrowOrder = slots.indices.sorted {
            ObjectIdentifier(slots[$0].variable) < ObjectIdentifier(slots[$1].variable)
        }
    }

    /// The bytes of the values in between.
    package var arenaSize: Int { arena.byteCount }

    /// Runs the graph on tensors of its inputs' specs.
    package func run(_ arguments: [Tensor]) -> [Tensor] {
        running.withLock { _ in
            prepareResults()
            for (number, result) in results.enumerated() { resultBuffers[number].bind(to: result.mutablePointer) }
            execute(arguments)
            return results
        }
    }

    /// Runs the graph and leaves its results in `outputs`.
    func run(_ arguments: [Tensor], into outputs: [Tensor]) {
        running.withLock { _ in
            for (number, output) in outputs.enumerated() { resultBuffers[number].bind(to: output.mutablePointer) }
            execute(arguments)
        }
    }

    private func prepareResults() {
        if results.isEmpty {
            results = graph.results.map { Tensor(uninitialized: graph.specs[$0]) }
            return
        }
        for number in results.indices where !results[number].isUniquelyReferenced {
            results[number] = Tensor(uninitialized: results[number].spec)
        }
    }

    private func execute(_ arguments: [Tensor]) {
        let recorder = Context.current.recorder
        let (site, start) = (recorder?.site(of: self) ?? 0, recorder?.now ?? 0)
        for (buffer, argument) in zip(inputBuffers, arguments) { buffer.bind(to: argument.handle.buffer.pointer) }
        borrow()
        mk_begin_run()
        let mode = mk_enter_float_mode()
        withExtendedLifetime(arguments) {
            for (number, step) in steps.enumerated() {
                do throws(OpFailure) {
                    let start = recorder?.now ?? 0
                    if let (prepared, variable) = step.weights {
                        prepared.run(step.inputs, step.outputs, version: versions[variable])
                    } else {
                        try step.op.run(step.inputs, step.outputs)
                    }
                    recorder?.note(site + 1 + number, since: start)
                } catch {
                    mk_leave_float_mode(mode)
                    mk_end_run()
                    giveBack()
                    stop(step, error)
                }
            }
        }
        mk_leave_float_mode(mode)
        mk_end_run()
        for copy in resultCopies {
            resultBuffers[copy.number].pointer.copyMemory(from: copy.source.pointer, byteCount: copy.byteCount)
        }
        for copy in updateCopies {
            variables[copy.variable].new.pointer.copyMemory(from: copy.source.pointer, byteCount: copy.byteCount)
        }
        giveBack()
        recorder?.note(site, since: start)
    }

    private func stop(_ step: Step, _ failure: OpFailure) -> Never {
        Context.current.layerPath = step.layerPath
        MartletCore.stop(
            type(of: step.op).name,
            "\(failure.message) Received: \(step.inputs.map(\.spec.description).joined(separator: ", ")).")
    }

    /// Takes the variables' values for the length of a run; in one order for all, so that two runs never wait for each
    /// other.
    private func borrow() {
        for index in borrowOrder {
            let slot = variables[index]
            if slot.isUpdated {
                let (old, new) = slot.variable.lend()
                slot.old.bind(to: old)
                slot.new.bind(to: new)
            } else {
                let (value, version) = slot.variable.heldVersion
                versions[index] = version
                slot.old.bind(to: value.handle.buffer.pointer)
                held[index] = value
            }
        }
    }

    private func giveBack() {
        for index in variables.indices {
            if variables[index].isUpdated { variables[index].variable.settle() } else { held[index] = nil }
        }
    }
}
