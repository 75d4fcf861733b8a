import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Recurrent layers against Keras, in float64, and what Keras has no numbers for.
@Suite(.ownSession) struct RecurrentTests {
    /// Outputs, and gradients with respect to inputs, states and weights.
    @Test func agreesWithKeras() throws {
        let fixture = try Fixture("recurrent")
        #expect(fixture.cases.count == 42)
        for (index, item) in fixture.cases.enumerated() {
            let config = try item.value(at: ["config"], as: JSONValue.self)
            let layer = try Layer.make(
                className: item.string("class"),
                config: Dictionary(uniqueKeysWithValues: config.object().map { ($0.key, $0.value) }))
            let inputs = try item.array("inputs").map { try $0.tensor() }
            try layer.ensureBuilt(for: inputs.map { PartialShape($0.shape) })
            let weights = try item.array("weights").map { try $0.tensor() }
            let label = "case \(index): \(try item.string("class"))"
            try #require(layer.weights.map(\.shape) == weights.map(\.shape), "\(label)")
            for (weight, value) in zip(layer.weights, weights) { weight.assign(value) }
            let mask = try item.tensorIfPresent("mask")
            let seeds = try item.array("outputGradients").map { try $0.tensor() }
            let tape = GradientTape()
            let (outputs, total) = tape.record {
                for input in inputs { tape.watch(input) }
                let outputs = layer.apply(LayerCall(inputs, masks: [mask]))
                return (outputs, zip(outputs, seeds).map { ($0 * $1).sum() }.reduce(Tensor(0.0), +))
            }
            let expected = try item.array("outputs").map { try $0.tensor() }
            try #require(outputs.count == expected.count, "\(label)")
            for (output, value) in zip(outputs, expected) { #expect(relativeError(output, value) < 1e-12, "\(label)") }
            let sources: [any GradientSource] = inputs + layer.trainableWeights
            let gradients = tape.gradient(of: total, withRespectTo: sources, unconnected: .zeros)
            let values = try item.array("gradients").map { try $0.tensor() }
            try #require(gradients.count == values.count, "\(label)")
            for (number, (gradient, value)) in zip(gradients, values).enumerated() {
                #expect(relativeError(gradient!, value) < 1e-11, "\(label), gradient \(number)")
            }
        }
    }

    static let makers: [@Sendable (Double, Double, ActivationFunction) -> RecurrentLayer] = [
        { SimpleRNN(3, activation: $2, dropout: $0, recurrentDropout: $1, seed: 9, returnSequences: true) },
        { LSTM(3, activation: $2, dropout: $0, recurrentDropout: $1, seed: 9, returnSequences: true) },
        { GRU(3, activation: $2, dropout: $0, recurrentDropout: $1, seed: 9, returnSequences: true) },
        {
            GRU(3, activation: $2, dropout: $0, recurrentDropout: $1, seed: 9, returnSequences: true, resetAfter: false)
        },
    ]

    /// The op over whole sequences and the loop over the cell are the same function; an activation of one's own takes
    /// the loop, whatever its name.
    @Test(arguments: makers.indices) func opAgreesWithSteps(_ index: Int) throws {
        let x = SampleInput.uniform([5, 7, 4], seed: 3).cast(to: .float32)
        let op = Self.makers[index](0.4, 0, .tanh)
        let steps = Self.makers[index](0.4, 0, ActivationFunction(name: "tanh") { $0.tanh() })
        for layer in [op, steps] { try layer.ensureBuilt(for: [[nil, 7, 4]]) }
        for (target, source) in zip(steps.weights, op.weights) { target.assign(source.value) }
        for training in [false, true] {
            #expect(relativeError(op(x, training: training), steps(x, training: training)) < 1e-6)
        }
    }

    /// With masks that are the same at all steps, a constant input and no recurrent kernel give the same output at all
    /// steps of a simple layer; the share of dropped inputs is the rate.
    @Test func dropoutIsTheSameAtAllSteps() throws {
        let layer = SimpleRNN(
            1, activation: .linear, useBias: false, kernelInitializer: .ones, recurrentInitializer: .zeros,
            dropout: 0.25, seed: 1, returnSequences: true)
        let y = layer(Tensor.ones([4000, 3, 1]), training: true)
        #expect(y[.all, 0].allClose(to: y[.all, 1]) && y[.all, 0].allClose(to: y[.all, 2]))
        #expect(abs(y.mean().item(as: Double.self) - 1) < 0.03)
        let dropped = (y[.all, 0] .== 0).cast(to: .float32).mean().item(as: Double.self)
        #expect(abs(dropped - 0.25) < 0.03)
        #expect(layer(Tensor.ones([2, 3, 1])).allClose(to: Tensor.ones([2, 3, 1])))
    }

    /// Two halves of a sequence, one after the other, are the whole.
    @Test(arguments: makers.indices) func statefulGoesOn(_ index: Int) throws {
        let x = SampleInput.uniform([3, 6, 4], seed: 5).cast(to: .float32)
        let whole = Self.makers[index](0, 0, .tanh)
        let expected = whole(x)
        let copy = try Layer.make(
            className: whole.className, config: whole.config.merging(["stateful": true]) { $1 })
        let stateful = try #require(copy as? RecurrentLayer)
        try stateful.ensureBuilt(for: [[3, nil, 4]])
        for (target, source) in zip(stateful.weights, whole.weights) { target.assign(source.value) }
        for _ in 0..<2 {
            let parts = [stateful(x[.all, 0..<2]), stateful(x[.all, 2..<6])]
            #expect(relativeError(Tensor.concatenate(parts, axis: 1), expected) < 1e-6)
            stateful.resetState()
        }
    }

    @Test func weightsHaveKerasNamesAndStarts() throws {
        let lstm = LSTM(4, name: "memory")
        try lstm.ensureBuilt(for: [[nil, nil, 3]])
        #expect(
            lstm.weights.map(\.path)
                == ["kernel", "recurrent_kernel", "bias"].map { "memory/lstm_cell/\($0)" })
        let bias: [Float] = lstm.weights[2].value.scalars()
        #expect(bias == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        let recurrent = lstm.weights[1].value
        #expect(matmul(recurrent, recurrent, transposeB: true).allClose(to: .eye(4), absoluteTolerance: 1e-5))
    }

    /// Neither the batch nor the number of threads changes a sample's bits.
    @Test(arguments: makers.indices) func samplesDoNotSeeEachOther(_ index: Int) {
        let layer = Self.makers[index](0, 0, .tanh)
        let x = SampleInput.uniform([37, 5, 4], seed: 6).cast(to: .float32)
        let all = layer(x)
        for sample in [0, 8, 36] {
            let alone: [Float] = layer(x[sample..<(sample + 1)]).scalars()
            #expect(alone == all[sample].scalars())
        }
    }
}
