import MartletCore
import MartletFormats

/// Several cells as one: each reads the output of the one before. The states are those of the first cell, then those of
/// the second, and so on.
///
/// Source: [`keras.layers.StackedRNNCells`](https://keras.io/api/layers/recurrent_layers/stacked_rnn_cell/).
public final class StackedRNNCells: RNNCell, ConfigurableLayer {
    /// The cells, the first to see the input first.
    public let cells: [RNNCell]

    /// Makes a cell of `cells`, of which there must be one at least.
    public init(_ cells: [RNNCell], name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
        Argument.check(
            !cells.isEmpty, "StackedRNNCells", "cells", expected: "one cell or more", received: "none")
        self.cells = cells
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let list: [JSONValue] = try config.required("cells")
        let cells: [RNNCell] = try config.located("cells") { try list.map { try Configuration.layer($0) } }
        try self.init(cells, name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    public override var stateSizes: [Int] { cells.flatMap(\.stateSizes) }
    public override var outputSize: Int { cells.last?.outputSize ?? 0 }
    public override var config: [String: JSONValue] {
        super.config.merging(["cells": .array(cells.map { JSONValue($0) })]) { $1 }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        try eachCell(inputShapes[0]) { try $0.ensureBuilt(for: $1) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shapes = try super.outputShapes(for: inputShapes)
        try eachCell(inputShapes[0]) { _ = try $0.outputShapes(for: $1) }
        return shapes
    }

    /// Each cell with the shapes of its input and states.
    private func eachCell(_ inputShape: PartialShape, _ body: (RNNCell, [PartialShape]) throws -> Void) rethrows {
        var shape = inputShape
        for cell in cells {
            try body(cell, [shape] + cell.stateSizes.map { [shape[0], $0] })
            shape = [shape[0], cell.outputSize]
        }
    }

    public override func initialStates(batch: Int) -> [Tensor] { cells.flatMap { $0.initialStates(batch: batch) } }

    override func beginSequence(_ inputShape: Shape, in context: CallContext) {
        var shape = inputShape
        for cell in cells {
            cell.beginSequence(shape, in: context)
            shape = [shape[0], cell.outputSize]
        }
    }
    override func endSequence() { for cell in cells { cell.endSequence() } }

    public override func step(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        var (output, rest, new) = (x, states[...], [Tensor]())
        for cell in cells {
            let count = cell.stateSizes.count
            let (next, own) = cell.computing {
                cell.step(cell.cast(output), states: rest.prefix(count).map(cell.cast), in: context)
            }
            (output, rest) = (next, rest.dropFirst(count))
            new += own
        }
        return (output, new)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4]], [[nil, 4], [nil, 2], [nil, 2], [nil, 3]]]
        return [
            LayerSample(
                "simple and gru",
                StackedRNNCells([SimpleRNNCell(2, dtype: .float64), GRUCell(3, dtype: .float64)], dtype: .float64),
                [[4], [2], [3]], bad: bad)
        ]
    }
}
