import Foundation
import Synchronization

/// A processor that holds tensors and computes with them.
///
/// ```swift
/// for device in Device.all(.gpu) { print(device) }          // nothing, where there is none
/// try withDevice(.cpu) { print(matmul(a, b)) }
/// ```
///
/// The CPU is the only device of this version. The functions are here so that programs that ask for another one run, and get
/// a clear error where it is not there.
///
/// Source: [`tf.config.list_physical_devices`](https://www.tensorflow.org/api_docs/python/tf/config/list_physical_devices).
public struct Device: Hashable, Sendable, CustomStringConvertible {
    /// What kind of processor a device is.
    public enum Kind: String, Sendable, CaseIterable {
        /// The processor that the program runs on, all of its cores.
        case cpu
        /// A graphics processor.
        case gpu
    }

    /// The kind of processor.
    public let kind: Kind
    /// The number among the devices of its kind, from 0.
    public let index: Int

    /// Names a device, whether or not it is there: ``withDevice(_:_:)`` finds out.
    public init(_ kind: Kind, index: Int = 0) {
        self.kind = kind
        self.index = index
    }

    /// The device of a name such as `"cpu"`, `"gpu:1"` or TensorFlow's `"/GPU:0"`. Upper and lower case mean the same.
    /// - Throws: `MartletError` when the name is not one of a device.
    public init(named name: String) throws {
        let parts = name.lowercased().split(separator: "/").last?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        let words = parts.first == "device" ? parts.dropFirst() : parts[...]
        let number = words.count == 2 ? Int(words.last!) : 0
        guard let kind = words.first.flatMap({ Kind(rawValue: String($0)) }), words.count <= 2, let number, number >= 0 else {
            throw MartletError("Expected a device such as \"cpu\" or \"gpu:0\". Received: \"\(name)\".")
        }
        self.init(kind, index: number)
    }

    /// The processor that the program runs on.
    public static let cpu = Device(.cpu)

    /// The devices that are there, of one kind or of all.
    public static func all(_ kind: Kind? = nil) -> [Device] {
        Backends.all.map(\.device).filter { kind == nil || $0.kind == kind }
    }

    /// `GPU:0`
    public var description: String { "\(kind.rawValue.uppercased()):\(index)" }

    /// Whether the device is there.
    public var isAvailable: Bool { Device.all(kind).contains(self) }

    /// Lets the device take memory as it needs it, or all at once (`false`).
    /// - Throws: `MartletError` for the CPU, which always takes memory as it needs it, and for a device that is not there.
    ///
    /// Source: [`tf.config.experimental.set_memory_growth`](https://www.tensorflow.org/api_docs/python/tf/config/experimental/set_memory_growth).
    public func setMemoryGrowth(_ isEnabled: Bool) throws {
        try backend().setMemoryGrowth(isEnabled)
    }

    /// Limits the bytes of tensors on the device; nil for no limit.
    /// - Throws: `MartletError` for the CPU, whose memory the system limits, and for a device that is not there.
    ///
    /// Source: [`tf.config.set_logical_device_configuration`](https://www.tensorflow.org/api_docs/python/tf/config/set_logical_device_configuration).
    public func setMemoryLimit(bytes: Int?) throws {
        try backend().setMemoryLimit(bytes)
    }

    /// What runs ops on the device.
    func backend() throws -> any Backend {
        if let backend = Backends.all.first(where: { $0.device == self }) { return backend }
        let there = Device.all().map(\.description).joined(separator: ", ")
        throw MartletError("Expected a device that is there: \(there). Received: \(self).")
    }
}

/// Runs `body` with its ops on a device. Tensors that lie elsewhere are copied to it.
/// - Throws: `MartletError` when the device is not there, before `body` runs; and what `body` throws.
///
/// Source: [`tf.device`](https://www.tensorflow.org/api_docs/python/tf/device).
public func withDevice<R>(_ device: Device, _ body: () throws -> R) throws -> R {
    let backend = try device.backend()
    let context = Context.current
    let saved = context.backend
    context.backend = backend is HostBackend ? nil : backend
    defer { context.backend = saved }
    return try body()
}

extension Tensor {
    /// The device whose memory holds the elements.
    public var device: Device { handle.buffer.storage?.backend.device ?? .cpu }

    /// This tensor in the memory of a device; itself where it lies there.
    /// - Throws: `MartletError` when the device is not there.
    public func to(_ device: Device) throws -> Tensor { try device.backend().holding(self) }

    /// This tensor in the host's memory.
    package var onHost: Tensor {
        guard let storage = handle.buffer.storage else { return self }
        let copy = Tensor(uninitialized: spec)
        storage.copyElements(to: copy.mutablePointer, spec)
        return copy
    }
}
