import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct SafetensorsTests {
    /// The file's bits of 0.5 and -2 as bfloat16.
    static let brain = [UInt16(0x3F00), 0xC000].withUnsafeBytes { Tensor(bytes: $0, shape: [2], dtype: .bfloat16) }

    static let expected: [(name: String, tensor: Tensor)] = [
        ("dense/kernel", Tensor((0..<24).map { Float($0) / 8 }, shape: [6, 4])),
        ("dense/bias", Tensor([1, Double.infinity, -0.0, 3], shape: [4])),
        ("half", Tensor([Float16(0.5), -2], shape: [2])),
        ("brain", brain),
        ("steps", Tensor([1 << 40], shape: [])),
        ("ids", Tensor([Int32(-1), 2], shape: [1, 2])),
        ("bytes", Tensor([UInt8(0), 255, 7], shape: [3])),
        ("mask", Tensor([true, false], shape: [2])),
        ("small", Tensor([Int32(-7), 7], shape: [2])),
        ("empty", Tensor([Float](), shape: [0, 5])),
    ]

    @Test func fileOfThePythonPackage() throws {
        let file = try Safetensors.read(fixture("mixed.safetensors"))
        #expect(file.metadata == ["format": "np", "maker": "safetensors"])
        #expect(Set(file.tensors.map(\.name)) == Set(SafetensorsTests.expected.map(\.name)))
        for (name, tensor) in SafetensorsTests.expected {
            #expect(file[name].map { same($0, tensor) } == true, "\(name)")
        }
    }

    @Test func roundTrips() throws {
        try withFolder { folder in
            let path = "\(folder)/a.safetensors"
            let file = Safetensors(SafetensorsTests.expected, metadata: ["b": "2", "a": "\"1\"\n\u{1}é"])
            try file.write(to: path)
            let bytes = try FileIO.read(path)
            try file.write(to: path)
            #expect(try FileIO.read(path) == bytes)
            #expect(bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) } % 8 == 0)
            let read = try Safetensors.read(path)
            #expect(read.metadata == file.metadata)
            #expect(read.tensors.map(\.name) == file.tensors.map(\.name))
            #expect(zip(read.tensors, file.tensors).allSatisfy { same($0.tensor, $1.tensor) })

            try Safetensors([]).write(to: path)
            #expect(try Safetensors.read(path).tensors.isEmpty)
            let twice = [("a", Tensor([1.0], shape: [1])), ("a", Tensor([1.0], shape: [1]))]
            expectError(path, "\"a\" again") { try Safetensors(twice).write(to: path) }
        }
    }

    func read(_ header: String, data: Int = 4, length: UInt64? = nil) throws -> Safetensors {
        let size = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
        let bytes = size + Array(header.utf8) + [UInt8](repeating: 0, count: data)
        return try Safetensors.read(MemoryStream(bytes, name: "w.safetensors"))
    }

    @Test func headers() throws {
        func entry(_ shape: String, _ offsets: String, _ type: String = "F32") -> String {
            "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
        }
        #expect(try read("{\"a\":\(entry("[1]", "[0,4]"))}  ")["a"]?.elementCount == 1)
        expectError("w.safetensors", "at most 100000000") { try read("{}", length: .max) }
        expectError("Expected 99999999 bytes of header") { try read("{}", length: 99_999_999) }
        expectError("malformed", "line 1, column 2") { try read("{]") }
        expectError("every key once") { try read("{\"a\":\(entry("[1]", "[0,4]")),\"a\":\(entry("[1]", "[0,4]"))}") }
        expectError("\"a\"", "There is no \"dtype\"") { try read("{\"a\":1}") }
        expectError("Tensor \"a\"", "\"F8_E5M2\"") { try read("{\"a\":\(entry("[4]", "[0,4]", "F8_E5M2"))}") }
        expectError("0 <= begin <= end") { try read("{\"a\":\(entry("[1]", "[4,0]"))}") }
        expectError("0 <= begin <= end") { try read("{\"a\":\(entry("[1]", "[-4,0]"))}") }
        expectError("Expected the bytes of float32(2,)") { try read("{\"a\":\(entry("[2]", "[0,4]"))}") }
        expectError("0 or more") { try read("{\"a\":\(entry("[-1]", "[0,4]"))}") }
        expectError("Tensor \"a\"") { try read("{\"a\":\(entry("[4611686018427387904,2]", "[0,4]"))}") }
        expectError("hole or overlaps") { try read("{\"a\":\(entry("[1]", "[4,8]"))}", data: 8) }
        expectError("hole or overlaps") {
            try read("{\"a\":\(entry("[2]", "[0,8]")),\"b\":\(entry("[1]", "[4,8]"))}", data: 8)
        }
        expectError("Expected 4 bytes of elements", "holds 5") { try read("{\"a\":\(entry("[1]", "[0,4]"))}", data: 5) }
        expectError("Expected 4 bytes of elements", "holds 3") { try read("{\"a\":\(entry("[1]", "[0,4]"))}", data: 3) }
        expectError("Expected offsets up to 0") { try read("{\"a\":\(entry("[0]", "[9,9]"))}", data: 0) }
        expectError("a string") { try read("{\"__metadata__\":{\"a\":1}}", data: 0) }
    }

    @Test func fuzzing() throws {
        let counts = fuzz(try FileIO.read(fixture("mixed.safetensors"))) {
            try Safetensors.read(MemoryStream($0, name: "w.safetensors"))
        }
        #expect(counts.refused > 1000)
    }
}
