import MartletCore

extension HDF5Bytes {
    /// The texts of the next `count` elements at `cursor`. Their total length is at most the size of the file.
    func strings(_ cursor: HDF5Cursor, _ type: HDF5Datatype, count: Int) throws -> [String] {
        var cursor = cursor
        switch type {
        case .fixedString(let size): return try (0..<count).map { _ in try cursor.take(size).text() }
        case .variableString:
            var budget = bytes.count
            return try (0..<count).map { _ in
                let length = try cursor.int(4)
                let (address, index) = (try cursor.uint(8), try cursor.uint(4))
                if length == 0 { return "" }
                budget -= length
                guard budget >= 0 else { throw error("The strings are longer than the file. It is damaged.") }
                return try heapObject(index, in: address, length: length).text()
            }
        default: throw error("Expected text. Received numbers.")
        }
    }

    /// Object `index` of the global heap's collection at `address`.
    private func heapObject(_ index: UInt64, in address: UInt64, length: Int) throws -> HDF5Cursor {
        var start = try cursor(from: address, "the global heap")
        try start.expect("GCOL")
        try start.skip(4)
        var collection = try cursor(address, size: start.int(8), "the global heap")
        try collection.skip(16)
        while collection.remaining >= 16 {
            let found = try collection.uint(2)
            try collection.skip(6)
            let size = try collection.int(8)
            if found == 0 { break }
            var object = try collection.take(size)
            if found == index { return try object.take(length) }
            try collection.skip(min(-size & 7, collection.remaining))
        }
        throw error("Expected a string of \(length) bytes in the global heap. The file is damaged.")
    }
}
