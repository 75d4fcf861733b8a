import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct IDXTests {
    static let expected: [(String, Tensor)] = [
        ("ubyte", Tensor((0..<24).map { UInt8($0) }, shape: [2, 3, 4])),
        ("sbyte", Tensor([Int32(-128), 0, 127], shape: [3])),
        ("short", Tensor([Int32(-300), 300], shape: [1, 2])),
        ("int", Tensor([Int32(-70000), 70000], shape: [2])),
        ("float", Tensor([Float(0.5), -1.25, .infinity], shape: [3])),
        ("double", Tensor([0.1, -1e300], shape: [2])),
    ]

    @Test(arguments: ["", ".gz"]) func everyType(suffix: String) throws {
        for (name, tensor) in IDXTests.expected {
            #expect(same(try IDX.read(fixture("\(name).idx\(suffix)")), tensor), "\(name)")
        }
    }

    @Test func roundTrips() throws {
        let tensors = IDXTests.expected.map(\.1) + [Tensor([UInt8](), shape: [0, 28]), Tensor([7.0], shape: [])]
        try withFolder { folder in
            for tensor in tensors {
                for name in ["a", "a.gz"] {
                    try IDX.write(tensor, to: "\(folder)/\(name)")
                    #expect(same(try IDX.read("\(folder)/\(name)"), tensor))
                    #expect(try FileIO.read("\(folder)/\(name)")[0] == (name == "a" ? 0 : 0x1F))
                }
            }
            expectError("Received bool: cast it") { try IDX.write(Tensor([true], shape: [1]), to: "\(folder)/b") }
        }
    }

    func read(_ bytes: [UInt8]) throws -> Tensor { try IDX.read(MemoryStream(bytes, name: "file.idx")) }

    @Test func damageIsNamed() throws {
        let valid: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 5, 6]
        #expect(same(try read(valid), Tensor([UInt8(5), 6], shape: [2])))
        expectError("file.idx", "Expected 4 bytes of IDX header", "cut short") { try read([]) }
        expectError("a type and a rank", "00 00 07 01") { try read([0, 0, 7, 1]) }
        expectError("Expected 8 bytes of IDX header") { try read([0, 0, 8, 2, 0, 0, 0, 2]) }
        expectError("Expected 2 elements of uint8", "At most 1 bytes follow") { try read(valid.dropLast()) }
        expectError("Expected nothing after the 2 elements") { try read(valid + [0]) }
        expectError("at most 16 axes") { try read([0, 0, 8, 17] + [UInt8](repeating: 0, count: 68)) }
        let liar: [UInt8] = [0, 0, 14, 2] + [UInt8](repeating: 0xFF, count: 8)
        expectError("sizes of an array") { try read(liar + liar + liar) }
        expectError("header is wrong") { try read([0, 0, 14, 1, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]) }
        let packed = try Compression.gzip([0, 0, 14, 1, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
        expectError("header is wrong") { try IDX.read(InflateStream(MemoryStream(packed, name: "file.gz"))) }
        let short = try Compression.gzip([0, 0, 8, 1, 0, 0, 1, 0, 1, 2, 3])
        expectError("Expected 256 bytes of elements. Received 3") {
            try IDX.read(InflateStream(MemoryStream(short, name: "file.gz")))
        }
    }

    @Test(arguments: ["ubyte.idx", "short.idx", "double.idx"]) func fuzzing(name: String) throws {
        let counts = fuzz(try FileIO.read(fixture(name))) { try read($0) }
        #expect(counts.refused > 500)
        let packed = fuzz(try FileIO.read(fixture(name + ".gz"))) {
            try IDX.read(InflateStream(MemoryStream($0, name: name)))
        }
        #expect(packed.refused > 1500)
    }
}
