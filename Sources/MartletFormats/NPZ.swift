import MartletCore

/// NumPy's files of several named arrays (`numpy.savez`): zip archives of `.npy` files.
///
/// ```swift
/// try NPZ([("x", x), ("y", y)]).write(to: "data.npz")
/// let x = try NPZ.read("data.npz")["x"]
/// ```
public struct NPZ: Sendable {
    /// Names and arrays, in the archive's order.
    public let tensors: [(name: String, tensor: Tensor)]

    /// Takes arrays with names that are all different.
    public init(_ tensors: [(name: String, tensor: Tensor)]) { self.tensors = tensors }

    /// The array called `name`, nil when there is none.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

    /// Reads the file at `path`, compressed or not.
    /// - Throws: `MartletError` when the file is not an archive, or `NPY` cannot read one of its entries.
    public static func read(_ path: String) throws -> NPZ { try read(ZipArchive(path)) }

    package static func read(_ bytes: [UInt8], name: String) throws -> NPZ { try read(ZipArchive(bytes, name: name)) }

    private static func read(_ archive: ZipArchive) throws -> NPZ {
        NPZ(try archive.names.map { (array($0), try NPY.read(archive.stream($0))) })
    }

    /// The name of the array in an entry.
    private static func array(_ entry: String) -> String { entry.hasSuffix(".npy") ? String(entry.dropLast(4)) : entry }

    /// Calls `body` with each array of the file at `path`, which is read as `body` asks for it.
    package static func forEach(in path: String, _ body: (_ name: String, ArrayReader) throws -> Void) throws {
        let archive = try ZipArchive(path)
        for entry in archive.names { try body(array(entry), ArrayReader(npy: archive.stream(entry))) }
    }

    /// Writes the file at `path`. It appears whole or not at all.
    /// - Parameter compressed: whether the arrays are deflated, as `numpy.savez_compressed` does.
    /// - Throws: `MartletError` when the file cannot be written, a name comes twice, or for `bfloat16`, which NumPy does
    ///   not have.
    public func write(to path: String, compressed: Bool = false) throws {
        let entries = try tensors.map { name, tensor in
            let sink = MemorySink()
            try NPY.write(tensor, to: sink, at: "\(path):\(name)")
            return (name: "\(name).npy", bytes: sink.bytes)
        }
        try ZipWriter.write(entries, to: path, compressed: compressed)
    }
}
