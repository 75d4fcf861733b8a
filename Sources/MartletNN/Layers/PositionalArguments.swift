import MartletCore

// Layers made as Keras's documents write it: sizes without a label, in Keras's order.

extension Conv {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, groups: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            filters, kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, groups: groups, activation: activation, useBias: useBias,
            kernelInitializer: kernelInitializer, biasInitializer: biasInitializer, kernelRegularizer: kernelRegularizer,
            biasRegularizer: biasRegularizer, activityRegularizer: activityRegularizer, kernelConstraint: kernelConstraint,
            biasConstraint: biasConstraint, name: name, trainable: trainable, dtype: dtype)
    }
}

extension ConvTranspose {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        outputPadding: (any PerAxis)? = nil, dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true, kernelInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            filters, kernelSize: kernelSize, strides: strides, padding: padding, outputPadding: outputPadding,
            dataFormat: dataFormat, dilationRate: dilationRate, activation: activation, useBias: useBias,
            kernelInitializer: kernelInitializer, biasInitializer: biasInitializer, kernelRegularizer: kernelRegularizer,
            biasRegularizer: biasRegularizer, activityRegularizer: activityRegularizer, kernelConstraint: kernelConstraint,
            biasConstraint: biasConstraint, name: name, trainable: trainable, dtype: dtype)
    }
}

extension SeparableConv {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, depthMultiplier: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true, depthwiseInitializer: any Initializer = .glorotUniform,
        pointwiseInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        depthwiseRegularizer: (any Regularizer)? = nil, pointwiseRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        depthwiseConstraint: (any Constraint)? = nil, pointwiseConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            filters, kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, depthMultiplier: depthMultiplier, activation: activation, useBias: useBias,
            depthwiseInitializer: depthwiseInitializer, pointwiseInitializer: pointwiseInitializer,
            biasInitializer: biasInitializer, depthwiseRegularizer: depthwiseRegularizer,
            pointwiseRegularizer: pointwiseRegularizer, biasRegularizer: biasRegularizer,
            activityRegularizer: activityRegularizer, depthwiseConstraint: depthwiseConstraint,
            pointwiseConstraint: pointwiseConstraint, biasConstraint: biasConstraint, name: name, trainable: trainable,
            dtype: dtype)
    }
}

extension DepthwiseConv {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid, depthMultiplier: Int = 1,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, activation: ActivationFunction? = nil,
        useBias: Bool = true, depthwiseInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        depthwiseConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            kernelSize: kernelSize, strides: strides, padding: padding, depthMultiplier: depthMultiplier,
            dataFormat: dataFormat, dilationRate: dilationRate, activation: activation, useBias: useBias,
            depthwiseInitializer: depthwiseInitializer, biasInitializer: biasInitializer,
            depthwiseRegularizer: depthwiseRegularizer, biasRegularizer: biasRegularizer,
            activityRegularizer: activityRegularizer, depthwiseConstraint: depthwiseConstraint,
            biasConstraint: biasConstraint, name: name, trainable: trainable, dtype: dtype)
    }
}

extension Pooling {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ poolSize: any PerAxis, strides: (any PerAxis)? = nil, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(poolSize: poolSize, strides: strides, padding: padding, dataFormat: dataFormat, name: name, dtype: dtype)
    }
}

extension UpSampling {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ size: any PerAxis, dataFormat: DataFormat = .channelsLast, interpolation: Interpolation = .nearest,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) where Rank == Spatial2D {
        self.init(size: size, dataFormat: dataFormat, interpolation: interpolation, name: name, dtype: dtype)
    }

    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        _ size: any PerAxis, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) where Rank == Spatial3D {
        self.init(size: size, dataFormat: dataFormat, name: name, dtype: dtype)
    }
}

extension UpSampling1D {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(_ size: Int, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.init(size: size, name: name, dtype: dtype)
    }
}

extension InputLayer {
    /// Makes an input for samples with axes of these sizes: `InputLayer(28, 28, 1)`.
    public convenience init(
        _ size: Int, _ others: Int..., batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
    ) {
        self.init(PartialShape([size] + others), batchSize: batchSize, dtype: dtype, name: name)
    }
}

/// Begins a functional model with an input for samples with axes of these sizes: `Input(28, 28, 1)`.
public func Input(
    _ size: Int, _ others: Int..., batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
) -> SymbolicTensor { Input(PartialShape([size] + others), batchSize: batchSize, dtype: dtype, name: name) }

extension LeakyReLU {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(_ negativeSlope: Double, name: String? = nil, dtype: DType? = nil) {
        self.init(negativeSlope: negativeSlope, name: name, dtype: dtype)
    }
}

extension ELU {
    /// Makes a layer. The properties describe the arguments.
    public convenience init(_ alpha: Double, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.init(alpha: alpha, name: name, dtype: dtype)
    }
}

extension Masking {
    /// Makes a layer. The property describes the argument.
    public convenience init(_ maskValue: Double, name: String? = nil) { self.init(maskValue: maskValue, name: name) }
}

// A single axis, as Keras has it.

extension Normalization {
    /// Makes a layer with statistics for each place along one axis; nil for one mean and one variance of all elements.
    public convenience init(
        axis: Int?, mean: Tensor? = nil, variance: Tensor? = nil, invert: Bool = false, name: String? = nil
    ) {
        self.init(axes: axis.map { [$0] } ?? [], mean: mean, variance: variance, invert: invert, name: name)
    }
}

extension LayerNormalization {
    /// Makes a layer that normalizes along one axis. The properties describe the arguments; the other initializer takes more.
    public convenience init(
        axis: Int, epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true, name: String? = nil
    ) {
        self.init(axes: [axis], epsilon: epsilon, center: center, scale: scale, name: name)
    }
}

extension RMSNormalization {
    /// Makes a layer that normalizes along one axis. The properties describe the arguments; the other initializer takes more.
    public convenience init(axis: Int, epsilon: Double = 1e-6, name: String? = nil) {
        self.init(axes: [axis], epsilon: epsilon, name: name)
    }
}

extension UnitNormalization {
    /// Makes a layer that normalizes along one axis. The properties describe the arguments; the other initializer takes more.
    public convenience init(axis: Int, name: String? = nil) { self.init(axes: [axis], name: name) }
}
