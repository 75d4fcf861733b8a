import CKernels

/// A recurrent layer over whole sequences. Outputs: y, the states after the last step, and what the gradient needs.
struct RecurrentSequence: KernelOp {
    static let name = "recurrentSequence"

    let plan: RecurrentPlan

    var outputCount: Int { plan.kind.stateCount + 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try plan.check(inputs[...])
        return plan.outputs(for: inputs[...]) + [plan.reserve(for: inputs[...])]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel(plan.c(inputs)) { [plan] c, memory in
            var pointers = plan.pointers(memory)
            var results = mk_rnn_outputs(
                y: memory.output(0), h: memory.output(1), c: plan.kind == .lstm ? memory.output(2) : nil,
                reserve: memory.output(1 + plan.kind.stateCount))
            mk_rnn_forward(c, &pointers, &results)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let reserve = plan.reserve(for: inputs.map(\.spec)[...])
        return plan.composed(inputs) + [.zeros(reserve.shape, dtype: reserve.dtype)]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { plan.flops(inputs) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let states = 1 + plan.kind.stateCount
        let op = RecurrentSequenceGradient(plan: plan, needsInput: context.needs[0])
        let gradients = perform(
            op, context.inputs + [context.outputs[states]] + (0..<states).map(context.gradient(ofOutput:)))
        return (op.needsInput ? [] : [nil]) + gradients + (plan.hasMask ? [nil] : [])
    }

    static var samples: [OpSample] { recurrentSamples.map { OpSample(Self(plan: $1), $2, label: $0) } }
}

/// The gradients of a recurrent sequence's inputs, in their order, that of x only where it is needed. Inputs: those of
/// the sequence, its reserve, and the gradients of y and the last states.
struct RecurrentSequenceGradient: KernelOp {
    static let name = "recurrentSequenceGradient"

    let plan: RecurrentPlan
    let needsInput: Bool

    var outputCount: Int { plan.floatCount - (needsInput ? 0 : 1) }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let own = inputs.prefix(plan.inputCount)
        try plan.check(own)
        guard Array(inputs.dropFirst(plan.inputCount)) == [plan.reserve(for: own)] + plan.outputs(for: own) else {
            throw OpFailure("Expected the reserve of the sequence, and gradients of the shapes of y and the states.")
        }
        return Array(inputs[(needsInput ? 0 : 1)..<plan.floatCount])
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (first, start) = (needsInput ? 1 : 0, plan.inputCount + 1)
        let kernel = first + plan.kind.stateCount
        return Kernel(plan.c(inputs)) { [plan, needsInput] c, memory in
            let isLSTM = plan.kind == .lstm
            var pointers = plan.pointers(memory)
            var upstream = mk_rnn_upstream(
                y: memory.input(start), h: memory.input(start + 1), c: isLSTM ? memory.input(start + 2) : nil)
            var gradients = mk_rnn_gradients(
                x: needsInput ? memory.output(0) : nil, h: memory.output(first),
                c: isLSTM ? memory.output(first + 1) : nil, kernel: memory.output(kernel),
                recurrent: memory.output(kernel + 1), bias: plan.hasBias ? memory.output(kernel + 2) : nil)
            mk_rnn_backward(c, &pointers, memory.input(start - 1), &upstream, &gradients)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let own = Array(inputs.prefix(plan.inputCount))
        let found = gradients(
            at: Array(own.prefix(plan.floatCount)), upstream: Array(inputs.dropFirst(plan.inputCount + 1))
        ) { plan.composed(own) }
        return needsInput ? found : Array(found.dropFirst())
    }

    /// Each product of the forward pass has two gradients.
    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        plan.flops(inputs) + plan.flops(inputs, withInput: needsInput)
    }

    /// The derivative of the same gradients taken from plain ops. The reserve, which follows from the other inputs, has
    /// none of its own.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        // Handles of their own: one tensor may come in twice (both states zeros), and each place has its derivative.
        let inputs = context.inputs.map { perform(Reshape(shape: $0.shape), $0) }
        let own = Array(inputs.prefix(plan.inputCount))
        let sources = Array(own.prefix(plan.floatCount))
        let upstream = Array(inputs.dropFirst(plan.inputCount + 1))
        let outer = GradientTape(watchVariables: false)
        let targets = outer.record {
            for source in sources + upstream { outer.watch(source) }
            return gradients(at: sources, upstream: upstream) { plan.composed(own) }
        }
        let wanted = zip(needsInput ? targets : Array(targets.dropFirst()), context.outputGradients).filter {
            $1 != nil
        }
        let results = outer.gradients(
            of: wanted.map { $0.0 }, withRespectTo: sources + upstream, outputGradients: wanted.map { $0.1 })
        let (front, back) = (results.prefix(sources.count), results.dropFirst(sources.count))
        return front + [Tensor?](repeating: nil, count: plan.hasMask ? 2 : 1) + back
    }

    /// Linear in the gradients that flow in. The other inputs are checked by the second derivatives of
    /// `RecurrentSequence`, with a reserve that follows them.
    static var samples: [OpSample] {
        recurrentSamples.flatMap { label, plan, inputs in
            [true, false].map { needsInput in
                let outputs = perform(RecurrentSequence(plan: plan), inputs)
                let upstream = outputs.dropLast().enumerated().map {
                    SampleInput.uniform($1.shape, seed: UInt64(21 + $0))
                }
                let checked = [Bool](repeating: false, count: inputs.count + 1) + upstream.map { _ in true }
                return OpSample(
                    Self(plan: plan, needsInput: needsInput), inputs + [outputs[outputs.count - 1]] + upstream,
                    label: label + (needsInput ? "" : ", without the input's"), checked: checked)
            }
        }
    }
}

/// Every kind with every option, sizes of 1 and batches of 0.
private var recurrentSamples: [(label: String, plan: RecurrentPlan, inputs: [Tensor])] {
    let mask = Tensor([false, true, false, true, true, false, false, false, false], shape: [3, 3])
    let kinds: [RecurrentKind] = [.simple, .lstm, .gru(resetAfter: false), .gru(resetAfter: true)]
    return kinds.flatMap { kind in
        let plans: [(String, RecurrentPlan, Int, Int)] = [
            ("sequences", RecurrentPlan(kind: kind), 2, 3),
            ("last, backwards", RecurrentPlan(kind: kind, goBackwards: true, returnSequences: false), 2, 3),
            ("no bias", RecurrentPlan(kind: kind, returnSequences: false, hasBias: false), 1, 2),
            ("masked", RecurrentPlan(kind: kind, hasMask: true), 3, 3),
            (
                "masked with zeros, backwards",
                RecurrentPlan(kind: kind, goBackwards: true, zeroOutputForMask: true, hasMask: true), 3, 3
            ),
            ("masked, last", RecurrentPlan(kind: kind, returnSequences: false, hasBias: false, hasMask: true), 3, 3),
            ("no samples", RecurrentPlan(kind: kind), 0, 2),
        ]
        return plans.map { label, plan, batch, steps in
            let (units, features) = (2, 3)
            let columns = kind.gateCount * units
            let shapes: [Shape] =
                [[batch, steps, features]] + [Shape](repeating: [batch, units], count: kind.stateCount)
                + [[features, columns], [units, columns]] + (plan.hasBias ? [kind.biasShape(units: units)] : [])
            let inputs = shapes.enumerated().map { SampleInput.uniform($1, in: -1...1, seed: UInt64($0 + 1)) }
            return ("\(kind) \(label)", plan, inputs + (plan.hasMask ? [mask] : []))
        }
    }
}

/// A recurrent layer over sequences x [batch, steps, features], from `states` [batch, units]: h, and c for `lstm`.
///
/// - Parameters:
///   - mask: `bool` [batch, steps]; a step whose mask is false keeps the state, and repeats the output before it, zeros
///     at first, or gives zeros if `zeroOutputForMask`.
///   - goBackwards: reads the steps from the last to the first; outputs are in the order of the reading.
/// - Returns: the output, [batch, steps, units] if `returnSequences`, else the last one, [batch, units]; and the states
///   after the last step.
package func recurrentSequence(
    _ x: Tensor, states: [Tensor], kernel: Tensor, recurrentKernel: Tensor, bias: Tensor?, mask: Tensor? = nil,
    kind: RecurrentKind, goBackwards: Bool = false, returnSequences: Bool = false, zeroOutputForMask: Bool = false
) -> (output: Tensor, states: [Tensor]) {
    let plan = RecurrentPlan(
        kind: kind, goBackwards: goBackwards, returnSequences: returnSequences, zeroOutputForMask: zeroOutputForMask,
        hasBias: bias != nil, hasMask: mask != nil)
    let inputs = [x] + states + [kernel, recurrentKernel] + [bias, mask].compactMap { $0 }
    let outputs = perform(RecurrentSequence(plan: plan), inputs)
    return (outputs[0], Array(outputs[1...kind.stateCount]))
}
