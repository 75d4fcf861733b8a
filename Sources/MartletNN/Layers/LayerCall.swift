import MartletCore

/// The arguments of a call of a layer: what Keras's `call` takes.
public struct LayerCall<Value> {
    /// The inputs, in order; the first states of a recurrent layer, and value and key of an attention layer among them.
    public var inputs: [Value]
    /// For each input which of its entries count, in place of the mask that it carries; nil or missing keeps that one.
    public var masks: [Value?] = []
    /// For attention layers, [batch, queries, keys]: false where a query must not see a key.
    public var attentionMask: Value?
    /// Whether the call is part of training; nil inherits from the layer that calls, false outside of any.
    public var training: Bool?
    /// For attention layers: whether query i sees the keys 0...i only.
    public var useCausalMask = false
    /// For attention layers: whether the weights of the keys are a second output.
    public var returnAttentionScores = false
    /// For `ReversibleEmbedding`: whether it goes back, from rows to logits.
    public var reverse = false

    /// Makes the arguments of a call.
    public init(
        _ inputs: [Value], masks: [Value?] = [], attentionMask: Value? = nil, training: Bool? = nil,
        useCausalMask: Bool = false, returnAttentionScores: Bool = false, reverse: Bool = false
    ) {
        self.inputs = inputs
        self.masks = masks
        self.attentionMask = attentionMask
        self.training = training
        self.useCausalMask = useCausalMask
        self.returnAttentionScores = returnAttentionScores
        self.reverse = reverse
    }

    /// The same call of other values.
    func map<R>(_ transform: (Value) throws -> R) rethrows -> LayerCall<R> {
        LayerCall<R>(
            try inputs.map(transform), masks: try masks.map { try $0.map(transform) },
            attentionMask: try attentionMask.map(transform), training: training, useCausalMask: useCausalMask,
            returnAttentionScores: returnAttentionScores, reverse: reverse)
    }
}

extension LayerCall: Sendable where Value: Sendable {}

/// How a layer is being called.
public struct CallContext: Sendable {
    /// Whether the call is part of training: dropout drops, batch normalization uses the batch's statistics.
    public var training: Bool
    /// For each input which of its entries count, nil for one of which all do; empty when that is so for all of them.
    public var masks: [Tensor?] = []
    /// For attention layers, [batch, queries, keys]: false where a query must not see a key.
    public var attentionMask: Tensor?
    /// For attention layers: whether query i sees the keys 0...i only.
    public var useCausalMask = false
    /// For attention layers: whether the weights of the keys are a second output.
    public var returnAttentionScores = false
    /// For `ReversibleEmbedding`: whether it goes back, from rows to logits.
    public var reverse = false

    /// Makes a context.
    public init(training: Bool = false) { self.training = training }

    /// Which entries of the first input count, nil when all do.
    public var mask: Tensor? { masks.first ?? nil }
}

/// What layers are called with: a `Tensor`, which gives the outputs, or a `SymbolicTensor`, which adds the call to a
/// functional graph.
public protocol LayerValue: Sendable {
    /// The outputs of a call of a layer. Stops, naming the layer's path, when the layer cannot take it.
    static func outputs(of layer: Layer, _ call: LayerCall<Self>) -> [Self]
}

extension Tensor: LayerValue {
    public static func outputs(of layer: Layer, _ call: LayerCall<Tensor>) -> [Tensor] { layer.run(call) }
}

extension SymbolicTensor: LayerValue {
    public static func outputs(of layer: Layer, _ call: LayerCall<SymbolicTensor>) -> [SymbolicTensor] {
        do {
            return try GraphNode.make(layer: layer, call).outputs
        } catch {
            Argument.note(error)
            return call.inputs
        }
    }
}
