import MartletCore

/// An HDF5 file that is read. Keras stores weights in this format.
///
/// Martlet's own code reads the file's structure and checks every address against the file: libhdf5 crashes on one damaged file
/// in sixty. It supports what h5py writes by default: groups, attributes, and arrays of
/// numbers and texts. Arrays may be contiguous, compact, or in chunks with HDF5's gzip, shuffle and checksum filters.
/// Links to other places, external files and the forms of `libver="latest"` are refused.
///
/// ```swift
/// let kernel = try HDF5File("model.weights.h5").root.dataset("layers/dense/vars/0").read()
/// ```
///
/// Source: the HDF5 file format specification, version 3.
public struct HDF5File: Sendable {
    /// The group that contains all others.
    public let root: HDF5Group

    static let magic: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Reads the file at `path`.
    /// - Throws: `MartletError` when it cannot be read or is not an HDF5 file.
    public init(_ path: String) throws { try self.init(FileIO.read(path), name: path) }

    /// Reads a file in memory.
    package init(_ bytes: [UInt8], name: String) throws {
        let file = HDF5Bytes(bytes, name: name)
        guard bytes.starts(with: HDF5File.magic) else {
            throw file.error("Expected an HDF5 file. It does not begin with HDF5's signature.")
        }
        var block = try file.cursor(8, size: bytes.count - 8, "the superblock")
        let version = try block.uint(1)
        guard version <= 3 else { throw file.error("Expected version 0 to 3 of HDF5's superblock. Received: \(version).") }
        let isNew = version >= 2
        if !isNew { try block.skip(4) }
        guard try block.uint(1) == 8, try block.uint(1) == 8 else {
            throw file.error("Expected addresses and lengths of 8 bytes. Received others.")
        }
        try block.skip(isNew ? 1 : version == 0 ? 9 : 13)
        guard try block.uint(8) == 0 else { throw file.error("Expected HDF5 data from the file's first byte on.") }
        try block.skip(8)
        let end = try block.uint(8)
        guard end <= bytes.count else {
            throw file.error("Expected \(end) bytes, as the superblock says. The file has \(bytes.count): it is cut short.")
        }
        // A driver's address and an empty name come before it.
        if !isNew { try block.skip(16) }
        root = try HDF5Group(file, at: block.uint(8), path: "/")
    }
}

/// The value of an attribute of a group or a dataset.
public enum HDF5Attribute: Sendable {
    case text(String)
    case texts([String])
    case numbers(Tensor)

    /// The only text, nil when it is something else.
    public var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The texts; an empty array of any type is an empty list.
    public var texts: [String]? {
        switch self {
        case .text: nil
        case .texts(let texts): texts
        case .numbers(let tensor): tensor.elementCount == 0 ? [] : nil
        }
    }

    /// The attribute `name` among an object's messages, nil when there is none.
    static func find(
        _ name: String, in header: HDF5ObjectHeader, _ file: HDF5Bytes, path: String
    ) throws -> HDF5Attribute? {
        do {
            for message in header.all(.attribute) {
                if let found = try read(message, named: name, file) { return found }
            }
            if var info = header.first(.attributeInfo) {
                _ = try info.uint(1)
                try info.skip(try info.uint(1) & 1 != 0 ? 2 : 0)
                guard try info.uint(8) == HDF5Bytes.undefined else {
                    throw file.error(
                        "The attributes are stored in a form that is not supported (libver=\"latest\"). Write the file with "
                            + "h5py's defaults.")
                }
            }
            return nil
        } catch let error as MartletError {
            throw HDF5Group.locate(error, path)
        }
    }

    private static func read(
        _ message: HDF5Cursor, named wanted: String, _ file: HDF5Bytes
    ) throws -> HDF5Attribute? {
        var message = message
        let version = try message.uint(1)
        let flags = try message.uint(1)
        guard (1...3).contains(version), version == 1 || flags & 3 == 0 else {
            throw file.error("Expected an attribute of version 1 to 3 with a type of its own. Received another.")
        }
        let sizes = try (0..<3).map { _ in try message.int(2) }
        if version == 3 { try message.skip(1) }
        func part(_ size: Int) throws -> HDF5Cursor {
            let part = try message.take(size)
            // The first version pads every part to a multiple of 8 bytes.
            if version == 1 { try message.skip(min(-size & 7, message.remaining)) }
            return part
        }
        let name = try part(sizes[0]).text()
        guard name == wanted else { return nil }
        var typePart = try part(sizes[1])
        let type = try HDF5Datatype(&typePart)
        guard let shape = try HDF5Dataspace.read(part(sizes[2])) else { return .texts([]) }
        let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
        guard !overflow, size <= message.remaining else {
            throw file.error("Expected \(size) bytes of the attribute \"\(name)\". The file is damaged.")
        }
        switch type {
        case .number(let element, let order):
            let stream = MemoryStream(Array(message.rest.prefix(size)), name: file.name)
            return .numbers(try stream.tensor(shape, element, order))
        case .unsupported(let what): throw file.error("The attribute \"\(name)\" holds \(what): not supported.")
        default:
            let texts = try file.strings(message, type, count: shape.elementCount)
            return shape.rank == 0 ? .text(texts[0]) : .texts(texts)
        }
    }
}
