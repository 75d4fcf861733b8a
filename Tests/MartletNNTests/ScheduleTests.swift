import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Schedules against Keras, in float32.
@Suite(.ownSession) struct ScheduleTests {
    @Test func ratesAreThoseOfKeras() throws {
        var compared: Set<String> = []
        for item in try Fixture("schedules").cases {
            let object = try #require(item["object"])
            let schedule = try makeLearningRateSchedule(from: object)
            compared.insert(schedule.className)
            let steps: [Int] = try item.value(at: ["steps"])
            let expected = try #require(item["values"]).tensor().scalars(as: Double.self)
            for (step, value) in zip(steps, expected) {
                let rate = schedule(Tensor(step))
                #expect(rate.dtype == .float32 && rate.shape == [])
                // A few roundings of float32, of numbers up to 1; after many restarts the phase of the cosine has lost
                // some digits to the subtraction of the elapsed ones.
                #expect(Swift.abs(rate.item() - value) <= 1e-6, "\(object) at \(step)")
            }
        }
        for type in ScheduleRegistry.types { #expect(compared.contains(type.className), "\(type.className)") }
    }

    @Test func optimizersTakeSchedulesNumbersAndClosures() {
        let schedule = SGD(learningRate: ExponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0.5))
        let x = Variable(Tensor(0.0))
        for _ in 0..<3 { schedule.apply([Tensor(-1.0)], to: [x]) }
        #expect(x.value.item() == 1.75)
        #expect(schedule.learningRate == 0.125)
        #expect(SGD(learningRate: .custom { 1 / (1 + $0) }).learningRate == 1)
        #expect(SGD(learningRate: 2).learningRate == 2)
        #expect(Adam(learningRate: .cosineDecay(initialLearningRate: 0.5, decaySteps: 10)).learningRate == 0.5)
    }
}
