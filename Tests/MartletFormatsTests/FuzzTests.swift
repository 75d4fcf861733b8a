import Foundation
import MartletCore
import TestSupport
import Testing

import MartletFormats

/// Damaged files of every format that are read whole. `MARTLET_FUZZ` sets the number of files for each.
@Suite(.ownSession) struct ContainerFuzzTests {
    static func readAll(_ group: HDF5Group) throws {
        for path in try group.datasetPaths() {
            let dataset = try group.dataset(path)
            // A damaged part leaves the others readable.
            if dataset.dtype == nil { _ = try? dataset.readTexts() } else { _ = try? dataset.read() }
            _ = try dataset.attribute("dtype")
        }
        for name in ["text", "long", "texts", "variable", "numbers", "none"] { _ = try group.attribute(name) }
    }

    @Test(arguments: ["types.h5", "chunks.h5", "loop.h5", "new.h5"]) func hdf5(name: String) throws {
        let counts = fuzz(try FileIO.read(fixture(name))) { bytes in
            let root = try HDF5File(bytes, name: name).root
            try ContainerFuzzTests.readAll(root)
            if root.contains("attributes") { try ContainerFuzzTests.readAll(root.group("attributes")) }
        }
        #expect(counts.refused > 100)
    }

    @Test(arguments: ["stored.zip", "two.npz"]) func zip(name: String) throws {
        let counts = fuzz(try FileIO.read(fixture(name))) { bytes in
            let archive = try ZipArchive(bytes, name: name)
            for entry in archive.names { _ = try archive.read(entry) }
        }
        #expect(counts.refused > 1000)
    }

    @Test func npz() throws {
        let counts = fuzz(try FileIO.read(fixture("two.npz"))) { try NPZ.read($0, name: "two.npz") }
        #expect(counts.refused > 1000)
    }
}
