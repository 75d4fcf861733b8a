import CHDF5
import MartletCore

/// A group to write to an HDF5 file.
///
/// ```swift
/// let root = HDF5GroupContent()
/// root.add(kernel, at: "layers/dense/vars/0")
/// try HDF5Writer.write(root, to: "model.weights.h5")
/// ```
public final class HDF5GroupContent {
    /// The attributes, in order.
    public var attributes: [(name: String, value: HDF5Attribute)] = []
    fileprivate var datasets: [(name: String, value: Tensor)] = []
    fileprivate var groups: [(name: String, content: HDF5GroupContent)] = []
    private var places: [Substring: HDF5GroupContent] = [:]

    /// Makes an empty group.
    public init() {}

    /// The group at a relative path. Missing groups on the path are created.
    public func group(_ path: String) -> HDF5GroupContent {
        path.split(separator: "/").reduce(self) { parent, name in
            if let known = parent.places[name] { return known }
            let made = HDF5GroupContent()
            parent.places[name] = made
            parent.groups.append((String(name), made))
            return made
        }
    }

    /// Adds an array under a relative path.
    public func add(_ tensor: Tensor, at path: String) {
        let parts = path.split(separator: "/")
        group(parts.dropLast().joined(separator: "/")).datasets.append((parts.last.map(String.init) ?? "", tensor))
    }
}

/// Writes HDF5 files through libhdf5, in its earliest format, as h5py does by default. The same content gives the same
/// bytes.
public enum HDF5Writer {
    /// libhdf5 keeps its state in globals.
    private static let lock = Guarded(())

    /// Writes a file at `path`. The file appears whole or not at all.
    /// - Throws: `MartletError` when the file cannot be written, or a name comes twice in a group.
    public static func write(_ root: HDF5GroupContent, to path: String) throws {
        try FileIO.write(bytes(of: root, name: path), to: path)
    }

    /// The bytes of a file.
    package static func bytes(of root: HDF5GroupContent, name: String) throws -> [UInt8] {
        try lock.withLock { _ in
            let file = Handle(ch_file_create(), H5Fclose)
            do {
                try write(root, to: file.id)
                try check(H5Fflush(file.id, H5F_SCOPE_GLOBAL), "the file")
                let size = H5Fget_file_image(file.id, nil, 0)
                try check(size > 0 ? 0 : -1, "the file")
                return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                    count = max(0, H5Fget_file_image(file.id, buffer.baseAddress, size))
                }
            } catch let error as MartletError {
                throw MartletError(error.message, at: name)
            }
        }
    }

    private static func write(_ group: HDF5GroupContent, to id: hid_t) throws {
        for (name, value) in group.attributes { try write(value, named: name, to: id) }
        for (name, tensor) in group.datasets { try write(tensor, named: name, to: id) }
        for (name, content) in group.groups {
            let child = Handle(H5Gcreate2(id, name, ch_default(), ch_default(), ch_default()), H5Gclose)
            try check(child.id, name)
            try write(content, to: child.id)
        }
    }

    private static func write(_ tensor: Tensor, named name: String, to id: hid_t) throws {
        let type = Handle(type(of: tensor.dtype), H5Tclose)
        let space = Handle(dataspace(tensor.shape), H5Sclose)
        let properties = Handle(ch_dataset_properties(), H5Pclose)
        let dataset = Handle(
            H5Dcreate2(id, name, type.id, space.id, ch_default(), properties.id, ch_default()), H5Dclose)
        try check(dataset.id, name)
        // The machine and the types are little-endian, so the bytes need no conversion.
        try tensor.withUnsafeBytes { bytes in
            if tensor.elementCount > 0 {
                let everything = ch_everything()
                try check(
                    H5Dwrite(dataset.id, type.id, everything, everything, ch_default(), bytes.baseAddress), name)
            }
        }
        if tensor.dtype == .bfloat16 { try write(.text("bfloat16"), named: "dtype", to: dataset.id) }
    }

    private static func write(_ value: HDF5Attribute, named name: String, to id: hid_t) throws {
        switch value {
        case .text(let text):
            let type = Handle(ch_type_string(0), H5Tclose)
            try text.withCString { pointer in
                try withUnsafePointer(to: pointer) { try writeAttribute(name, type, [], $0, to: id) }
            }
        case .texts(let texts):
            // With the length of the longest, as in NumPy's arrays of bytes.
            guard let longest = texts.map(\.utf8.count).max() else {
                return try write(.numbers(Tensor([Double](), shape: [0])), named: name, to: id)
            }
            let size = max(1, longest)
            let type = Handle(ch_type_string(size), H5Tclose)
            let bytes = texts.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: size - $0.utf8.count) }
            try bytes.withUnsafeBytes { try writeAttribute(name, type, [texts.count], $0.baseAddress, to: id) }
        case .numbers(let tensor):
            let type = Handle(type(of: tensor.dtype), H5Tclose)
            try tensor.withUnsafeBytes { try writeAttribute(name, type, tensor.shape, $0.baseAddress, to: id) }
        }
    }

    private static func writeAttribute(
        _ name: String, _ type: borrowing Handle, _ shape: Shape, _ data: UnsafeRawPointer?, to id: hid_t
    ) throws {
        let space = Handle(dataspace(shape), H5Sclose)
        let attribute = Handle(H5Acreate2(id, name, type.id, space.id, ch_default(), ch_default()), H5Aclose)
        try check(attribute.id, name)
        if shape.elementCount > 0 { try check(H5Awrite(attribute.id, type.id, data), name) }
    }

    private static func type(of dtype: DType) -> hid_t {
        switch dtype {
        case .float32: ch_type_float32()
        case .float64: ch_type_float64()
        case .float16: ch_type_float16()
        case .bfloat16: ch_type_opaque16()
        case .int32: ch_type_int32()
        case .int64: ch_type_int64()
        case .uint8, .string: ch_type_uint8()
        case .bool: ch_type_bool()
        }
    }

    private static func dataspace(_ shape: Shape) -> hid_t {
        if shape.rank == 0 { return H5Screate(H5S_SCALAR) }
        return H5Screate_simple(Int32(shape.rank), shape.dimensions.map { hsize_t($0) }, nil)
    }

    private static func check(_ status: some SignedInteger, _ what: String) throws {
        if status < 0 { throw MartletError("libhdf5 cannot write \"\(what)\": its name comes twice, or it is too large.") }
    }
}

/// An object of libhdf5, closed when it goes out of scope.
private struct Handle: ~Copyable {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    init(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
        self.id = id
        self.close = close
    }

    deinit { if id >= 0 { _ = close(id) } }
}
