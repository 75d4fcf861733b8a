/// The layers that configurations can name, and that every test of all layers runs over.
package enum LayerRegistry {
    package static let types: [any ConfigurableLayer.Type] = [
        InputLayer.self, Dense.self, EinsumDense.self, Embedding.self, Identity.self,
        Activation.self, ReLU.self, LeakyReLU.self, ELU.self, Softmax.self,
        Conv2D.self, MaxPooling2D.self, AveragePooling2D.self, GlobalMaxPooling2D.self, GlobalAveragePooling2D.self,
        BatchNormalization.self, LayerNormalization.self, GroupNormalization.self, RMSNormalization.self,
        UnitNormalization.self, Dropout.self,
        Attention.self, AdditiveAttention.self, MultiHeadAttention.self, GroupQueryAttention.self,
        Flatten.self, Reshape.self, Rescaling.self,
        Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self, Concatenate.self,
        SimpleRNN.self, LSTM.self, GRU.self, RNN.self, Bidirectional.self, TimeDistributed.self, SimpleRNNCell.self,
        LSTMCell.self, GRUCell.self, StackedRNNCells.self,
    ]

    package static let shared = Registry<Layer>(
        "layer", types.map { type in (type.className, { try type.init(config: $0) }) })
}
