import MartletCore
import MartletFormats

/// A recurrent layer over any cell, or several on top of each other.
///
/// Shapes: [batch, steps, ...], and possibly the first states, [batch, units] each, give [batch, units], the output of
/// the last step, or with `returnSequences` [batch, steps, units]; with `returnState` also the last states.
///
/// ```swift
/// let layer = RNN([LSTMCell(64), LSTMCell(32)], returnSequences: true)
/// ```
///
/// Source: [`keras.layers.RNN`](https://keras.io/api/layers/recurrent_layers/rnn/).
public final class RNN: RecurrentLayer, ConfigurableLayer {
    /// Makes a layer over a cell. The other parameters are described at ``RecurrentLayer``.
    public convenience init(
        _ cell: RNNCell, returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
        stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            cell,
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask), name: name,
            trainable: trainable, dtype: dtype)
    }

    /// Makes a layer over several cells, each of which reads the outputs of the one before.
    public convenience init(
        _ cells: [RNNCell], returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
        stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            StackedRNNCells(cells, dtype: dtype), returnSequences: returnSequences, returnState: returnState,
            goBackwards: goBackwards, stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask,
            name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let cell: RNNCell = try config.layer("cell")
        try self.init(
            cell, SequenceOptions(config: config), name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    public override var config: [String: JSONValue] {
        super.config.merging(SequenceOptions.arguments.config(of: options)) { $1 }.merging(["cell": JSONValue(cell)]) { $1 }
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, 3, 4], [nil, 3]]]
        return [
            LayerSample("lstm", RNN(LSTMCell(2, dtype: .float64), dtype: .float64), [[3, 4]], bad: bad),
            LayerSample(
                "two cells, backwards",
                RNN(
                    [GRUCell(2, dtype: .float64), LSTMCell(3, dropout: 0.3, seed: 2, dtype: .float64)],
                    returnSequences: true, returnState: true, goBackwards: true, dtype: .float64),
                [[3, 4]], bad: bad),
        ]
    }
}

extension Configuration {
    /// The layer that the argument `key` describes.
    func layer<L: Layer>(_ key: String) throws -> L {
        try located(key) { try Self.layer(required(key)) }
    }

    /// The layer or model that a JSON object describes.
    static func layer<L: Layer>(_ json: JSONValue) throws -> L {
        let layer = try ModelReader.layer(json)
        guard let result = layer as? L else {
            throw MartletError("Expected a layer of class \(L.self). Received: \(layer.className).")
        }
        return result
    }
}

extension JSONValue {
    /// A layer or model within another's configuration, as Keras writes it.
    init(_ layer: Layer) { self = .object(ModelWriter.describe(layer)) }
}
