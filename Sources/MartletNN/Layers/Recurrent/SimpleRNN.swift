import MartletCore

/// A fully connected recurrence, `h' = tanh(x kernel + h recurrentKernel + bias)` over sequences.
///
/// Shapes: [batch, steps, features], and possibly the first state, [batch, units], give [batch, units], the output of
/// the last step, or with `returnSequences` [batch, steps, units]; with `returnState` also the last state. Weights:
/// `kernel` [features, units], `recurrent_kernel` [units, units], `bias` [units].
///
/// Source: [`keras.layers.SimpleRNN`](https://keras.io/api/layers/recurrent_layers/simple_rnn/).
public final class SimpleRNN: BuiltInRecurrentLayer, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at ``BuiltInCell`` and ``RecurrentLayer``.
    public init(
        _ units: Int, activation: ActivationFunction? = .tanh, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, recurrentInitializer: any Initializer = .orthogonal(),
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        recurrentConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, dropout: Double = 0,
        recurrentDropout: Double = 0, seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
        goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, useBias: useBias,
                kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed),
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.simple, SimpleRNN(1))

    override func makeCell(_ options: RecurrentOptions) -> BuiltInCell {
        SimpleRNNCell(options, name: "simple_rnn_cell", trainable: isTrainable, dtype: policySource)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, 3, 4], [nil, 3]], [[nil, 3, 2, 2]]]
        return [
            LayerSample("defaults", SimpleRNN(2, dtype: .float64), [[3, 4]], bad: bad),
            LayerSample(
                "sequences, states, backwards",
                SimpleRNN(
                    2, dropout: 0.3, seed: 3, returnSequences: true, returnState: true, goBackwards: true,
                    dtype: .float64),
                [[3, 4]], bad: bad),
            LayerSample(
                "step by step, from states",
                SimpleRNN(
                    2, activation: .silu, kernelRegularizer: .l2(0.1), recurrentRegularizer: .l2(0.2),
                    activityRegularizer: .l2(0.3), recurrentConstraint: .maxNorm(2), recurrentDropout: 0.2, seed: 4,
                    returnSequences: true, dtype: .float64),
                [[3, 4], [2]], bad: bad),
        ]
    }
}
