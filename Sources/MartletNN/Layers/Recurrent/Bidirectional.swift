import MartletCore
import MartletFormats

/// A recurrent layer in both directions of its sequences, and what the two give together.
///
/// The second layer, unless given, is the first with `goBackwards` turned on; its sequence of outputs is turned round
/// to the order of the input. States go in and come out in the order forward, backward.
///
/// Source: [`keras.layers.Bidirectional`](https://keras.io/api/layers/recurrent_layers/bidirectional/); M. Schuster and
/// K. Paliwal, *Bidirectional recurrent neural networks*, 1997.
public final class Bidirectional: Layer, ConfigurableLayer {
    /// How the outputs of the two directions become one.
    public enum MergeMode: String, CaseIterable, Sendable { case concat, sum, mul, ave }

    /// The layer that reads forwards.
    public let forwardLayer: RecurrentLayer
    /// The layer that reads backwards.
    public let backwardLayer: RecurrentLayer
    /// nil gives both outputs.
    public let mergeMode: MergeMode?

    /// Makes a layer of copies of `layer`, which itself stays as it is.
    /// - Parameters:
    ///   - mergeMode: how the outputs become one; nil gives both.
    ///   - backwardLayer: the layer for the other direction, which must have `goBackwards` the other way, and
    ///     `returnSequences` and `returnState` as `layer`.
    public init(
        _ layer: RecurrentLayer, mergeMode: MergeMode? = .concat, backwardLayer: RecurrentLayer? = nil,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        let forward = Self.copy(of: layer, prefix: "forward_")
        let backward = backwardLayer ?? Self.copy(of: layer, prefix: "backward_", goBackwards: true)
        Argument.check(
            forward.goBackwards != backward.goBackwards, "Bidirectional", "backwardLayer",
            expected: "a layer of the other direction", received: Caller.words("goBackwards \(backward.goBackwards) twice"))
        Argument.check(
            forward.returnSequences == backward.returnSequences && forward.returnState == backward.returnState,
            "Bidirectional", "backwardLayer", expected: "returnSequences and returnState as the forward layer's",
            received: Caller.words("returnSequences \(backward.returnSequences), returnState \(backward.returnState)"))
        // Where a sequence is padded, one direction starts with what the other ends with.
        forward.options.zeroOutputForMask = forward.returnSequences
        backward.options.zeroOutputForMask = forward.returnSequences
        forwardLayer = forward
        self.backwardLayer = backward
        self.mergeMode = mergeMode
        super.init(name: name, trainable: trainable, dtype: dtype ?? layer.policySource)
    }

    public convenience init(config: Configuration) throws {
        let layer: RecurrentLayer = try config.layer("layer")
        let hasBackward = config.arguments["backward_layer"].map { $0 != .null } ?? false
        var backward: RecurrentLayer?
        if hasBackward { backward = try config.layer("backward_layer") as RecurrentLayer }
        let mode: MergeMode? =
            config.arguments["merge_mode"] == .null ? nil : try config.option("merge_mode", default: .concat)
        try self.init(
            layer, mergeMode: mode, backwardLayer: backward, name: config.name, trainable: config.trainable,
            dtype: config.dtype)
    }

    /// A layer of the same configuration, with weights of its own. A layer that exists has a good configuration.
    private static func copy(of layer: RecurrentLayer, prefix: String, goBackwards: Bool? = nil) -> RecurrentLayer {
        var config = layer.config
        config["name"] = .string(layer.name.hasPrefix(prefix) ? layer.name : prefix + layer.name)
        if let goBackwards { config["go_backwards"] = .bool(goBackwards) }
        do {
            return try Configuration.layer(
                .keras(module: "keras.layers", className: layer.className, config: config))
        } catch {
            Argument.note(error)
            return layer
        }
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "merge_mode": mergeMode.map { .string($0.rawValue) } ?? .null, "layer": JSONValue(forwardLayer),
            "backward_layer": JSONValue(backwardLayer),
        ]) { $1 }
    }

    // MARK: - Shapes

    /// The inputs of both directions: the sequence, and half of the states each.
    private func halves<T>(_ inputs: [T]) -> (forward: [T], backward: [T]) {
        let (x, states) = (inputs.prefix(1), inputs.dropFirst())
        let count = states.count / 2
        return (Array(x + states.prefix(count)), Array(x + states.dropFirst(count)))
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let (forward, backward) = halves(inputShapes)
        try forwardLayer.ensureBuilt(for: forward)
        try backwardLayer.ensureBuilt(for: backward)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let (forward, backward) = halves(inputShapes)
        let (first, second) = (
            try forwardLayer.outputShapes(for: forward), try backwardLayer.outputShapes(for: backward)
        )
        let states = first.dropFirst() + second.dropFirst()
        guard let mergeMode else { return [first[0], second[0]] + states }
        guard mergeMode != .concat else {
            let size = (first[0][-1] ?? 0) + (second[0][-1] ?? 0)
            return [first[0].replacing(-1, by: size)] + states
        }
        guard first[0] == second[0] else {
            throw MartletError("Expected outputs of one shape to merge. Received: \(first[0]) and \(second[0]).")
        }
        return [first[0]] + states
    }

    // MARK: - Calls

    override var callParameters: [String] { ["sequences", "initial_state", "mask", "training"] }
    override var listParameter: String? { "initial_state" }

    /// As in Keras, a sequence that comes with states is read whole unless a mask is passed with them.
    override func seesCarriedMasks(of inputs: [Tensor]) -> Bool { inputs.count == 1 }

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        guard forwardLayer.returnSequences, let mask = masks.first else { return [] }
        return mergeMode == nil ? [mask, mask] : [mask]
    }

    /// The merged output, or both, and with `returnState` the last states.
    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let (forward, backward) = halves(inputs)
        let first = forwardLayer.apply(LayerCall(forward, masks: context.masks))
        let second = backwardLayer.apply(LayerCall(backward, masks: context.masks))
        let (y, back) = (cast(first[0]), cast(second[0]))
        let z = forwardLayer.returnSequences ? back.reversed(axes: [1]) : back
        let merged: [Tensor] =
            switch mergeMode {
            case nil: [y, z]
            case .concat: [.concatenate([y, z], axis: -1)]
            case .sum: [y + z]
            case .mul: [y * z]
            case .ave: [(y + z) / 2]
            }
        return merged + first.dropFirst() + second.dropFirst()
    }

    /// Sets the states that stateful layers keep to zeros.
    public func resetState() {
        forwardLayer.resetState()
        backwardLayer.resetState()
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]]]
        @Sendable func lstm(_ sequences: Bool, state: Bool = false) -> LSTM {
            LSTM(2, returnSequences: sequences, returnState: state, dtype: .float64)
        }
        return [
            LayerSample("concat", Bidirectional(lstm(true), dtype: .float64), [[3, 4]], bad: bad),
            LayerSample("sum", Bidirectional(lstm(false), mergeMode: .sum, dtype: .float64), [[3, 4]], bad: bad),
            LayerSample(
                "product, states", Bidirectional(lstm(true, state: true), mergeMode: .mul, dtype: .float64),
                [[3, 4]], bad: bad),
            LayerSample(
                "mean, from states", Bidirectional(lstm(true), mergeMode: .ave, dtype: .float64),
                [[3, 4], [2], [2], [2], [2]], bad: bad),
            LayerSample(
                "both, of two kinds",
                Bidirectional(
                    lstm(true), mergeMode: nil,
                    backwardLayer: GRU(3, returnSequences: true, goBackwards: true, dtype: .float64), dtype: .float64),
                [[3, 4]], bad: bad),
        ]
    }
}

extension Bidirectional {
    /// Reads sequences from given first states.
    /// - Parameters:
    ///   - initialState: the first states, [batch, units] each: the forward layer's, then the backward layer's.
    ///   - mask: `bool` [batch, steps]; a step where it is false keeps the states. As in Keras, the mask that `x` carries
    ///     does not count here.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    /// - Returns: the merged output, or both, and with `returnState` the last states.
    public func callAsFunction<Value: LayerValue>(
        _ x: Value, initialState: [Value], mask: Value? = nil, training: Bool? = nil
    ) -> [Value] {
        apply(LayerCall([x] + initialState, masks: mask.map { [$0] } ?? [], training: training))
    }
}
