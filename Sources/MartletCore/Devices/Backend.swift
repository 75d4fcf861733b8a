/// What runs ops on one device, and holds the memory of tensors there.
///
/// An op says what it computes: a backend lowers it. It has a kernel of its own for some ops, shares memory for a view, casts
/// around a kernel of another dtype, computes the others by their formulas, and fails for what has none.
package protocol Backend: AnyObject, Sendable {
    var device: Device { get }

    /// Runs the backend's own kernel of an op; nil when it has none.
    func run(_ op: any Op, _ inputs: [Tensor], _ outputs: [TensorSpec]) throws(OpFailure) -> [Tensor]?

    /// A tensor's elements in the device's memory.
    func upload(_ tensor: Tensor) -> Buffer

    func setMemoryGrowth(_ isEnabled: Bool) throws
    func setMemoryLimit(_ bytes: Int?) throws
}

/// Memory of another device than the host.
package protocol DeviceStorage: AnyObject, Sendable {
    var backend: any Backend { get }
    /// Writes the elements of a tensor of this spec to the host's memory.
    func copyElements(to memory: UnsafeMutableRawPointer, _ spec: TensorSpec)
}

extension Backend {
    /// A tensor with its elements in the device's memory.
    package func holding(_ tensor: Tensor) -> Tensor {
        if tensor.handle.buffer.storage?.backend === self { return tensor }
        let host = tensor.onHost
        return self is HostBackend ? host : Tensor(host.spec, buffer: upload(host))
    }

    /// Runs an op of which the shape rule is asked first.
    package func lower(_ op: some Op, _ inputs: [Tensor]) throws(OpFailure) -> [Tensor] {
        try perform(op, inputs, op.outputs(for: inputs.map(\.spec)))
    }

    /// Lowers an op and runs it. Views and casts apart, it is the backend's own kernel or the op's formula.
    func perform<O: Op>(_ op: O, _ inputs: [Tensor], _ outputs: [TensorSpec]) throws(OpFailure) -> [Tensor] {
        let own = inputs.map(holding)
        if O.form == .view { return [Tensor(sharing: own[0], as: outputs[0])] }
        if let results = try run(op, own, outputs) { return results }
        if let results = Context.current.withTapes([], { op.formula(own) }) { return results }
        throw OpFailure("The device \(device) has no kernel for it, and it has no formula of simpler ops.")
    }
}

/// The CPU. Its kernels are the ops' own, which the dispatcher and compiled functions call without going through here.
final class HostBackend: Backend {
    let device = Device.cpu

    func run(_ op: any Op, _ inputs: [Tensor], _ outputs: [TensorSpec]) throws(OpFailure) -> [Tensor]? { try op.computed(inputs) }
    func upload(_ tensor: Tensor) -> Buffer { tensor.handle.buffer }

    func setMemoryGrowth(_ isEnabled: Bool) throws {
        guard isEnabled else {
            throw MartletError("Expected a device that can take all memory at once. Received: the CPU, which takes it as needed.")
        }
    }

    func setMemoryLimit(_ bytes: Int?) throws {
        guard bytes == nil else {
            throw MartletError("Expected a device with memory of its own. Received: the CPU, whose memory the system limits.")
        }
    }
}

/// The backends of the process.
package enum Backends {
    private static let list = Guarded<[any Backend]>([HostBackend()])

    package static var all: [any Backend] { list.withLock { $0 } }

    /// Adds a backend, unless there is one for its device.
    package static func add(_ backend: any Backend) {
        list.withLock { list in
            if !list.contains(where: { $0.device == backend.device }) { list.append(backend) }
        }
    }
}
