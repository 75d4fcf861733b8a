import Martlet
import MartletCore
import TestSupport
import Testing

/// Optimizers write into the memory of weights where nobody else holds it. Whoever does must never see it change.
@Suite(.ownSession) struct SharingTests {
    private static func optimizers() -> [Optimizer] {
        [
            SGD(learningRate: 0.5), SGD(learningRate: 0.5, momentum: 0.9), Adam(learningRate: 0.5, amsgrad: true),
            RMSprop(learningRate: 0.5), Lion(learningRate: 0.5),
        ]
    }

    private func values(_ tensor: Tensor) -> [Double] { tensor.scalars() }

    @Test func keptValuesStay() {
        for optimizer in Self.optimizers() {
            let given = Tensor([1.0, 2, 3, 4], shape: [2, 2])
            let variable = Variable(given)
            let gradient = Tensor.ones(like: given)
            for _ in 0..<3 {
                let before = values(variable.value)
                let kept = variable.value
                let (view, part) = (kept.reshaped(to: [4]), kept.transposed())
                let twin = Variable(kept)
                optimizer.apply([gradient], to: [variable])
                #expect(values(kept) == before && values(view) == before && values(twin.value) == before)
                #expect(values(part) == [before[0], before[2], before[1], before[3]])
                #expect(values(variable.value) != before)
                // Once more, when the memory is the variable's own.
                let own = values(variable.value)
                optimizer.apply([gradient], to: [variable])
                #expect(values(variable.value) != own && values(twin.value) == before)
            }
            #expect(values(given) == [1, 2, 3, 4])
        }
    }

    @Test func aViewAloneKeepsTheMemory() {
        let variable = Variable(Tensor([1.0, 2]))
        let view = variable.value.reshaped(to: [2, 1])
        SGD(learningRate: 1).apply([Tensor([1.0, 1])], to: [variable])
        #expect(values(view) == [1, 2] && values(variable.value) == [0, 1])
    }

    @Test func theGradientMayBeTheValue() {
        for optimizer in Self.optimizers() {
            let (a, b) = (Variable(Tensor([1.0, -2])), Variable(Tensor([1.0, -2])))
            optimizer.apply([a.value, Tensor([1.0, -2])], to: [a, b])
            #expect(values(a.value) == values(b.value))
        }
    }

    @Test func aPersistentTapeGivesGradientsAtTheValuesItSaw() {
        for optimizer in Self.optimizers() {
            let w = Variable(Tensor([1.0, 2, 3], dtype: .float64))
            let tape = GradientTape(persistent: true)
            let y = tape.record { (w.value * w.value * w.value).sum() }
            let before = tape.gradient(of: y, withRespectTo: w)!
            for _ in 0..<3 { optimizer.apply([Tensor.ones([3], dtype: .float64)], to: [w]) }
            #expect(values(tape.gradient(of: y, withRespectTo: w)!) == values(before))
            #expect(values(before) == [3, 12, 27])
        }
    }

    @Test func snapshotsOfWeightsStay() throws {
        let model = Sequential([InputLayer([2]), Dense(3), BatchNormalization(), Dense(1)])
        try model.compile(optimizer: "adam", loss: "mse")
        let snapshot = model.getWeights()
        let before = snapshot.map(values)
        let (x, y) = (Tensor([[1.0, 2], [3, 5]]), Tensor([[1.0], [2]]))
        for _ in 0..<3 { try model.trainOnBatch(x, y) }
        #expect(snapshot.map(values) == before)
        try model.setWeights(snapshot)
        for _ in 0..<3 { try model.trainOnBatch(x, y) }
        #expect(snapshot.map(values) == before)
    }
}
