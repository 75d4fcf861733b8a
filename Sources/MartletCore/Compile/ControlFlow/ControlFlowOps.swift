/// An op that runs graphs of its own.
protocol ControlFlowOp: KernelOp {}

extension ControlFlowOp {
    // What it runs is profiled by itself.
    package func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 0 }
}

extension KernelMemory {
    /// Tensors over the inputs' memory, for as long as the kernel runs.
    func inputTensors(_ specs: [TensorSpec]) -> [Tensor] {
        specs.enumerated().map { number, spec in
            let memory = UnsafeMutableRawPointer(mutating: input(number))
            return Tensor(spec, buffer: Buffer(borrowing: memory, byteCount: spec.byteCount))
        }
    }

    /// Copies tensors to the first outputs.
    func copyOutputs(_ values: [Tensor]) {
        for (number, value) in values.enumerated() {
            output(number).copyMemory(from: value.pointer, byteCount: value.spec.byteCount)
        }
    }
}

extension OpRegistry {
    package static let controlFlow: [any Op.Type] = [Cond.self, Scan.self, While.self, WhileGradient.self]
}
