/// How the CPU computes an op whose inputs and outputs have given specs. Whatever follows from the specs was worked out when
/// the kernel was made: a run only gets places in memory.
///
/// A compiled function makes its kernels once, an eager op at each call.
package enum Kernel {
    /// Throws when values are out of range: an index, a label.
    package typealias Body = (KernelMemory) throws(OpFailure) -> Void

    case plain(Body)
    /// A kernel that multiplies with weights, which it reads faster once they are laid out for its inner loops: `layOut` does
    /// that, and gives nil where there is nothing to gain. The bits are the same.
    case weighted(
        layOut: (KernelMemory) -> OpaquePointer?, run: (KernelMemory, _ weights: OpaquePointer?) -> Void)

    package init(_ body: @escaping Body) { self = .plain(body) }

    /// A kernel that takes a plan of the C library, which follows from the specs.
    init<Plan>(_ plan: Plan, _ body: @escaping (UnsafePointer<Plan>, KernelMemory) -> Void) {
        self = .plain { memory in withUnsafePointer(to: plan) { body($0, memory) } }
    }

    /// A kernel that multiplies with weights and takes a plan of the C library.
    static func weighted<Plan>(
        _ plan: Plan, layOut: @escaping (UnsafePointer<Plan>, KernelMemory) -> OpaquePointer?,
        run: @escaping (UnsafePointer<Plan>, KernelMemory, _ weights: OpaquePointer?) -> Void
    ) -> Kernel {
        .weighted(
            layOut: { memory in withUnsafePointer(to: plan) { layOut($0, memory) } },
            run: { memory, weights in withUnsafePointer(to: plan) { run($0, memory, weights) } })
    }

    /// Fills the outputs, whose memory is uninitialised.
    package func run(_ memory: KernelMemory) throws(OpFailure) {
        switch self {
        case .plain(let body): try body(memory)
        case .weighted(_, let run): run(memory, nil)
        }
    }
}

/// Where the inputs and outputs of one run of a kernel lie.
package struct KernelMemory {
    let inputs: UnsafePointer<UnsafeRawPointer?>
    let outputs: UnsafePointer<UnsafeMutableRawPointer?>

    init(_ inputs: UnsafePointer<UnsafeRawPointer?>, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>) {
        self.inputs = inputs
        self.outputs = outputs
    }

    package func input(_ index: Int) -> UnsafeRawPointer { inputs[index].unsafelyUnwrapped }
    func input<Element>(_ index: Int, as type: Element.Type) -> UnsafePointer<Element> {
        input(index).assumingMemoryBound(to: type)
    }
    package func output(_ index: Int) -> UnsafeMutableRawPointer { outputs[index].unsafelyUnwrapped }
    /// Sets every byte of an output to zero: for a kernel that only writes some elements.
    func clearOutput(_ index: Int, byteCount: Int) {
        output(index).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }
    func output<Element>(_ index: Int, as type: Element.Type) -> UnsafeMutablePointer<Element> {
        output(index).assumingMemoryBound(to: type)
    }
}

extension KernelMemory {
    /// Calls `body` with the places of tensors, which live as long.
    package static func with<R, Failure: Error>(
        _ inputs: [Tensor], _ outputs: [Tensor], _ body: (KernelMemory) throws(Failure) -> R
    ) throws(Failure) -> R {
        defer { withExtendedLifetime((inputs, outputs)) {} }
        return try onStack(inputs.count, { Optional(inputs[$0].pointer) }) { (sources) throws(Failure) in
            try onStack(outputs.count, { Optional(outputs[$0].mutablePointer) }) { (targets) throws(Failure) in
                try body(KernelMemory(sources, targets))
            }
        }
    }
}
