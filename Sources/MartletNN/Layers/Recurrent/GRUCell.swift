import MartletCore

/// A step of `GRU`: gated recurrent unit.
///
/// Called as a layer: x [batch, features] and the state h [batch, units] give the output h [batch, units] and the new
/// state. Weights: `kernel` [features, 3 * units], `recurrent_kernel` [units, 3 * units], `bias` [2, 3 * units], or [3
/// * units] without `resetAfter`, the gates in the order update, reset, candidate.
///
/// Source: [`keras.layers.GRUCell`](https://keras.io/api/layers/recurrent_layers/gru/); K. Cho et al., *Learning phrase
/// representations using RNN encoder-decoder for statistical machine translation*, 2014.
public final class GRUCell: BuiltInCell, ConfigurableLayer, Described {
    /// Makes a cell. The parameters are described at ``BuiltInCell``.
    /// - Parameter resetAfter: whether the reset gate multiplies the product with the recurrent kernel, or else the state.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, recurrentActivation: ActivationFunction? = .sigmoid,
        useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        recurrentInitializer: any Initializer = .orthogonal(), biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, recurrentRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        recurrentConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, dropout: Double = 0,
        recurrentDropout: Double = 0, seed: Int? = nil, resetAfter: Bool = true, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed, resetAfter: resetAfter),
            name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.gru(resetAfter: true), GRUCell(1))

    override var kind: RecurrentKind { .gru(resetAfter: options.resetAfter) }

    public override func step(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        let masks = masks(for: x, in: context)
        let h = states[0]
        let rows = bias.map { $0.shape.rank == 2 ? $0.value.unstacked() : [$0.value] } ?? []
        var input = product(x, kernel.value, masks: masks.input)
        if let first = rows.first { input = input + first }
        let parts = input.split(count: 3, axis: 1)
        let (gate, activation) = (options.recurrentActivation, options.activation)
        guard options.resetAfter else {
            let kernels = recurrentKernel.value.split(count: 3, axis: 1)
            func seen(_ number: Int) -> Tensor { masks.recurrent.map { h * $0[number] } ?? h }
            let z = gate(parts[0] + matmul(seen(0), kernels[0]))
            let r = gate(parts[1] + matmul(seen(1), kernels[1]))
            let next = mix(z, h, activation(parts[2] + matmul(r * seen(2), kernels[2])))
            return (next, [next])
        }
        var recurrent = product(h, recurrentKernel.value, masks: masks.recurrent)
        if rows.count == 2 { recurrent = recurrent + rows[1] }
        let through = recurrent.split(count: 3, axis: 1)
        let z = gate(parts[0] + through[0])
        let r = gate(parts[1] + through[1])
        let next = mix(z, h, activation(parts[2] + r * through[2]))
        return (next, [next])
    }

    /// The state, where the update gate is 1, and the candidate, where it is 0.
    private func mix(_ z: Tensor, _ h: Tensor, _ candidate: Tensor) -> Tensor { z * h + (1 - z) * candidate }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, nil], [nil, 2]], [[nil, 4], [nil, 3]]]
        return [
            LayerSample("defaults", GRUCell(2, dtype: .float64), [[4], [2]], bad: bad),
            LayerSample(
                "dropout", GRUCell(2, activation: .elu, dropout: 0.3, recurrentDropout: 0.4, seed: 5, dtype: .float64),
                [[4], [2]], bad: bad),
            LayerSample("without", GRUCell(2, useBias: false, resetAfter: false, dtype: .float64), [[4], [2]]),
        ]
    }
}
