import Martlet
import MartletCore
import MartletFormats
import Testing

/// Schedules against Keras, in float32.
struct ScheduleTests {
    static func schedule(_ name: String, _ args: JSONValue) throws -> (any LearningRateSchedule)? {
        let first = try args.double("initialLearningRate", or: 0)
        let steps: Int = try args.valueIfPresent(at: ["decaySteps"]) ?? 0
        switch name {
        case "ExponentialDecay":
            return try ExponentialDecay(
                initialLearningRate: first, decaySteps: steps, decayRate: args.double("decayRate"),
                staircase: args.bool("staircase"))
        case "InverseTimeDecay":
            return try InverseTimeDecay(
                initialLearningRate: first, decaySteps: steps, decayRate: args.double("decayRate"),
                staircase: args.bool("staircase"))
        case "PolynomialDecay":
            return try PolynomialDecay(
                initialLearningRate: first, decaySteps: steps,
                endLearningRate: args.double("endLearningRate", or: 1e-4),
                power: args.double("power", or: 1), cycle: args.bool("cycle"))
        case "PiecewiseConstantDecay":
            return try PiecewiseConstantDecay(
                boundaries: args.value(at: ["boundaries"]), values: args.array("values").map { try $0.double() })
        case "CosineDecay":
            return try CosineDecay(
                initialLearningRate: first, decaySteps: steps, alpha: args.double("alpha", or: 0),
                warmupTarget: args.valueIfPresent(at: ["warmupTarget"]),
                warmupSteps: args.valueIfPresent(at: ["warmupSteps"]) ?? 0)
        case "CosineDecayRestarts":
            return try CosineDecayRestarts(
                initialLearningRate: first, firstDecaySteps: args.int("firstDecaySteps"),
                tMul: args.double("tMul", or: 2),
                mMul: args.double("mMul", or: 1), alpha: args.double("alpha", or: 0))
        default: return nil
        }
    }

    @Test func ratesAreThoseOfKeras() throws {
        for item in try Fixture("schedules").cases {
            let name = try item.string("schedule")
            let args = try #require(item["args"])
            let made = try Self.schedule(name, args)
            let schedule = try #require(made, "no schedule \(name)")
            let steps: [Int] = try item.value(at: ["steps"])
            let expected = try #require(item["values"]).tensor().scalars(as: Double.self)
            for (step, value) in zip(steps, expected) {
                let rate = schedule(Tensor(step))
                #expect(rate.dtype == .float32 && rate.shape == [])
                // A few roundings of float32, of numbers up to the first rate; after many restarts the phase of the
                // cosine has lost some digits to the subtraction of the elapsed ones.
                let scale = Swift.max(1, try args.double("initialLearningRate", or: 1))
                #expect(Swift.abs(rate.item() - value) <= 1e-6 * scale, "\(name) \(args) at \(step)")
            }
        }
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
