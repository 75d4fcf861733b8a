import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// Functional models of `keras.ops`, as Keras saved them (`scripts/make-operation-fixtures.py`).
@Suite(.ownSession) struct OperationTests {
    @Test(arguments: ["linalg", "images", "convolutions", "numbers", "statistics", "matrices", "neural", "patches"])
    func agreesWithKeras(_ name: String) throws {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/operations").path
        let npz = try NPZ.read("\(folder)/\(name).npz")
        func arrays(_ prefix: String) -> [Tensor] {
            (0...).lazy.map { npz["\(prefix)\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
        }
        let model = try Model.load(from: "\(folder)/\(name).keras")
        let (inputs, expected) = (arrays("x"), arrays("y"))
        try withFolder { folder in
            try model.save(to: "\(folder)/again.keras")
            for model in [model, try Model.load(from: "\(folder)/again.keras")] {
                let found = model.apply(inputs)
                try #require(found.count == expected.count)
                for (number, (a, b)) in zip(found, expected).enumerated() {
                    #expect(relativeError(a, b) < 2e-5, "output \(number)")
                }
                let shapes = try model.outputShapes(for: inputs.map { PartialShape($0.shape) })
                #expect(shapes == found.map { PartialShape($0.shape) })
            }
        }
    }

    /// Keras's HDF5 files leave out the modules of operations, and Keras finds no class in a `.keras` file without them.
    @Test(arguments: ["linalg", "images", "convolutions", "numbers", "statistics", "matrices", "neural", "patches", "arithmetic"])
    func modulesAreKnown(_ name: String) throws {
        let path = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/operations/\(name).keras").path
        let text = try Model.load(from: path).toJSON()
        func modules(_ text: String) throws -> [String] {
            try JSONValue(parsing: Array(text.utf8)).value(at: ["config", "layers"], as: [JSONValue].self).map {
                "\(try $0.string("class_name")) \(try $0.string("module"))"
            }
        }
        let stripped = text.replacing(/"module": *"keras\.src\.ops\.[a-z]+",?/, with: "")
        #expect(stripped.utf8.count < text.utf8.count)
        let found = try modules(Model.fromJSON(stripped).toJSON())
        #expect(try found == modules(text))
    }
}
