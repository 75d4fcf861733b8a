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
    /// Makes a layer over a cell.
    /// - Parameters:
    ///   - returnSequences: whether the output is that of every step, otherwise of the last.
    ///   - returnState: whether the last states are outputs too.
    ///   - goBackwards: whether the steps are read from the last to the first.
    ///   - stateful: whether a batch starts from the states in which the one before ended; `resetState()` forgets them.
    ///   - unroll: accepted for Keras's sake.
    ///   - zeroOutputForMask: whether a masked step's output is 0, otherwise that of the step before.
    public convenience init(
        _ cell: RNNCell, returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
        stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
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
        trainable: Bool = true, dtype: DType? = nil
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

    override init(
        _ cell: RNNCell, _ options: SequenceOptions, name: String?, trainable: Bool, dtype: DType?
    ) {
        super.init(cell, options, name: name, trainable: trainable, dtype: dtype)
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
