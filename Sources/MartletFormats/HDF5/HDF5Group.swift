import MartletCore

/// A group of an HDF5 file: attributes, and named groups and datasets.
///
/// Links to other places and other files are not followed, so a file cannot make Martlet read another one.
public struct HDF5Group: Sendable {
    /// The group's path in the file: `/layers/dense`.
    public let path: String
    let file: HDF5Bytes
    private let header: HDF5ObjectHeader
    private let links: [(name: String, address: UInt64)]
    private let addresses: [String: UInt64]

    init(_ file: HDF5Bytes, at address: UInt64, path: String) throws {
        self.file = file
        self.path = path
        do {
            header = try HDF5ObjectHeader(file, at: address)
            if var table = header.first(.symbolTable) {
                let (tree, heap) = (try table.uint(8), try table.uint(8))
                links = try HDF5SymbolTable(file, heap: heap).links(tree: tree)
            } else if header.first(.linkInfo) != nil || header.first(.link) != nil {
                links = try HDF5Group.newLinks(file, header)
            } else {
                throw file.error("Expected a group. Received a dataset or something else.")
            }
            addresses = Dictionary(links.map { ($0.name, $0.address) }) { first, _ in first }
        } catch let error as MartletError {
            throw HDF5Group.locate(error, path)
        }
    }

    /// The names of the groups and datasets in it, in the file's order, which is usually sorted.
    public var names: [String] { links.map(\.name) }

    /// Whether the group holds something called `name`.
    public func contains(_ name: String) -> Bool { addresses[name] != nil }

    /// The group at a relative path, `layers/dense`.
    /// - Throws: `MartletError` when there is none.
    public func group(_ path: String) throws -> HDF5Group {
        var group = self
        for name in path.split(separator: "/") {
            group = try HDF5Group(file, at: group.address(String(name)), path: group.child(String(name)))
        }
        return group
    }

    /// The dataset at a relative path.
    /// - Throws: `MartletError` when there is none, or its parts are damaged.
    public func dataset(_ path: String) throws -> HDF5Dataset {
        let parts = path.split(separator: "/").map(String.init)
        guard let last = parts.last else { throw file.error("Expected the path of a dataset. Received: \"\(path)\".") }
        let parent = try group(parts.dropLast().joined(separator: "/"))
        return try HDF5Dataset(file, at: parent.address(last), path: parent.child(last))
    }

    /// Whether the group holds a group called `name`.
    public func isGroup(_ name: String) throws -> Bool {
        let header = try HDF5ObjectHeader(file, at: address(name))
        return header.first(.symbolTable) != nil || header.first(.linkInfo) != nil || header.first(.link) != nil
    }

    /// The relative paths of all datasets in this group and in the groups below it, group by group.
    /// - Throws: `MartletError` when groups contain each other.
    public func datasetPaths() throws -> [String] {
        var found: [String] = []
        var seen: Set<UInt64> = []
        var stack: [(group: HDF5Group, prefix: String)] = [(self, "")]
        while let (group, prefix) = stack.popLast() {
            for (name, address) in group.links {
                guard try group.isGroup(name) else {
                    found.append(prefix + name)
                    continue
                }
                guard seen.insert(address).inserted else {
                    throw file.error("The group \(group.child(name)) is in two places, or inside itself.")
                }
                stack.append((try group.group(name), prefix + name + "/"))
            }
        }
        return found
    }

    /// The attribute `name`, nil when there is none.
    /// - Throws: `MartletError` when the attributes are damaged or of a type that is not supported.
    public func attribute(_ name: String) throws -> HDF5Attribute? {
        try HDF5Attribute.find(name, in: header, file, path: path)
    }

    private func child(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    private func address(_ name: String) throws -> UInt64 {
        guard let address = addresses[name] else {
            let known = names.prefix(6).joined(separator: ", ")
            throw HDF5Group.locate(file.error("Expected \"\(name)\". The group holds: \(known)."), path)
        }
        guard address != HDF5Bytes.undefined else {
            throw HDF5Group.locate(file.error("\"\(name)\" is a link to another place, which is not followed."), path)
        }
        return address
    }

    /// Adds the place within the file to an error.
    static func locate(_ error: MartletError, _ path: String) -> MartletError {
        let location = error.location ?? ""
        return location.contains(":/") ? error : MartletError(error.message, at: "\(location):\(path)")
    }

    /// The links of a group in the form of HDF5 1.8 and later, when they are in its header.
    private static func newLinks(
        _ file: HDF5Bytes, _ header: HDF5ObjectHeader
    ) throws -> [(name: String, address: UInt64)] {
        if var info = header.first(.linkInfo) {
            _ = try info.uint(1)
            let flags = try info.uint(1)
            if flags & 1 != 0 { try info.skip(8) }
            guard try info.uint(8) == HDF5Bytes.undefined else {
                throw file.error(
                    "The group stores its links in a form that is not supported (libver=\"latest\"). Write the file with "
                        + "h5py's defaults.")
            }
        }
        return try header.all(.link).map { message in
            var message = message
            _ = try message.uint(1)
            let flags = try message.uint(1)
            let type = flags & 8 != 0 ? try message.uint(1) : 0
            try message.skip((flags & 4 != 0 ? 8 : 0) + (flags & 16 != 0 ? 1 : 0))
            let size = try message.int(1 << Int(flags & 3))
            let name = try message.take(size).text()
            return (name, type == 0 ? try message.uint(8) : HDF5Bytes.undefined)
        }
    }
}
