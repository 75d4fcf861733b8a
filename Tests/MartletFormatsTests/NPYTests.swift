import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct NPYTests {
    static let ramp = Array(0..<24)
    static let expected: [(String, Tensor)] = [
        ("f4", Tensor(ramp.map { Float($0) / 8 }, shape: [2, 3, 4])),
        ("f8-big-endian", Tensor(ramp.map { Double($0) / 8 }, shape: [2, 3, 4])),
        ("i8-fortran", Tensor(ramp, shape: [2, 3, 4])),
        ("i2-big-endian-fortran-v2", Tensor(ramp.map { Int32($0 - 12) }, shape: [2, 3, 4])),
        ("u1-v3", Tensor(ramp.map { UInt8($0) }, shape: [2, 3, 4])),
        ("bool", Tensor(ramp.map { $0 % 3 == 0 }, shape: [2, 3, 4])),
        ("f2-scalar", Tensor([Float16(1.5)], shape: [])),
        ("f4-empty", Tensor([Float](), shape: [3, 0, 2])),
    ]

    @Test func filesOfNumPy() throws {
        for (name, tensor) in NPYTests.expected {
            #expect(same(try NPY.read(fixture("\(name).npy")), tensor), "\(name)")
        }
        expectError("complex.npy", "\"<c8\"") { try NPY.read(fixture("complex.npy")) }
    }

    @Test func roundTrips() throws {
        try withFolder { folder in
            for (name, tensor) in NPYTests.expected {
                try NPY.write(tensor, to: "\(folder)/a.npy")
                #expect(same(try NPY.read("\(folder)/a.npy"), tensor), "\(name)")
            }
            // NumPy itself writes these bytes.
            for name in ["f4", "bool", "f2-scalar", "f4-empty"] {
                try NPY.write(NPYTests.expected.first { $0.0 == name }!.1, to: "\(folder)/a.npy")
                #expect(try FileIO.read("\(folder)/a.npy") == FileIO.read(fixture("\(name).npy")), "\(name)")
            }
            let brain = Tensor(uninitialized: TensorSpec([2], .bfloat16))
            expectError("NumPy has no bfloat16") { try NPY.write(brain, to: "\(folder)/a.npy") }
        }
    }

    @Test func strings() throws {
        let words = ["fig", "", "Äpfel", "梨", "🍐 pear", "a b"]
        try withFolder { folder in
            for name in ["strings", "strings-big-endian-fortran", "bytes"] {
                let found = try NPY.read(fixture("\(name).npy"))
                #expect(found.strings() == words && found.stringShape == [2, 3], "\(name)")
                try NPY.write(found, to: "\(folder)/a.npy")
                #expect(try FileIO.read("\(folder)/a.npy") == FileIO.read(fixture("bytes.npy")), "\(name)")
            }
        }
        #expect(try NPY.read(fixture("strings-empty.npy")).strings() == ["", ""])
        expectError("Unicode") { try read("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 255]) }
        expectError("cut short") { try read("{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }") }
        expectError("header is wrong") { try read("{'descr': '|S2000000000', 'fortran_order': False, 'shape': (9999999999,), }") }
        expectError("header is wrong") { try read("{'descr': '|S0', 'fortran_order': False, 'shape': (9999999999,), }", []) }
        expectError("axes") {
            let sizes = [String](repeating: "1", count: Shape.maximumRank).joined(separator: ",")
            return try read("{'descr': '|S4', 'fortran_order': False, 'shape': (\(sizes)), }")
        }
        for descriptor in ["<U", "<U-1", "<Ux", "|S99999999999999999999", "<U2147483648"] {
            expectError(descriptor) { try read("{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (1,), }") }
        }
    }

    func read(_ header: String, _ data: [UInt8] = [0, 0, 0, 0]) throws -> Tensor {
        let text = Array(header.utf8)
        let bytes = NPY.magic + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text + data
        return try NPY.read(MemoryStream(bytes, name: "file.npy"))
    }

    @Test func headers() throws {
        #expect(try read("{'shape': (1,), \"fortran_order\": False, 'descr': '=f4'}").spec == TensorSpec([1], .float32))
        #expect(try read("{'descr':'|u1','fortran_order':True,'shape':(2L,2)}\n").spec == TensorSpec([2, 2], .uint8))
        for broken in [
            "", "{", "{}", "[1]", "{'descr': '<f4'", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': (1,)}",
        ] {
            expectError("file.npy", "NPY header") { try read(broken) }
        }
        expectError("\"|O\"") { try read("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") }
        expectError("sizes of an array") {
            try read("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }")
        }
        expectError("header is wrong") {
            try read("{'descr': '<f8', 'fortran_order': False, 'shape': (1125899906842624,), }")
        }
        expectError("cut short") { try read("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }") }
        expectError("Expected nothing after the 0") {
            try read("{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }")
        }
        expectError("Expected 0 or 1") {
            try read("{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", [0, 1, 2, 0])
        }
        expectError("magic") { try NPY.read(MemoryStream([UInt8](repeating: 1, count: 99), name: "file.npy")) }
    }

    @Test(arguments: ["f4", "i2-big-endian-fortran-v2", "u1-v3", "strings"]) func fuzzing(name: String) throws {
        let counts = fuzz(try FileIO.read(fixture("\(name).npy"))) { try NPY.read(MemoryStream($0, name: name)) }
        #expect(counts.refused > 500)
    }
}
