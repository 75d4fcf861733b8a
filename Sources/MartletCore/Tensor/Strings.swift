import CKernels

extension Tensor {
    /// Makes a tensor of strings, which only layers that take strings compute with: lookups, vectorization, hashing.
    ///
    /// Its dtype is `string`, and its shape has one more axis than `shape`: the bytes of each string in UTF-8, filled up with
    /// zeros to the length of the longest. As in NumPy's arrays of fixed-width strings, a zero byte at the end is no part of a
    /// string. Slices, gathers and batches along the first axis work as with numbers.
    ///
    /// ```swift
    /// let words = Tensor(strings: ["fig", "pear"])
    /// print(words.strings())
    /// ```
    /// - Parameters:
    ///   - strings: the strings, in row-major order.
    ///   - shape: the shape of the array of strings; nil is one axis. Stops when it holds another number of strings.
    public init(strings: [String], shape: Shape? = nil) {
        self.init(utf8: strings.map { Array($0.utf8) }, shape: shape ?? Shape(unchecked: [strings.count]))
    }

    /// Makes a matrix of strings of `rows`. Stops when their lengths differ.
    public init(strings rows: [[String]]) {
        let width = rows.first?.count ?? 0
        require(
            rows.allSatisfy { $0.count == width }, "Tensor",
            "Expected rows of one length. Received lengths: \(rows.map(\.count)).")
        self.init(strings: rows.flatMap { $0 }, shape: [rows.count, width])
    }

    /// Makes a tensor of strings of their bytes.
    /// - Parameter width: the size of the last axis at least.
    package init(utf8 strings: [[UInt8]], shape: Shape, width: Int = 1) {
        let width = strings.reduce(width) { Swift.max($0, $1.count) }
        let spec = TensorSpec(Shape(shape.dimensions + [width]), .string)
        guard
            require(
                strings.count == shape.elementCount, "Tensor",
                "Expected \(shape.elementCount) strings for shape \(shape). Received: \(strings.count).")
        else {
            self = .substitute(spec)
            return
        }
        self.init(uninitialized: spec)
        let memory = mutablePointer.bindMemory(to: UInt8.self, capacity: spec.byteCount)
        memory.initialize(repeating: 0, count: spec.byteCount)
        for (place, string) in strings.enumerated() {
            string.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress {
                    UnsafeMutableRawPointer(memory + place * width).copyMemory(from: base, byteCount: bytes.count)
                }
            }
        }
    }

    /// The shape of the array of strings: without the axis of the bytes. Of numbers, their shape.
    public var stringShape: Shape { dtype == .string ? Shape(unchecked: Array(shape.dimensions.dropLast())) : shape }

    /// The strings of a tensor of strings, in row-major order. Bytes that are not UTF-8 become U+FFFD. Stops for numbers.
    public func strings() -> [String] { utf8Strings().map { String(decoding: $0, as: UTF8.self) } }

    /// Tensors of strings whose last axes have one size, as those of one tensor have.
    package static func withOneWidth(_ tensors: [Tensor]) -> [Tensor] {
        let widths = tensors.map { $0.dtype == .string ? $0.shape[-1] : 0 }
        guard let width = widths.max(), width > 0, widths.contains(where: { $0 < width }) else { return tensors }
        return tensors.map { tensor in
            guard tensor.dtype == .string, tensor.shape[-1] < width, tensor.symbol == nil else { return tensor }
            return Tensor(utf8: tensor.utf8Strings(), shape: tensor.stringShape, width: width)
        }
    }

    /// The bytes of the strings of a tensor of strings, in row-major order.
    package func utf8Strings() -> [[UInt8]] {
        guard require(dtype == .string, "strings", "Expected a tensor of strings. Received: \(spec).") else { return [] }
        return withUnsafeBytes { bytes in StringArray(bytes, width: shape[-1]).map { Array($0) } }
    }
}

/// The memory of a tensor of strings, string by string, without the zeros that fill it up.
package struct StringArray: RandomAccessCollection {
    private let bytes: UnsafeRawBufferPointer
    private let width: Int
    package let startIndex = 0
    package let endIndex: Int

    /// - Parameter width: the size of the tensor's last axis.
    package init(_ bytes: UnsafeRawBufferPointer, width: Int) {
        self.bytes = bytes
        self.width = width
        endIndex = width > 0 ? bytes.count / width : 0
    }

    package subscript(index: Int) -> UnsafeRawBufferPointer {
        let start = index * width
        var end = start + width
        while end > start, bytes[end - 1] == 0 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
