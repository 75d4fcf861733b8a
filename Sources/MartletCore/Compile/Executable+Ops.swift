import CKernels

/// An op that multiplies with a matrix or a kernel, its second input, which it can read faster once it is laid out for the
/// inner loops. Where that input stays from run to run, as the weights of a model that predicts, an executable prepares it
/// once. The bits are the same.
protocol WeightedOp: Op {
    /// The weights of these inputs laid out, nil where there is nothing to gain.
    func prepare(_ inputs: [Tensor], _ outputs: [Tensor]) -> OpaquePointer?
    func run(_ inputs: [Tensor], _ outputs: [Tensor], weights: OpaquePointer?)
}

extension WeightedOp {
    func run(_ inputs: [Tensor], _ outputs: [Tensor]) { run(inputs, outputs, weights: nil) }
}

/// An op that can leave out outputs which nothing in the graph reads.
protocol SparingOp: Op {
    /// The op that writes the needed outputs alone; the others' memory stays as it is.
    func sparing(_ isNeeded: [Bool]) -> any Op
}

extension Graph {
    /// The graph in which ops write no output that nothing reads.
    func sparing() -> Graph {
        var isRead = [Bool](repeating: false, count: specs.count)
        for value in nodes.flatMap(\.inputs) + results + updates.map(\.value) { isRead[value] = true }
        var graph = self
        for (number, node) in nodes.enumerated() {
            guard let op = node.op as? any SparingOp else { continue }
            graph.replaceNode(number, by: op.sparing(node.outputs.map { isRead[$0] }), node.inputs)
        }
        return graph
    }
}

/// What an executable keeps for one step with a `WeightedOp` whose weights it only reads.
final class PreparedWeights {
    private let op: any WeightedOp
    private var prepared: OpaquePointer?
    /// The version of the weights that the last run met, and whether they were prepared then.
    private var version: Int?
    private var isPrepared = false

    init(_ op: any WeightedOp) { self.op = op }
    deinit { mk_free_weights(prepared) }

    /// Runs the op on weights of this version. To lay them out costs more than it saves in one run, so weights that change
    /// from run to run are read as they are.
    func run(_ inputs: [Tensor], _ outputs: [Tensor], version: Int) {
        if version != self.version {
            if let prepared { mk_free_weights(prepared) }
            (prepared, isPrepared, self.version) = (nil, false, version)
        } else if !isPrepared {
            (prepared, isPrepared) = (op.prepare(inputs, outputs), true)
        }
        op.run(inputs, outputs, weights: prepared)
    }
}
