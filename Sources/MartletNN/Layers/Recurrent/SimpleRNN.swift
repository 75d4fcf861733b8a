import MartletCore
import MartletFormats

/// A fully connected recurrence, `h' = tanh(x kernel + h recurrentKernel + bias)` over sequences.
///
/// Shapes: [batch, steps, features], and possibly the first state, [batch, units], give [batch, units], the output of
/// the last step, or with `returnSequences` [batch, steps, units]; with `returnState` also the last state. Weights:
/// `kernel` [features, units], `recurrent_kernel` [units, units], `bias` [units].
///
/// With the default activations and no recurrent dropout all steps run as one op.
///
/// Source: [`keras.layers.SimpleRNN`](https://keras.io/api/layers/recurrent_layers/simple_rnn/).
public final class SimpleRNN: RecurrentLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - units: the number of units of the state and the output, at least 1.
    ///   - activation: of the state; nothing when nil.
    ///   - dropout: the rate at which inputs are dropped in training, the same ones at all steps.
    ///   - recurrentDropout: the rate at which parts of the state are dropped in training, the same ones at all steps.
    ///   - seed: starts the random stream of both; nil takes the next one of the global seed.
    ///   - returnSequences: whether the output is that of every step, otherwise of the last.
    ///   - returnState: whether the last states are outputs too.
    ///   - goBackwards: whether the steps are read from the last to the first.
    ///   - stateful: whether a batch starts from the states in which the one before ended; `resetState()` forgets them.
    ///   - unroll: accepted for Keras's sake.
    ///   - zeroOutputForMask: whether a masked step's output is 0, otherwise that of the step before.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, recurrentInitializer: any Initializer = .orthogonal(),
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        recurrentConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, dropout: Double = 0,
        recurrentDropout: Double = 0, seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
        goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false,
        name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        self.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, useBias: useBias,
                kernelInitializer: kernelInitializer, recurrentInitializer: recurrentInitializer,
                biasInitializer: biasInitializer, kernelRegularizer: kernelRegularizer,
                recurrentRegularizer: recurrentRegularizer, biasRegularizer: biasRegularizer,
                kernelConstraint: kernelConstraint, recurrentConstraint: recurrentConstraint,
                biasConstraint: biasConstraint, dropout: dropout, recurrentDropout: recurrentDropout, seed: seed),
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            RecurrentOptions(config: config), SequenceOptions(config: config),
            activityRegularizer: config.regularizer("activity_regularizer"), name: config.name,
            trainable: config.trainable, dtype: config.dtype)
    }

    private init(
        _ options: RecurrentOptions, _ sequence: SequenceOptions, activityRegularizer: (any Regularizer)?,
        name: String?, trainable: Bool, dtype: DType?
    ) {
        super.init(
            SimpleRNNCell(options, name: "simple_rnn_cell", trainable: trainable, dtype: dtype), sequence, name: name,
            trainable: trainable, dtype: dtype)
        self.activityRegularizer = activityRegularizer
    }

    /// The number of units of the state and the output.
    public var units: Int { cell.outputSize }

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
