import MartletCore

/// The names in a group: a B-tree of symbol table nodes, and a heap of names.
struct HDF5SymbolTable {
    private let file: HDF5Bytes
    private let names: HDF5Cursor

    init(_ file: HDF5Bytes, heap address: UInt64) throws {
        self.file = file
        var heap = try file.cursor(from: address, "a group's names")
        try heap.expect("HEAP")
        try heap.skip(4)
        let size = try heap.int(8)
        try heap.skip(8)
        names = try file.cursor(heap.uint(8), size: size, "a group's names")
    }

    /// The members of the group, in the order of the tree.
    func links(tree root: UInt64) throws -> [(name: String, address: UInt64)] {
        var result: [(name: String, address: UInt64)] = []
        try HDF5Tree(file, type: 0).forEachLeaf(of: root, keySize: 8) { _, address in
            var node = try file.cursor(from: address, "a symbol table")
            try node.expect("SNOD")
            try node.skip(2)
            for _ in 0..<(try node.int(2)) {
                var offset = try node.take(8)
                let address = try node.uint(8)
                let kind = try node.uint(4)
                try node.skip(20)
                var name = names
                try name.skip(offset.int(8))
                let text = try name.text()
                // A link to another place has no address of its own.
                result.append((text, kind == 2 ? HDF5Bytes.undefined : address))
            }
        }
        guard Set(result.map(\.name)).count == result.count else {
            throw file.error("A group holds a name twice. The file is damaged.")
        }
        return result
    }
}

/// A B-tree of version 1: over a group's symbol tables, or over a dataset's chunks.
struct HDF5Tree {
    private let file: HDF5Bytes
    private let type: UInt64

    init(_ file: HDF5Bytes, type: UInt64) {
        self.file = file
        self.type = type
    }

    /// Calls `body` with the key and the address of each leaf's children, in order. No node is visited twice.
    func forEachLeaf(of root: UInt64, keySize: Int, _ body: (HDF5Cursor, UInt64) throws -> Void) throws {
        var visited: Set<UInt64> = []
        var stack: [(address: UInt64, level: UInt64?)] = [(root, nil)]
        while let (address, expected) = stack.popLast() {
            guard visited.insert(address).inserted else { throw file.error("A tree leads back to itself at \(address).") }
            var node = try file.cursor(from: address, "a tree")
            try node.expect("TREE")
            guard try node.uint(1) == type else { throw file.error("Expected a tree of type \(type) at \(address).") }
            let level = try node.uint(1)
            guard expected == nil || level == expected else { throw file.error("A tree's level is wrong at \(address).") }
            let count = try node.int(2)
            try node.skip(16)
            var children: [(address: UInt64, level: UInt64?)] = []
            for _ in 0..<count {
                let key = try node.take(keySize)
                let child = try node.uint(8)
                if level > 0 {
                    children.append((child, level - 1))
                } else {
                    guard visited.insert(child).inserted else { throw file.error("A tree holds \(child) twice.") }
                    try body(key, child)
                }
            }
            stack += children.reversed()
        }
    }
}
