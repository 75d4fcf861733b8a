import MartletCore
import MartletFormats

/// A layer applied to every step of a sequence: [batch, steps, ...] gives [batch, steps] and the layer's output shape.
///
/// A layer that keeps statistics of its batches sees the steps one after the other, as in Keras; any other sees all of
/// them as one batch.
///
/// Source: [`keras.layers.TimeDistributed`](https://keras.io/api/layers/recurrent_layers/time_distributed/).
public final class TimeDistributed: Layer, ConfigurableLayer {
    /// What is applied to every step.
    public let layer: Layer

    /// Makes a layer that applies `layer`, of one input and one output, in the dtypes of its own policy: that of `layer` when
    /// `dtype` is nil.
    public init(_ layer: Layer, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
        self.layer = layer
        super.init(name: name, trainable: trainable, dtype: dtype ?? layer.policySource)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.layer("layer"), name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    public override var config: [String: JSONValue] { super.config.merging(["layer": JSONValue(layer)]) { $1 } }
    override var castsInputs: Bool { layer.castsInputs }
    public override func outputType(for inputTypes: [DType]) -> DType {
        dtypePolicy == layer.dtypePolicy ? layer.outputType(for: inputTypes) : computeDType
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        try layer.ensureBuilt(for: [stepShape(inputShapes[0])])
    }

    private func stepShape(_ shape: PartialShape) -> PartialShape {
        PartialShape([shape[0]] + shape.dimensions.dropFirst(2))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 3 else {
            throw MartletError("Expected an input of rank 3 or more, (batch, steps, ...). Received: shape \(shape).")
        }
        let inner = try layer.outputShapes(for: [stepShape(shape)])
        guard inner.count == 1 else {
            throw MartletError("Expected a layer of one output. Received: \(inner.count) outputs.")
        }
        return [PartialShape([shape[0], shape[1]] + inner[0].dimensions.dropFirst())]
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let (batch, steps) = (x.shape[0], x.shape[1])
        func apply(_ x: Tensor, _ mask: Tensor?) -> Tensor {
            var inner = context
            inner.masks = mask.map { [$0] } ?? []
            return layer.call([x], in: inner)[0]
        }
        if !layer.nonTrainableWeights.isEmpty, steps > 0 {
            let masks = context.mask?.unstacked(axis: 1)
            return .stack(x.unstacked(axis: 1).enumerated().map { apply($1, masks?[$0]) }, axis: 1)
        }
        func folded(_ x: Tensor) -> Tensor {
            x.reshaped(to: Shape([batch * steps] + x.shape.dimensions.dropFirst(2)))
        }
        let y = apply(folded(x), context.mask.map(folded))
        return y.reshaped(to: Shape([batch, steps] + y.shape.dimensions.dropFirst()))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "dense", TimeDistributed(Dense(2, activation: .tanh, dtype: .float64), dtype: .float64), [[3, 4]],
                bad: [[[nil, 4]]]),
            LayerSample(
                "statistics", TimeDistributed(BatchNormalization(dtype: .float64), dtype: .float64), [[3, 4]],
                bad: [[[nil, 4]]]),
            LayerSample("dropout", TimeDistributed(Dropout(0.4, seed: 3, dtype: .float64), dtype: .float64), [[3, 4]]),
        ]
    }
}
