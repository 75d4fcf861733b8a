import Martlet
import TestSupport
import Testing

/// A session has its own seed, names and float type, whatever runs beside it.
@Suite(.ownSession) struct SessionTests {
    /// What one training gives: names and the bits of losses and weights.
    private func training(seed: Int) throws -> [String] {
        try withSession(Session(seed: seed)) {
            let model = Sequential([Dense(6, activation: .relu), Dropout(0.5), Dense(1)])
            let x = Tensor.randomNormal([32, 4])
            try model.compile(optimizer: "adam", loss: "mse")
            let losses = try model.fit(x, x.sum(axis: -1, keepDims: true), epochs: 3, verbosity: .silent)["loss"]
            let weights = model.weights.map { "\($0.name) \($0.value.scalars(as: Double.self))" }
            return [model.name] + model.layers.map(\.name) + losses.map { "\($0)" } + weights
        }
    }

    @Test func trainingsSideBySideDoNotDisturbEachOther() throws {
        let alone = try (0..<4).map(training)
        #expect(Set(alone.map { $0[4] }).count == 4)
        #expect(alone.allSatisfy { $0[0..<4] == ["sequential", "dense", "dropout", "dense_1"] })
        let together = Guarded<[Int: [String]]>([:])
        onThreads(8) { thread in
            let found = (try? training(seed: thread % 4)) ?? []
            together.withLock { $0[thread] = found }
        }
        for thread in 0..<8 { #expect(together.withLock { $0[thread] } == alone[thread % 4], "thread \(thread)") }
    }

    @Test func whatIsSetStaysInside() {
        let outer = Settings.defaultFloatType
        withSession(Session(seed: 5)) {
            let first = Tensor.randomUniform([3]).scalars(as: Double.self)
            withSession(Session(seed: 5, defaultFloatType: .float64)) {
                #expect(Tensor.randomUniform([1]).dtype == .float64)
                Settings.defaultFloatType = .float16
                setRandomSeed(1)
                #expect(Tensor(0.5).dtype == .float16 && Dense(1).dtype == .float16)
                #expect(Dense(1).name == "dense_1")
                setDTypePolicy("mixed_bfloat16")
                #expect(Dense(1).computeDType == .bfloat16 && Dense(1).variableDType == .float32)
                clearSession()
                #expect(Dense(1).name == "dense")
            }
            #expect(Settings.defaultFloatType == outer && Settings.dtypePolicy == DTypePolicy(outer))
            let second = Tensor.randomUniform([3]).scalars(as: Double.self)
            setRandomSeed(5)
            #expect(Tensor.randomUniform([3]).scalars(as: Double.self) == first)
            #expect(Tensor.randomUniform([3]).scalars(as: Double.self) == second)
        }
        #expect(Settings.defaultFloatType == outer)
    }

    /// A function that was compiled in a session is compiled anew in one of another float type.
    @Test func compiledFunctionsFollowTheFloatType() {
        let half = compiled { (x: Tensor) in x + Tensor(1.0 / 3).cast(to: .float64) }
        let x = Tensor([0.0, 0.0], dtype: .float64)
        func third(_ type: DType) -> Double {
            withSession(Session(defaultFloatType: type)) { half(x).scalars(as: Double.self)[0] }
        }
        for _ in 0..<2 {
            #expect(third(.float32) == Double(Float(1.0 / 3)))
            #expect(third(.float64) == 1.0 / 3)
        }
    }

    @Test func whatWaitsStaysInItsSession() async throws {
        let drawn = await withSession(Session(seed: 9)) {
            await Task.yield()
            let inner = await Task { Tensor.randomUniform([2]).scalars(as: Double.self) }.value
            return inner
        }
        #expect(drawn == withSession(Session(seed: 9)) { Tensor.randomUniform([2]).scalars(as: Double.self) })
    }

    /// Workers prepare elements in the session of the code that reads.
    @Test func pipelinesBelongToTheSession() throws {
        let names = try withSession(Session(defaultFloatType: .float64)) {
            try Dataset.range(64).map(parallelism: 2) { "\($0): \(Tensor(0.5).dtype)" }.prefetch(4).array()
        }
        #expect(names == (0..<64).map { "\($0): float64" })
    }
}
