import MartletCore
import MartletFormats

/// A step of `LSTM`: long short-term memory.
///
/// Called as a layer: x [batch, features] and the states h and c [batch, units] give the output h [batch, units] and
/// the new states. Weights: `kernel` [features, 4 * units], `recurrent_kernel` [units, 4 * units], `bias` [4 * units],
/// the gates in the order input, forget, candidate, output.
///
/// Source: [`keras.layers.LSTMCell`](https://keras.io/api/layers/recurrent_layers/lstm/); S. Hochreiter and J.
/// Schmidhuber, *Long short-term memory*, 1997.
public final class LSTMCell: BuiltInCell, ConfigurableLayer {
    /// Makes a cell.
    /// - Parameters:
    ///   - units: the number of units of the state and the output, at least 1.
    ///   - activation: of the state; nothing when nil.
    ///   - recurrentActivation: of the gates; nothing when nil.
    ///   - unitForgetBias: whether the forget gate's bias starts at 1.
    ///   - dropout: the rate at which inputs are dropped in training, the same ones at all steps.
    ///   - recurrentDropout: the rate at which parts of the state are dropped in training, the same ones at all steps.
    ///   - seed: starts the random stream of both; nil takes the next one of the global seed.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, recurrentActivation: ActivationFunction? = .sigmoid,
        useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        recurrentInitializer: any Initializer = .orthogonal(), biasInitializer: any Initializer = .zeros,
        unitForgetBias: Bool = true, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
        name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        self.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernelInitializer: kernelInitializer, recurrentInitializer: recurrentInitializer,
                biasInitializer: biasInitializer, unitForgetBias: unitForgetBias,
                kernelRegularizer: kernelRegularizer, recurrentRegularizer: recurrentRegularizer,
                biasRegularizer: biasRegularizer, kernelConstraint: kernelConstraint,
                recurrentConstraint: recurrentConstraint, biasConstraint: biasConstraint, dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            RecurrentOptions(config: config), name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    init(_ options: RecurrentOptions, name: String?, trainable: Bool, dtype: DType?) {
        super.init(.lstm, options, name: name, trainable: trainable, dtype: dtype)
    }

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
