import MartletCore

/// Gated recurrent unit over sequences.
///
/// Shapes: [batch, steps, features], and possibly the first state, [batch, units], give [batch, units], the output of
/// the last step, or with `returnSequences` [batch, steps, units]; with `returnState` also the last state. Weights:
/// `kernel` [features, 3 * units], `recurrent_kernel` [units, 3 * units], `bias` [2, 3 * units], or [3 * units] without
/// `resetAfter`, the gates in the order update, reset, candidate.
///
/// Source: [`keras.layers.GRU`](https://keras.io/api/layers/recurrent_layers/gru/); K. Cho et al., *Learning phrase
/// representations using RNN encoder-decoder for statistical machine translation*, 2014.
public final class GRU: BuiltInRecurrentLayer, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at ``BuiltInCell`` and ``RecurrentLayer``.
    /// - Parameter resetAfter: whether the reset gate multiplies the product with the recurrent kernel, or else the state.
    public init(
        _ units: Int, activation: ActivationFunction? = .tanh, recurrentActivation: ActivationFunction? = .sigmoid,
        useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        recurrentInitializer: any Initializer = .orthogonal(), biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, recurrentRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
        returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false,
        unroll: Bool = false, resetAfter: Bool = true, zeroOutputForMask: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed, resetAfter: resetAfter),
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.gru(resetAfter: true), GRU(1))

    override func makeCell(_ options: RecurrentOptions) -> BuiltInCell {
        GRUCell(options, name: "gru_cell", trainable: isTrainable, dtype: policySource)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, 3, 4], [nil, 3]], [[nil, 3, 2, 2]]]
        return [
            LayerSample("defaults", GRU(2, dtype: .float64), [[3, 4]], bad: bad),
            LayerSample(
                "sequences, states, backwards",
                GRU(
                    2, dropout: 0.3, seed: 3, returnSequences: true, returnState: true, goBackwards: true,
                    dtype: .float64),
                [[3, 4]], bad: bad),
            LayerSample(
                "step by step, from states",
                GRU(
                    2, activation: .silu, kernelRegularizer: .l2(0.1), recurrentRegularizer: .l2(0.2),
                    activityRegularizer: .l2(0.3), recurrentConstraint: .maxNorm(2), recurrentDropout: 0.2, seed: 4,
                    returnSequences: true, dtype: .float64),
                [[3, 4], [2]], bad: bad),
            LayerSample("reset before", GRU(2, resetAfter: false, dtype: .float64), [[3, 4]], bad: bad),
        ]
    }
}
