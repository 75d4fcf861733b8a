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
}
