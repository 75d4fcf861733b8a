/// An op that runs graphs of its own.
protocol ControlFlowOp: Op {}

extension ControlFlowOp {
    // What it runs is profiled by itself.
    package func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 0 }

    /// Hands out what the last graph left elsewhere; outputs that have no value here are filled by the op.
    func copyElements(of values: [Tensor], to outputs: [Tensor]) {
        for (value, output) in zip(values, outputs) {
            output.mutablePointer.copyMemory(from: value.pointer, byteCount: value.spec.byteCount)
        }
    }
}

extension OpRegistry {
    package static let controlFlow: [any Op.Type] = [Cond.self, Scan.self, While.self, WhileGradient.self]
}
