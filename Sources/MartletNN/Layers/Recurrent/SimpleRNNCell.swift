import MartletCore
import MartletFormats

/// A step of `SimpleRNN`: a fully connected recurrence, `h' = tanh(x kernel + h recurrentKernel + bias)`.
///
/// Called as a layer: x [batch, features] and the state h [batch, units] give the output h [batch, units] and the new
/// state. Weights: `kernel` [features, units], `recurrent_kernel` [units, units], `bias` [units].
///
/// Source: [`keras.layers.SimpleRNNCell`](https://keras.io/api/layers/recurrent_layers/simple_rnn/).
public final class SimpleRNNCell: BuiltInCell, ConfigurableLayer {
    /// Makes a cell.
    /// - Parameters:
    ///   - units: the number of units of the state and the output, at least 1.
    ///   - activation: of the state; nothing when nil.
    ///   - dropout: the rate at which inputs are dropped in training, the same ones at all steps.
    ///   - recurrentDropout: the rate at which parts of the state are dropped in training, the same ones at all steps.
    ///   - seed: starts the random stream of both; nil takes the next one of the global seed.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, recurrentInitializer: any Initializer = .orthogonal(),
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
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
            name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            RecurrentOptions(config: config), name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    init(_ options: RecurrentOptions, name: String?, trainable: Bool, dtype: DType?) {
        super.init(.simple, options, name: name, trainable: trainable, dtype: dtype)
    }

    public override func step(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        let masks = masks(for: x, in: context)
        var z = product(x, kernel.value, masks: masks.input)
        if let bias { z = z + bias.value }
        let h = options.activation(
            z + product(states[0], recurrentKernel.value, masks: masks.recurrent))
        return (h, [h])
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, nil], [nil, 2]], [[nil, 4], [nil, 3]]]
        return [
            LayerSample("defaults", SimpleRNNCell(2, dtype: .float64), [[4], [2]], bad: bad),
            LayerSample(
                "dropout",
                SimpleRNNCell(2, activation: .elu, dropout: 0.3, recurrentDropout: 0.4, seed: 5, dtype: .float64),
                [[4], [2]], bad: bad),
        ]
    }
}
