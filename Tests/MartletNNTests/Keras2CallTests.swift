import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Functions of TensorFlow in graphs of Keras 2, and constants in calls of its layers (`scripts/make-keras2-calls.py`).
@Suite(.ownSession) struct Keras2CallTests {
    static let file = try! JSONValue(parsing: FileIO.read(Keras2FileTests.path("calls.json")))
    static let arrays = try! NPZ.read(Keras2FileTests.path("calls.npz"))

    static func names(_ part: JSONKey) -> [String] {
        guard case .object(let models)? = file[part] else { return [] }
        return models.keys.sorted()
    }

    static func list(_ name: String, _ kind: String) -> [Tensor] {
        (0...).lazy.map { arrays["\(name)/\(kind)\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
    }

    /// The largest difference, in parts of the numbers where they are above 1. What is no number in both is equal.
    static func difference(_ a: Tensor, _ b: Tensor) -> Double {
        guard a.shape == b.shape else { return .infinity }
        return zip(a.scalars(as: Double.self), b.scalars(as: Double.self)).map { x, y in
            x == y || x.isNaN && y.isNaN ? 0 : (x - y).magnitude / max(1, y.magnitude)
        }.max() ?? 0
    }

    @Test func hasCases() {
        #expect(Self.names("models").count >= 590 && Self.names("refused").count >= 20)
    }

    @Test(arguments: names("models")) func predictsAsKeras2(name: String) throws {
        let model = try Model.fromJSON(Self.file["models"]![.key(name)]!.serialized())
        let weights = Self.list(name, "w")
        if !weights.isEmpty { try model.setWeights(weights) }
        let (inputs, expected) = (Self.list(name, "x"), Self.list(name, "y"))
        let results = model.apply(inputs)
        #expect(results.count == expected.count && !expected.isEmpty)
        for (result, expected) in zip(results, expected) {
            // Truth values are numbers in the fixture, and Keras 3 counts in 32 bits.
            #expect(result.dtype.isFloatingPoint == expected.dtype.isFloatingPoint)
            let difference = Self.difference(result.cast(to: .float64), expected.cast(to: .float64))
            #expect(expected.dtype.isFloatingPoint ? difference < 1e-5 : difference == 0)
        }
        // What is saved is a file of Keras 3's operations.
        try withFolder { folder in
            for ending in ["keras", "h5"] {
                try model.save(to: "\(folder)/a.\(ending)")
                let again = try Model.load(from: "\(folder)/a.\(ending)")
                let text = try again.toJSON()
                #expect(!text.contains("OpLambda") && !text.contains("__ellipsis__"))
                for (a, b) in zip(again.apply(inputs), results) { #expect(Self.difference(a, b) == 0) }
            }
        }
    }

    @Test(arguments: names("refused")) func namesWhatItDoesNotHave(function: String) throws {
        let json = Self.file["refused"]![.key(function)]!.serialized()
        let error = #expect(throws: MartletError.self) { try Model.fromJSON(json) }
        #expect(error.map { "\($0)" }?.contains(function) == true)
    }
}
