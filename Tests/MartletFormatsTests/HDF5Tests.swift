import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct HDF5Tests {
    let types: HDF5Group
    let chunks: HDF5Group

    init() throws {
        types = try HDF5File(fixture("types.h5")).root
        chunks = try HDF5File(fixture("chunks.h5")).root
    }

    @Test(arguments: [
        ("f2", DType.float16), ("f4", .float32), ("f8", .float64), ("i1", .int32), ("i2", .int32), ("i4", .int32),
        ("i8", .int64), ("u1", .uint8), ("u2", .int32), ("u4", .int64), (">f4", .float32), (">i2", .int32),
    ]) func typesOfElements(name: String, dtype: DType) throws {
        let dataset = try types.dataset("types/\(name)")
        #expect(dataset.dtype == dtype && dataset.shape == [2, 3])
        #expect(same(try dataset.read(), Tensor(Array(0..<6), shape: [2, 3]).cast(to: dtype)))
    }

    @Test func unusualElements() throws {
        #expect(same(try types.dataset("types/bool").read(), Tensor([true, false, true], shape: [3])))
        let brain = try types.dataset("types/bfloat16").read()
        #expect(brain.dtype == .bfloat16 && brain.scalars(as: Float.self) == [1, -2.5])
        #expect(same(try types.dataset("types/scalar").read(), Tensor([Float(1.5)], shape: [])))
        #expect(try types.dataset("types/empty").read().spec == TensorSpec([0, 3], .float32))
        #expect(try types.dataset("types/texts").readTexts() == ["a", "", "été"])
        expectError("types.h5:/types/texts", "Received text") { try types.dataset("types/texts").read() }
        expectError("types.h5:/types/complex", "not supported") { try types.dataset("types/complex") }
        expectError("types.h5:/types/unsigned64", "integers of 64 bits") { try types.dataset("types/unsigned64") }
    }

    @Test func attributes() throws {
        let group = try HDF5File(fixture("types.h5")).root.group("attributes")
        #expect(try group.attribute("text")?.text == "a text of a length that changes")
        #expect(try group.attribute("long")?.text == String(repeating: "x", count: 70000))
        #expect(try group.attribute("bytes")?.text == "fixed")
        #expect(try group.attribute("texts")?.texts == ["one", "three"])
        #expect(try group.attribute("variable")?.texts == ["one", "three"])
        #expect(try group.attribute("none")?.texts == [])
        guard case .numbers(let number)? = try group.attribute("number") else { throw MartletError("no number") }
        #expect(number.item() == 7 && number.rank == 0)
        #expect(try group.attribute("other") == nil)
    }

    @Test func places() throws {
        #expect(try HDF5File(fixture("many.h5")).root.names == (0..<300).map { "g" + String("00\($0)".suffix(3)) })
        #expect(try types.group("types").contains("f4") && !types.contains("f4"))
        expectError("types.h5:/types", "Expected \"f3\"") { try types.dataset("types/f3") }
        expectError("types.h5:/types/f4", "Expected a group") { try types.group("types/f4") }
        expectError("types.h5:/types", "Expected a dataset") { try types.dataset("types") }
        expectError("types.h5:/", "\"linked\" is a link") { try types.dataset("linked") }
        expectError("in two places") { try HDF5File(fixture("loop.h5")).root.datasetPaths() }
        #expect(try types.group("types").datasetPaths().count == 19)
    }

    @Test(arguments: ["plain", "gzip", "shuffle", "checked", "sum"]) func chunkedElements(name: String) throws {
        let expected = Tensor((0..<70).map { Float($0) }, shape: [7, 10])
        #expect(same(try chunks.dataset(name).read(), expected))
    }

    @Test func unusualChunks() throws {
        #expect(same(try chunks.dataset("many").read(), Tensor((0..<2000).map { Int32($0) }, shape: [2000])))
        let partly = try chunks.dataset("partly").read()
        #expect(partly.sum().item() == 12 && partly[3, 4].item() == 1 && partly[2, 4].item() == 0)
        expectError("chunks.h5:/never", "never written") { try chunks.dataset("never") }
        expectError("chunks.h5:/lzf", "filter 32000") { try chunks.dataset("lzf") }
    }

    /// What a file claims is compared with its chunks before memory is taken. Bytes behind the last object, which HDF5
    /// allows, do not count.
    @Test func claims() throws {
        let padded = try FileIO.read(fixture("large.h5")) + [UInt8](repeating: 0, count: 300_000)
        let root = try HDF5File(padded, name: "large.h5").root
        expectError("large.h5:/unwritten", "Expected 268435456 bytes") { try root.dataset("unwritten").read() }
        expectError("large.h5:/chunk", "do not fit the shape (4,)") { try root.dataset("chunk").read() }
    }

    @Test func newFormat() throws {
        let root = try HDF5File(fixture("new.h5")).root
        #expect(same(try root.dataset("group/values").read(), Tensor((0..<6).map { Float($0) }, shape: [6])))
        #expect(try root.group("group").attribute("text")?.text == "new")
        expectError("new.h5:/dense", "libver=\"latest\"") { try root.group("dense") }
        expectError("new.h5:/chunked", "layout is not supported") { try root.dataset("chunked") }
    }

    /// What is written of every type is read again, and the same content gives the same bytes.
    @Test func roundTrips() throws {
        try withFolder { folder in
            let root = HDF5GroupContent()
            root.attributes = [
                ("text", .text("été \u{1F426}")), ("texts", .texts(["a", "", "long one"])), ("none", .texts([])),
                ("empty", .text("")), ("numbers", .numbers(Tensor([1.5, 2.5], shape: [2]))),
            ]
            let tensors = DType.allCases.map { Tensor([0, 1, 1, 0, 1, 0], shape: [1, 6]).cast(to: $0) }
            for tensor in tensors { root.add(tensor, at: "a/b/\(tensor.dtype)") }
            root.add(Tensor([Float](), shape: [0, 2]), at: "a/empty")
            root.add(Tensor([Float(3)], shape: []), at: "scalar")
            root.group("a/none").attributes = [("name", .text("none"))]
            // Enough for a tree of three levels.
            let numbers = 0..<9000
            for number in numbers { root.add(Tensor([Float(number)], shape: [1]), at: "many/\(number)") }
            try HDF5Writer.write(root, to: "\(folder)/a.h5")
            try HDF5Writer.write(root, to: "\(folder)/b.h5")
            #expect(try FileIO.read("\(folder)/a.h5") == FileIO.read("\(folder)/b.h5"))

            let read = try HDF5File("\(folder)/a.h5").root
            #expect(try read.attribute("text")?.text == "été \u{1F426}")
            #expect(try read.attribute("texts")?.texts == ["a", "", "long one"])
            #expect(try read.attribute("none")?.texts == [])
            #expect(try read.attribute("empty")?.text == "")
            for tensor in tensors { #expect(same(try read.dataset("a/b/\(tensor.dtype)").read(), tensor)) }
            #expect(try read.dataset("a/empty").read().shape == [0, 2])
            #expect(try read.dataset("scalar").read().item() == 3)
            #expect(try read.group("a/none").attribute("name")?.text == "none")
            let many = try read.group("many")
            for number in numbers { #expect(try many.dataset("\(number)").read().item() == Double(number)) }

            root.add(Tensor([Float(3)], shape: []), at: "scalar")
            expectError("c.h5", "\"scalar\" twice") { try HDF5Writer.write(root, to: "\(folder)/c.h5") }
            let wide = HDF5GroupContent(), nameless = HDF5GroupContent()
            wide.attributes = [("texts", .texts([String](repeating: "0123456789", count: 7000)))]
            expectError("d.h5", "65,528") { try HDF5Writer.write(wide, to: "\(folder)/d.h5") }
            nameless.add(tensors[0], at: "a\0b")
            expectError("e.h5", "name") { try HDF5Writer.write(nameless, to: "\(folder)/e.h5") }
        }
    }

    @Test func nothingOfHDF5() {
        expectError("f4.npy", "Expected an HDF5 file") { try HDF5File(fixture("f4.npy")) }
        expectError("cut short") {
            try HDF5File(Array(FileIO.read(fixture("types.h5")).prefix(4000)), name: "types.h5")
        }
    }
}
