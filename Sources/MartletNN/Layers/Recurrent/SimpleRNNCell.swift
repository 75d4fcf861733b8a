import MartletCore

/// A step of `SimpleRNN`: a fully connected recurrence, `h' = tanh(x kernel + h recurrentKernel + bias)`.
///
/// Called as a layer: x [batch, features] and the state h [batch, units] give the output h [batch, units] and the new
/// state. Weights: `kernel` [features, units], `recurrent_kernel` [units, units], `bias` [units].
///
/// Source: [`keras.layers.SimpleRNNCell`](https://keras.io/api/layers/recurrent_layers/simple_rnn/).
public final class SimpleRNNCell: BuiltInCell, ConfigurableLayer, Described {
    /// Makes a cell. The parameters are described at ``BuiltInCell``.
    public convenience init(
        _ units: Int, activation: ActivationFunction? = .tanh, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, recurrentInitializer: any Initializer = .orthogonal(),
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        recurrentRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            RecurrentOptions(
                units: units, activation: activation ?? .linear, useBias: useBias,
                kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(.simple, SimpleRNNCell(1))

    override var kind: RecurrentKind { .simple }

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
