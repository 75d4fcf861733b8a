import MartletCore

/// A step of `LSTM`: long short-term memory.
///
/// Called as a layer: x [batch, features] and the states h and c [batch, units] give the output h [batch, units] and
/// the new states. Weights: `kernel` [features, 4 * units], `recurrent_kernel` [units, 4 * units], `bias` [4 * units],
/// the gates in the order input, forget, candidate, output.
///
/// Source: [`keras.layers.LSTMCell`](https://keras.io/api/layers/recurrent_layers/lstm/); S. Hochreiter and J.
/// Schmidhuber, *Long short-term memory*, 1997.
public final class LSTMCell: BuiltInCell, ConfigurableLayer, Described {
    /// Makes a cell. The parameters are described at ``BuiltInCell``.
    /// - Parameter unitForgetBias: whether the forget gate's bias starts at 1.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, recurrentActivation: ActivationFunction? = .sigmoid,
        useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        recurrentInitializer: any Initializer = .orthogonal(), biasInitializer: any Initializer = .zeros,
        unitForgetBias: Bool = true, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed, unitForgetBias: unitForgetBias),
            name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.lstm, LSTMCell(1))

    override var kind: RecurrentKind { .lstm }

    public override func step(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        let masks = masks(for: x, in: context)
        var z =
            product(x, kernel.value, masks: masks.input)
            + product(states[0], recurrentKernel.value, masks: masks.recurrent)
        if let bias { z = z + bias.value }
        let gates = z.split(count: 4, axis: 1)
        let (gate, activation) = (options.recurrentActivation, options.activation)
        let c = gate(gates[1]) * states[1] + gate(gates[0]) * activation(gates[2])
        let h = gate(gates[3]) * activation(c)
        return (h, [h, c])
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [
            [[nil, 4]], [[nil, nil], [nil, 2], [nil, 2]], [[nil, 4], [nil, 3], [nil, 2]],
        ]
        return [
            LayerSample("defaults", LSTMCell(2, dtype: .float64), [[4], [2], [2]], bad: bad),
            LayerSample(
                "dropout", LSTMCell(2, activation: .elu, dropout: 0.3, recurrentDropout: 0.4, seed: 5, dtype: .float64),
                [[4], [2], [2]], bad: bad),
            LayerSample(
                "without", LSTMCell(2, recurrentActivation: .hardSigmoid, unitForgetBias: false, dtype: .float64),
                [[4], [2], [2]]),
        ]
    }
}
