import CKernels

/// An op that can leave out outputs which nothing in the graph reads.
protocol SparingOp: KernelOp {
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

/// What an executable keeps for one step with weights that it only reads, as in a model that predicts: they are laid out for
/// the kernel once.
final class LaidOutWeights {
    private let layOut: (KernelMemory) -> OpaquePointer?
    private let runKernel: (KernelMemory, OpaquePointer?) -> Void
    private var weights: OpaquePointer?
    /// The version of the weights that the last run met, and whether they were laid out then.
    private var version: Int?
    private var isLaidOut = false

    init(
        _ layOut: @escaping (KernelMemory) -> OpaquePointer?, _ run: @escaping (KernelMemory, OpaquePointer?) -> Void
    ) {
        self.layOut = layOut
        runKernel = run
    }

    deinit { mk_free_weights(weights) }

    /// Runs the kernel on weights of this version. To lay them out costs more than it saves in one run, so weights that
    /// change from run to run are read as they are.
    func run(_ memory: KernelMemory, version: Int) {
        if version != self.version {
            if let weights { mk_free_weights(weights) }
            (weights, isLaidOut, self.version) = (nil, false, version)
        } else if !isLaidOut {
            (weights, isLaidOut) = (layOut(memory), true)
        }
        runKernel(memory, weights)
    }
}
