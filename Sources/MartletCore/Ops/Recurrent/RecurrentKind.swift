import CKernels

/// The recurrences that run as one op, with Keras's default activations, tanh and sigmoid.
///
/// `CKernels`' `mk_rnn.h` has the formulas; the gates' order in a kernel's columns is Keras's.
package enum RecurrentKind: Sendable, Hashable {
    case simple
    case lstm
    /// `resetAfter`: the reset gate multiplies the product with the recurrent kernel, not the state before it.
    case gru(resetAfter: Bool)

    /// The number of blocks of columns in a kernel.
    package var gateCount: Int { Int(mk_rnn_gates(c)) }
    /// h, and c for `lstm`.
    package var stateCount: Int { self == .lstm ? 2 : 1 }

    /// The bias's shape: with `resetAfter`, a second row goes with the recurrent kernel.
    package func biasShape(units: Int) -> Shape {
        self == .gru(resetAfter: true) ? [2, 3 * units] : [gateCount * units]
    }

    var c: mk_rnn_cell {
        switch self {
        case .simple: MK_RNN_SIMPLE
        case .lstm: MK_RNN_LSTM
        case .gru(false): MK_RNN_GRU
        case .gru(true): MK_RNN_GRU_RESET_AFTER
        }
    }
}

/// The attributes that a recurrent sequence and its gradient share, and where each input stands.
///
/// Inputs: x [batch, steps, features], h [batch, units], c of the same shape for `lstm`, kernel [features, gates *
/// units], recurrent kernel [units, gates * units], the bias where `hasBias`, and the mask, `bool` [batch, steps],
/// where `hasMask`.
struct RecurrentPlan: Sendable, Hashable {
    var kind: RecurrentKind
    /// Whether step s reads the input at steps - 1 - s.
    var goBackwards = false
    /// Whether the output is that of every step, in the order of the steps; otherwise of the last.
    var returnSequences = true
    /// Whether the output of a masked step is 0; otherwise it is that of the step before.
    var zeroOutputForMask = false
    var hasBias = true
    var hasMask = false

    var kernel: Int { 1 + kind.stateCount }
    var bias: Int? { hasBias ? kernel + 2 : nil }
    var mask: Int? { hasMask ? floatCount : nil }
    /// The number of inputs that have gradients: all but the mask.
    var floatCount: Int { kernel + (hasBias ? 3 : 2) }
    var inputCount: Int { floatCount + (hasMask ? 1 : 0) }

    /// Fails unless the inputs fit each other.
    func check(_ inputs: ArraySlice<TensorSpec>) throws(OpFailure) {
        let type = inputs[0].dtype
        guard inputs.count == inputCount, type == .float32 || type == .float64,
            inputs.prefix(floatCount).allSatisfy({ $0.dtype == type })
        else { throw OpFailure("Expected sequences, states and weights of one floating-point dtype.") }
        let (x, h, kernel, recurrent) = (
            inputs[0].shape, inputs[1].shape, inputs[self.kernel].shape, inputs[self.kernel + 1].shape
        )
        guard x.rank == 3 else { throw OpFailure("Expected sequences (batch, steps, features).") }
        guard h.rank == 2, h[0] == x[0], kind.stateCount == 1 || inputs[2].shape == h else {
            throw OpFailure("Expected \(kind.stateCount) states (batch, units), with batch \(x[0]).")
        }
        let columns = kind.gateCount * h[1]
        guard kernel == [x[2], columns], recurrent == [h[1], columns] else {
            throw OpFailure("Expected kernels of shapes [\(x[2]), \(columns)] and [\(h[1]), \(columns)].")
        }
        if let bias, inputs[bias].shape != kind.biasShape(units: h[1]) {
            throw OpFailure("Expected a bias of shape \(kind.biasShape(units: h[1])).")
        }
        if let mask, inputs[mask] != TensorSpec(Shape([x[0], x[1]]), .bool) {
            throw OpFailure("Expected a bool mask of shape [\(x[0]), \(x[1])].")
        }
    }

    /// The output and the states after the last step.
    func outputs(for inputs: ArraySlice<TensorSpec>) -> [TensorSpec] {
        let (x, h) = (inputs[0].shape, inputs[1])
        let y = returnSequences ? TensorSpec(Shape([x[0], x[1], h.shape[1]]), h.dtype) : h
        return [y] + [TensorSpec](repeating: h, count: kind.stateCount)
    }

    /// What the gradient needs of every step, as bytes that mean nothing to anyone else: no gradient flows through.
    func reserve(for inputs: ArraySlice<TensorSpec>) -> TensorSpec {
        let (x, h) = (inputs[0].shape, inputs[1])
        let bytes = Int(mk_rnn_reserve(kind.c)) * h.shape[1] * h.dtype.byteCount
        return TensorSpec(Shape([x[0], x[1], bytes]), .uint8)
    }

    /// The operations of the products with both kernels, which are all that counts: those with x are optional.
    func flops(_ inputs: [TensorSpec], withInput: Bool = true) -> Int {
        let (x, units) = (inputs[0].shape, inputs[1].shape[1])
        return 2 * x[0] * x[1] * ((withInput ? x[2] : 0) + units) * kind.gateCount * units
    }

    func c(_ inputs: [TensorSpec]) -> mk_rnn_plan {
        let (x, h) = (inputs[0].shape, inputs[1].shape)
        return mk_rnn_plan(
            type: inputs[0].dtype.c, cell: kind.c, batch: Int64(x[0]), steps: Int64(x[1]), features: Int64(x[2]),
            units: Int64(h[1]), reverse: goBackwards, sequences: returnSequences, zero_masked: zeroOutputForMask)
    }

    func pointers(_ memory: KernelMemory) -> mk_rnn_inputs {
        mk_rnn_inputs(
            x: memory.input(0), h: memory.input(1), c: kind == .lstm ? memory.input(2) : nil, kernel: memory.input(kernel),
            recurrent: memory.input(kernel + 1), bias: bias.map(memory.input),
            mask: mask.map { memory.input($0, as: UInt8.self) })
    }
}
