import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// Models cut at an inner layer and put together anew.
@Suite(.ownSession) struct CutModelTests {
    static let models: [(String, @Sendable () -> Model)] = [
        ("stack", { Sequential([InputLayer([4]), Dense(5, activation: .tanh, name: "inner"), Dropout(0.5), Dense(2)]) }),
        ("unnamed input", {
            let model = Sequential([Dense(5, activation: .tanh, name: "inner"), Dense(2)])
            try! model.ensureBuilt(for: [[nil, 4]])
            return model
        }),
        ("graph", {
            let x = Input([4])
            let inner = Dense(5, activation: .tanh, name: "inner")(x)
            return Model(inputs: x, outputs: [Dense(2)(inner), Dense(3)(inner)])
        }),
    ]

    @Test(arguments: models.indices) func featuresOfInnerLayers(_ index: Int) throws {
        let base = Self.models[index].1()
        let x = Tensor((0..<12).map { Double($0) / 6 - 1 }, shape: [3, 4]).cast(to: .float32)
        let weights = try #require(base.layer("inner")).weights.map(\.value)
        let expected = (matmul(x, weights[0]) + weights[1]).tanh().scalars(as: Double.self)
        func check(_ base: Model) throws {
            let features = Model(inputs: base.inputs, outputs: base.output(of: "inner"))
            let found = try features.predict(x).scalars(as: Double.self)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
            // The whole graph gives what the model gives.
            let whole = Model(inputs: base.inputs, outputs: base.outputs)
            #expect(whole.apply([x])[0].scalars(as: Float.self) == base.apply([x])[0].scalars(as: Float.self))
        }
        try check(base)
        try withFolder { folder in
            try base.save(to: folder + "/a.keras")
            try check(try Model.load(from: folder + "/a.keras"))
        }
    }

    /// A new head on a frozen base trains alone, and the base stays as it was.
    @Test func transfer() throws {
        let base = Self.models[0].1()
        base.isTrainable = false
        let before = base.weights.map { $0.value.scalars(as: Float.self) }
        let model = Model(inputs: base.inputs, outputs: Dense(1, name: "head")(base.output(of: base.layers[0])))
        #expect(model.trainableVariables.map(\.name) == ["kernel", "bias"])
        try model.compile(optimizer: "sgd", loss: "mse")
        // A line of five numbers of at most 1: with this rate each step comes nearer.
        let losses = try model.fit(.ones([8, 4]), .ones([8, 1]), epochs: 5, verbosity: .silent)["loss"]
        #expect(losses.last! < losses.first!)
        #expect(base.weights.map { $0.value.scalars(as: Float.self) } == before)
    }

    /// Lists of tensors are the same as a data set of them.
    @Test func severalInputs() throws {
        let (a, b) = (Input([4]), Input([2]))
        let model = Model(inputs: [a, b], outputs: Dense(1)(Concatenate()([a, b])))
        try model.compile(optimizer: "sgd", loss: "mse")
        let (x, z, y) = (Tensor.ones([4, 4]), Tensor.ones([4, 2]), Tensor.ones([4, 1]))
        let expected = try model.evaluate(TensorDataset(inputs: [x, z], targets: [y]))["loss"]
        #expect(try model.evaluate([x, z], [y])["loss"] == expected)
        let history = try model.fit(
            [x, z], [y], epochs: 3, verbosity: .silent, validationData: ([x, z], [y]), sampleWeight: Tensor([1.0, 1, 1, 0]))
        #expect(history["val_loss"].count == 3 && history["loss"][2] < history["loss"][0])
    }
}
