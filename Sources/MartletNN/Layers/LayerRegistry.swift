/// The layers that configurations can name, and that every test of all layers runs over.
package enum LayerRegistry {
    package static let types: [any ConfigurableLayer.Type] = [
        InputLayer.self, Dense.self, EinsumDense.self, Embedding.self, ReversibleEmbedding.self, Identity.self, Masking.self,
        Activation.self, ReLU.self, LeakyReLU.self, PReLU.self, ELU.self, Softmax.self,
        Conv1D.self, Conv2D.self, Conv3D.self, Conv1DTranspose.self, Conv2DTranspose.self, Conv3DTranspose.self,
        DepthwiseConv1D.self, DepthwiseConv2D.self, SeparableConv1D.self, SeparableConv2D.self,
        MaxPooling1D.self, MaxPooling2D.self, MaxPooling3D.self, AveragePooling1D.self, AveragePooling2D.self,
        AveragePooling3D.self, GlobalMaxPooling1D.self, GlobalMaxPooling2D.self, GlobalMaxPooling3D.self,
        GlobalAveragePooling1D.self, GlobalAveragePooling2D.self, GlobalAveragePooling3D.self,
        AdaptiveAveragePooling1D.self, AdaptiveAveragePooling2D.self, AdaptiveAveragePooling3D.self,
        AdaptiveMaxPooling1D.self, AdaptiveMaxPooling2D.self, AdaptiveMaxPooling3D.self,
        BatchNormalization.self, LayerNormalization.self, GroupNormalization.self, RMSNormalization.self,
        UnitNormalization.self, Normalization.self, SpectralNormalization.self, Attention.self, AdditiveAttention.self,
        MultiHeadAttention.self, GroupQueryAttention.self,
        Dropout.self, SpatialDropout1D.self, SpatialDropout2D.self, SpatialDropout3D.self, AlphaDropout.self,
        GaussianDropout.self, GaussianNoise.self, ActivityRegularization.self, StochasticDepth.self, LayerScale.self,
        Flatten.self, Reshape.self, Rescaling.self, Permute.self, RepeatVector.self,
        Cropping1D.self, Cropping2D.self, Cropping3D.self, ZeroPadding1D.self, ZeroPadding2D.self, ZeroPadding3D.self,
        UpSampling1D.self, UpSampling2D.self, UpSampling3D.self, Resizing.self,
        CategoryEncoding.self, Discretization.self, HashedCrossing.self, Hashing.self, IntegerLookup.self, StringLookup.self,
        FeatureSpace.self, Pipeline.self, TextVectorization.self,
        Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self, Concatenate.self, Dot.self,
        SimpleRNN.self, LSTM.self, GRU.self, ConvLSTM1D.self, ConvLSTM2D.self, ConvLSTM3D.self, RNN.self,
        Bidirectional.self, TimeDistributed.self, SimpleRNNCell.self,
        LSTMCell.self, GRUCell.self, StackedRNNCells.self,
        CenterCrop.self, RandomCrop.self, RandomFlip.self, RandomRotation.self, RandomZoom.self, RandomTranslation.self,
        RandomShear.self, RandomPerspective.self, RandomElasticTransform.self, RandomBrightness.self, RandomContrast.self,
        RandomHue.self, RandomSaturation.self, RandomColorJitter.self, RandomColorDegeneration.self,
        RandomPosterization.self, RandomInvert.self, RandomGrayscale.self, RandomGaussianBlur.self, RandomSharpness.self,
        RandomErasing.self, RandAugment.self, AugMix.self, CutMix.self, MixUp.self, AutoContrast.self, Equalization.self,
        ContrastLimitedAdaptiveHistogramEqualization.self,
        Solarization.self, MaxNumBoundingBoxes.self, MelSpectrogram.self, STFTSpectrogram.self,
    ]

    package static let shared = Registry<Layer>(
        "layer", module: "keras.layers", types.map { type in (type.className, { try type.init(config: $0) }) },
        // The parts of a FeatureSpace in a model.
        aliases: ["TFDIdentity": "Identity", "TFDConcat": "Concatenate"])
}
