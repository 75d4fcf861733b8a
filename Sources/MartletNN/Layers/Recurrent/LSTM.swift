import MartletCore

/// Long short-term memory over sequences.
///
/// Shapes: [batch, steps, features], and possibly the first states h and c, [batch, units] each, give [batch, units],
/// the output of the last step, or with `returnSequences` [batch, steps, units]; with `returnState` also the last
/// states. Weights: `kernel` [features, 4 * units], `recurrent_kernel` [units, 4 * units], `bias` [4 * units], the
/// gates in the order input, forget, candidate, output.
///
/// Source: [`keras.layers.LSTM`](https://keras.io/api/layers/recurrent_layers/lstm/); S. Hochreiter and J. Schmidhuber,
/// *Long short-term memory*, 1997.
public final class LSTM: BuiltInRecurrentLayer, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at ``BuiltInCell`` and ``RecurrentLayer``.
    /// - Parameter unitForgetBias: whether the forget gate's bias starts at 1.
    public init(
        _ units: Int, activation: ActivationFunction? = .tanh, recurrentActivation: ActivationFunction? = .sigmoid,
        useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        recurrentInitializer: any Initializer = .orthogonal(), biasInitializer: any Initializer = .zeros,
        unitForgetBias: Bool = true, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        recurrentConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, dropout: Double = 0,
        recurrentDropout: Double = 0, seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
        goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed, unitForgetBias: unitForgetBias),
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.lstm, LSTM(1))

    override func makeCell(_ options: RecurrentOptions) -> BuiltInCell {
        LSTMCell(options, name: "lstm_cell", trainable: isTrainable, dtype: policySource)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, 3, 4], [nil, 3]], [[nil, 3, 2, 2]]]
        return [
            LayerSample("defaults", LSTM(2, dtype: .float64), [[3, 4]], bad: bad),
            LayerSample(
                "sequences, states, backwards",
                LSTM(
                    2, dropout: 0.3, seed: 3, returnSequences: true, returnState: true, goBackwards: true,
                    dtype: .float64),
                [[3, 4]], bad: bad),
            LayerSample(
                "step by step, from states",
                LSTM(
                    2, activation: .silu, kernelRegularizer: .l2(0.1), recurrentRegularizer: .l2(0.2),
                    activityRegularizer: .l2(0.3), recurrentConstraint: .maxNorm(2), recurrentDropout: 0.2, seed: 4,
                    returnSequences: true, dtype: .float64),
                [[3, 4], [2], [2]], bad: bad),
        ]
    }
}
