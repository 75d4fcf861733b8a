import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// Operations on symbolic tensors, against the model that Keras made of the same expressions
/// (`scripts/make-operation-fixtures.py`).
@Suite(.ownSession) struct SymbolicArithmeticTests {
    private static func outputs(_ x: SymbolicTensor, _ y: SymbolicTensor) -> [SymbolicTensor] {
        var list = [x + y * 2 - 1 / x, -x % 3, pow(x, 2) / y, maximum(x, 0.5) - minimum(y, 1), `where`(x .> y, x, 0.0)]
        list += [tanh(x) * sigmoid(y) + relu(x), sqrt(abs(x)) - exp(-y), x[.all, 1], x[.ellipsis, .stride(by: 2), .newAxis]]
        list += [x.mean(axis: 1), y.sum(axes: [1, 2], keepDims: true), x.max(axis: -1), x.standardDeviation(axis: 1)]
        list += [x.argmax(axis: 1).cast(to: .float32), concatenate([x, y]), stack([x, y], axis: 1)]
        list += [x.reshaped(-1, 12), x.transposed(permutation: [0, 2, 1]), matmul(x, y.transposed(1, 2))]
        list += [((x .> 0) & (y .<= 1)).cast(to: .float32), x.clipped(min: -0.5, max: 0.5), softmax(x, axis: 1)]
        list += [einsum("bij,bkj->bik", x, y)] + x.split(count: 3, axis: 2)
        return list + [x * Tensor([Float(1), 2.5, 3])]
    }

    /// How often a file has each operation: class, module and arguments, without the names that number them.
    private func operations(_ path: String) throws -> [JSONValue: Int] {
        let archive = try ZipArchive(FileIO.read(path), name: path)
        let json = try JSONValue(parsing: String(decoding: archive.read("config.json"), as: UTF8.self))
        var found: [JSONValue: Int] = [:]
        for layer in try json.value(at: ["config", "layers"], as: [JSONValue].self) where layer["class_name"] != "InputLayer" {
            var config = try layer.object("config")
            config["name"] = nil
            let operation: JSONValue = [
                "class": .string(try layer.string("class_name")), "module": .string(try layer.string("module")),
                "config": .object(config),
            ]
            found[operation, default: 0] += 1
        }
        return found
    }

    @Test func agreesWithKeras() throws {
        let fixtures = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/operations").path
        let npz = try NPZ.read("\(fixtures)/arithmetic.npz")
        let inputs: [Tensor] = [try #require(npz["x0"]), try #require(npz["x1"])]
        let (x, y) = (Input([4, 3]), Input([4, 3]))
        let model = Model(inputs: [x, y], outputs: Self.outputs(x, y))
        try withFolder { folder in
            try model.save(to: "\(folder)/again.keras")
            for model in [model, try Model.load(from: "\(folder)/again.keras")] {
                let found = model.apply(inputs)
                for (number, output) in found.enumerated() {
                    let expected = try #require(npz["y\(number)"])
                    #expect(output.shape == expected.shape && relativeError(output, expected) < 2e-5, "output \(number)")
                }
                #expect(npz["y\(found.count)"] == nil)
            }
            #expect(try operations("\(folder)/again.keras") == operations("\(fixtures)/arithmetic.keras"))
        }
    }

    /// Such a model trains, and its layers compose with others.
    @Test func trains() throws {
        let x = Input([2])
        let hidden = Dense(4, activation: .tanh)(x)
        let model = Model(inputs: x, outputs: Dense(1)(hidden + 0.5 * hidden) * 2 + 1)
        try model.compile(optimizer: .sgd(learningRate: 0.05), loss: .meanSquaredError())
        let data = Tensor([[0.0, 1], [1, 0], [1, 1], [0, 0]])
        let losses = try model.fit(data, data.sum(axis: 1, keepDims: true), epochs: 20, verbosity: .silent)["loss"]
        #expect(losses.last! < losses.first! / 2)
        #expect(model.layers.map(\.className).filter { $0 == "Multiply" }.count == 2)
    }

    @Test func wrongShapes() {
        expectError("broadcast") { try withErrors { _ = Input([3]) + Input([4]) } }
        expectError("at most 2 indices") { try withErrors { _ = Input([3])[0, 0, 0] } }
        expectError("axis 5") { try withErrors { _ = Input([3]).sum(axis: 5) } }
    }
}
