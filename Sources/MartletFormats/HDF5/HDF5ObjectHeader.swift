import MartletCore

/// What HDF5 says about a group or a dataset: a list of messages.
struct HDF5ObjectHeader {
    enum Kind: UInt64 {
        case dataspace = 0x1, linkInfo = 0x2, datatype = 0x3, link = 0x6, layout = 0x8, filters = 0xB, attribute = 0xC
        case continuation = 0x10, symbolTable = 0x11, attributeInfo = 0x15
    }

    private(set) var messages: [(kind: Kind, data: HDF5Cursor)] = []

    /// A file of n bytes has at most n messages.
    init(_ file: HDF5Bytes, at address: UInt64) throws {
        var start = try file.cursor(from: address, "an object header")
        var blocks: [HDF5Cursor]
        var visited: Set<Int> = []
        let isNew = start.remaining >= 4 && start.rest.prefix(4).elementsEqual("OHDR".utf8)
        var hasCreationOrder = false
        if isNew {
            try start.skip(4)
            guard try start.uint(1) == 2 else { throw file.error("Expected version 2 of an object header.") }
            let flags = try start.uint(1)
            hasCreationOrder = flags & 4 != 0
            try start.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
            let size = try start.int(1 << Int(flags & 3))
            blocks = [try start.take(size)]
        } else {
            guard try start.uint(1) == 1 else {
                throw file.error("Expected an object header at \(address). The file is damaged.")
            }
            try start.skip(7)
            let size = try start.int(4)
            try start.skip(4)
            blocks = [try start.take(size)]
        }
        while var block = blocks.popLast() {
            guard visited.insert(block.range.lowerBound).inserted else {
                throw file.error("The object header at \(address) leads back to itself. The file is damaged.")
            }
            while block.remaining >= (isNew ? 4 : 8) {
                let type = try block.uint(isNew ? 1 : 2)
                let size = try block.int(2)
                let flags = try block.uint(1)
                try block.skip(isNew ? (hasCreationOrder ? 2 : 0) : 3)
                var data = try block.take(size)
                guard let kind = Kind(rawValue: type) else { continue }
                if flags & 2 != 0 {
                    throw file.error("The object at \(address) shares a part with another, which is not supported.")
                }
                guard kind == .continuation else {
                    messages.append((kind, data))
                    continue
                }
                let address = try data.uint(8)
                var next = try file.cursor(address, size: data.int(8), "an object header")
                if isNew {
                    try next.expect("OCHK")
                    next = try next.take(max(0, next.remaining - 4))
                }
                blocks.append(next)
            }
        }
    }

    /// The only message of a kind, nil when there is none.
    func first(_ kind: Kind) -> HDF5Cursor? { messages.first { $0.kind == kind }?.data }

    /// All messages of a kind.
    func all(_ kind: Kind) -> [HDF5Cursor] { messages.filter { $0.kind == kind }.map(\.data) }
}
