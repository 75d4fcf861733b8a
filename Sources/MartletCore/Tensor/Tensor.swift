import CKernels

/// A shape and a dtype: what a shape rule sees of a tensor.
public struct TensorSpec: Hashable, Sendable, CustomStringConvertible {
    /// The sizes of the axes.
    public var shape: Shape
    /// The type of the elements.
    public var dtype: DType

    /// Makes a spec.
    public init(_ shape: Shape, _ dtype: DType) {
        self.shape = shape
        self.dtype = dtype
    }

    public var description: String { "\(dtype)\(shape)" }
}

/// An n-dimensional array of numbers: an immutable value, contiguous and row-major, with its type known at run time.
///
/// Copies and reshapes share memory, and threads may share tensors. What is computed from a tensor that a `GradientTape`
/// watches is recorded there.
///
/// ```swift
/// let x = Tensor([[1, 2], [3, 4]], dtype: .float32)
/// let y = matmul(x, x).relu().sum(axis: -1)
/// ```
public struct Tensor: Sendable {
    /// Tapes tell tensors apart by their handle, so a reshaped tensor, which shares memory, has one of its own.
    package final class Handle: @unchecked Sendable {
        package let spec: TensorSpec
        package fileprivate(set) var buffer: Buffer
        /// The value of a graph that the tensor stands for while a function is traced; nil for one that has elements.
        package let symbol: Symbol?
        let isOnHost: Bool
        /// Set once, by the activation that made the tensor, before anyone else has seen it.
        package var origin: LogitsOrigin?
        /// Set once, by the layer that made the tensor, before anyone else has seen it.
        package var mask: Tensor?
        /// Set once, by the op or the tape that made the tensor, before anyone else has seen it.
        package var readRows: [Tensor]?

        package init(_ spec: TensorSpec, _ buffer: Buffer, symbol: Symbol? = nil) {
            self.spec = spec
            self.buffer = buffer
            self.symbol = symbol
            isOnHost = symbol == nil && buffer.storage == nil
        }
    }

    package private(set) var handle: Handle

    /// Takes uninitialised memory for a kernel to fill.
    package init(uninitialized spec: TensorSpec) {
        handle = Handle(spec, Buffer(byteCount: spec.shape.elementCount * spec.dtype.byteCount))
    }

    /// Another view of the memory of `other`.
    package init(sharing other: Tensor, as spec: TensorSpec) {
        handle = Handle(spec, other.handle.buffer, symbol: other.handle.symbol)
    }

    /// A tensor over given memory.
    package init(_ spec: TensorSpec, buffer: Buffer) { handle = Handle(spec, buffer) }

    /// A tensor that stands for a value of a graph.
    package init(_ symbol: Symbol, _ spec: TensorSpec) {
        handle = Handle(spec, .none, symbol: symbol)
    }

    /// What stands for the result of a call that failed within `withErrors`: it has a spec, but no elements.
    package static func substitute(_ spec: TensorSpec) -> Tensor { Tensor(.failed, spec) }

    /// What stands for a result of which nothing is known.
    package static var nothing: Tensor { substitute(TensorSpec([], Settings.defaultFloatType)) }

    /// Whether the tensor has its elements in the host's memory: it stands for no value of a graph, and lies on no other
    /// device.
    var isOnHost: Bool { handle.isOnHost }

    /// The value of a graph that the tensor stands for, nil when it has elements.
    package var symbol: Symbol? { handle.symbol }

    /// The sizes of the axes, outermost first.
    public var shape: Shape { handle.spec.shape }
    /// The type of the elements.
    public var dtype: DType { handle.spec.dtype }
    /// Shape and dtype.
    public var spec: TensorSpec { handle.spec }
    /// The number of axes.
    public var rank: Int { handle.spec.shape.rank }
    /// The number of elements.
    public var elementCount: Int { handle.spec.shape.elementCount }

    /// Whether nobody else holds this tensor or shares its memory, so that its owner may overwrite it.
    package var isUniquelyReferenced: Bool {
        mutating get { isKnownUniquelyReferenced(&handle) && isKnownUniquelyReferenced(&handle.buffer) }
    }

    package var id: ObjectIdentifier { ObjectIdentifier(handle) }
    package var pointer: UnsafeRawPointer { UnsafeRawPointer(handle.buffer.pointer) }
    /// For the kernel that fills the tensor, before anyone else has seen it.
    package var mutablePointer: UnsafeMutableRawPointer { handle.buffer.pointer }
}

extension Tensor {
    /// Makes a tensor of `values`, in row-major order, of the type that stores `Element`.
    /// Stops when their number is not the shape's.
    public init<Element: TensorElement>(_ values: [Element], shape: Shape) {
        guard
            require(
                values.count == shape.elementCount, "Tensor",
                "Expected \(shape.elementCount) values for shape \(shape). Received: \(values.count).")
        else {
            self = .substitute(TensorSpec(shape, Element.dtype))
            return
        }
        self.init(uninitialized: TensorSpec(shape, Element.dtype))
        values.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { mutablePointer.copyMemory(from: base, byteCount: bytes.count) }
        }
    }

    /// Makes a tensor from raw memory in row-major order and the machine's byte order.
    /// Stops when the number of bytes is not the shape's.
    public init(bytes: UnsafeRawBufferPointer, shape: Shape, dtype: DType) {
        let count = shape.elementCount * dtype.byteCount
        guard
            require(
                bytes.count == count, "Tensor", "Expected \(count) bytes for \(dtype)\(shape). Received: \(bytes.count).")
        else {
            self = .substitute(TensorSpec(shape, dtype))
            return
        }
        self.init(uninitialized: TensorSpec(shape, dtype))
        if let base = bytes.baseAddress { mutablePointer.copyMemory(from: base, byteCount: count) }
    }

    /// Calls `body` with the elements' memory, row-major. Stops in a function that is being compiled, where tensors that
    /// follow from its inputs have no elements yet.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        guard symbol == nil else {
            fail("Tensor", symbol == .failed ? Tensor.failedMessage : Tensor.tracedMessage(spec))
            return try withZeros(body)
        }
        let host = onHost
        return try withExtendedLifetime(host.handle) {
            try body(UnsafeRawBufferPointer(start: host.pointer, count: elementCount * dtype.byteCount))
        }
    }

    static let failedMessage = "A tensor is used that stands for the result of a call that failed."

    private static func tracedMessage(_ spec: TensorSpec) -> String {
        "A function that is being compiled read the elements of a tensor, \(spec), which has none until the compiled "
            + "function runs. Return the tensor and read it outside, decide with cond(_:_:_:) or `where`, or run the "
            + "function without compiling it (in fit: runEagerly: true)."
    }

    /// Calls `body` with what is read of a tensor without elements after a failure: zeros, not more than a program may ask for by
    /// mistake.
    private func withZeros<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let byteCount = Swift.min(elementCount, 1 << 20) * dtype.byteCount
        let zeros = [UInt64](repeating: 0, count: (byteCount + 7) / 8)
        return try zeros.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<byteCount])) }
    }

    /// The elements in row-major order, converted to `Element` where the dtype differs (as `cast(to:)` converts).
    public func scalars<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element] {
        let source = dtype == Element.dtype ? self : cast(to: Element.dtype)
        return source.withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
    }

    /// The only element of a tensor that has one, as the type that is asked for. Stops when there are more or none.
    @_disfavoredOverload
    public func item<Element: TensorElement>(as type: Element.Type = Element.self) -> Element {
        require(elementCount == 1, "item", "Expected a tensor of one element. Received: \(spec).")
        return scalars(as: type).first ?? Tensor.substitute(TensorSpec([], Element.dtype)).scalars(as: type)[0]
    }

    /// The only element, a `Double` unless another type is asked for. Stops when there are more or none.
    public func item() -> Double { plainItem ?? item(as: Double.self) }

    /// The only element without the op that converts it: loops read a loss after each step. Nil where there is more to do.
    private var plainItem: Double? {
        guard isOnHost, elementCount == 1 else { return nil }
        switch dtype {
        case .float32:
            let value = withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
            // Whether a denormal number counts as zero is the kernels' to decide.
            return value.isSubnormal ? nil : Double(value)
        case .float64:
            return withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
        default:
            return nil
        }
    }
}
