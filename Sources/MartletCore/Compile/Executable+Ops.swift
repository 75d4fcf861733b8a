import CKernels
import Synchronization

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

/// What the executables of one graph keep for one step with weights that it only reads, as in a model that predicts: they are
/// laid out for the kernel once.
final class LaidOutWeights: @unchecked Sendable {
    private final class Layout: @unchecked Sendable {
        let weights: OpaquePointer?
        init(_ weights: OpaquePointer?) { self.weights = weights }
        deinit { mk_free_weights(weights) }
    }

    private let layOut: (KernelMemory) -> OpaquePointer?
    private let runKernel: (KernelMemory, OpaquePointer?) -> Void
    /// The version of the weights that the last run met, and what was laid out of them, if anything was.
    private let last = Mutex<(version: Int?, layout: Layout?)>((nil, nil))

    init(
        _ layOut: @escaping (KernelMemory) -> OpaquePointer?, _ run: @escaping (KernelMemory, OpaquePointer?) -> Void
    ) {
        self.layOut = layOut
        runKernel = run
    }

    /// Runs the kernel on weights of this version. To lay them out costs more than it saves in one run, so weights that
    /// change from run to run are read as they are.
    func run(_ memory: KernelMemory, version: Int) {
        let layout = last.withLock { last in
            if version != last.version {
                last = (version, nil)
            } else if last.layout == nil {
                last.layout = Layout(layOut(memory))
            }
            return last.layout
        }
        withExtendedLifetime(layout) { runKernel(memory, layout?.weights) }
    }
}
