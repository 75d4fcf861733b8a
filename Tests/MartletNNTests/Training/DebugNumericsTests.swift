import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// Where NaN and infinity come from: the op, the layer, the batch, forward or backward. The samples are made so that the place
/// follows from arithmetic.
@Suite(.ownSession) struct DebugNumericsTests {
    /// A layer that computes a function.
    final class Computes: Layer {
        let function: (Tensor) -> Tensor
        init(_ name: String, _ function: @escaping (Tensor) -> Tensor) {
            self.function = function
            super.init(name: name)
        }
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { function(x) }
    }

    /// One weight of 1, a function of its product with x, another weight of 1.
    static func model(
        _ function: @escaping (Tensor) -> Tensor, rate: Double = 0, eagerly: Bool = false
    ) throws -> Sequential {
        let model = Sequential(
            [
                InputLayer([1]), Dense(1, useBias: false, kernelInitializer: .ones, name: "first"), Computes("middle", function),
                Dense(1, useBias: false, kernelInitializer: .ones, name: "last"),
            ], name: "chain")
        try model.compile(optimizer: SGD(learningRate: rate), loss: "mse", metrics: ["mae"], runEagerly: eagerly)
        return model
    }

    /// Batches of two samples.
    @discardableResult
    static func fit(_ model: Model, _ x: [Float], callbacks: [Callback] = []) throws -> History {
        try model.fit(
            Tensor(x).reshaped(to: [x.count, 1]), Tensor.ones([x.count, 1], dtype: .float32), batchSize: 2, epochs: 2,
            verbosity: .silent, callbacks: callbacks, shuffle: false)
    }

    static func error(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [false, true]) func forward(eagerly: Bool) throws {
        let model = try Self.model({ ($0 + 1).log() + 3 }, rate: 0.01, eagerly: eagerly)
        // What one batch leaves is what remains: `fit` ends at the second batch of the first epoch.
        let once = try Self.model({ ($0 + 1).log() + 3 }, rate: 0.01, eagerly: eagerly)
        try once.fit(
            Tensor([[1], [2]] as [[Float]]), Tensor.ones([2, 1], dtype: .float32), batchSize: 2, verbosity: .silent,
            shuffle: false)
        let message = Self.error { _ = try withDebugNumerics { try Self.fit(model, [1, 2, 3, -5, 1, 1]) } }
        for words in ["log (in layer chain/middle): NaN appeared first here, forward", "epoch 1, batch 2", "1 are NaN"] {
            #expect(message.contains(words), "\(message)")
        }
        #expect(model.weightsSHA256 == once.weightsSHA256)
    }

    @Test(arguments: [false, true]) func backward(eagerly: Bool) throws {
        // The root of 0 is 0; its derivative is infinite.
        let model = try Self.model({ $0.squareRoot() }, eagerly: eagerly)
        model.debugsNumerics = true
        let message = Self.error { try Self.fit(model, [1, 4, 4, 0]) }
        for words in ["(in layer chain/middle)", "backward, in the gradient of squareRoot", "epoch 1, batch 2"] {
            #expect(message.contains(words), "\(message)")
        }
    }

    @Test func inTheData() throws {
        let model = try Self.model { $0 * 2 }
        let message = Self.error { _ = try withDebugNumerics { try Self.fit(model, [1, 4, 4, .nan]) } }
        for words in ["an input has it already", "(in layer chain/first)", "argument 0 of the step", "batch 2"] {
            #expect(message.contains(words), "\(message)")
        }
    }

    @Test(arguments: [false, true]) func inTheUpdate(eagerly: Bool) throws {
        // The loss is 9e12 and its gradient 6e12; the rate makes 6e42 of it.
        let model = try Self.model({ $0 * 1 }, rate: 1e30, eagerly: eagerly)
        let message = Self.error { _ = try withDebugNumerics { try Self.fit(model, [3e6, 3e6]) } }
        for words in ["update", "Infinity appeared first", "in the optimizer's update"] {
            #expect(message.contains(words), "\(message)")
        }
    }

    /// The infinities of a mask and those of gradients that a scale makes too large go no further.
    @Test func whatGoesNoFurtherIsNoError() throws {
        let mask = Tensor([false, true])
        let attending = try Self.model { x in
            let scores = `where`(mask, Tensor(-Float.infinity), Tensor.concatenate([x, x], axis: 1))
            return (scores.softmax() * Tensor([1, 0] as [Float])).sum(axis: 1, keepDims: true) * x
        }
        #expect(try withDebugNumerics { try Self.fit(attending, [1, 2, 3, 4]) }["loss"].allSatisfy(\.isFinite))
        let scaled = try Self.model { $0 * 2 }
        try scaled.compile(
            optimizer: LossScaleOptimizer(SGD(learningRate: 0.01), initialScale: 1e38), loss: "mse", metrics: ["mae"])
        _ = try withDebugNumerics { try Self.fit(scaled, [1e3, 2e3, 3e3, 4e3]) }
        #expect((scaled.optimizer as? LossScaleOptimizer)?.skippedSteps ?? 0 > 0)
        let eager = try withDebugNumerics { `where`(mask, Tensor(-Float.infinity), Tensor([1, 2] as [Float])).softmax() }
        #expect(eager.scalars() == [1.0, 0.0])
    }

    @Test func bitsStayTheSame() throws {
        func trained(_ debugs: Bool) throws -> String {
            let model = Sequential([
                InputLayer([1]), Dense(4, kernelInitializer: .glorotUniform(seed: 1)), Dropout(0.3, seed: 2),
                Dense(1, kernelInitializer: .glorotUniform(seed: 3)),
            ])
            try model.compile(optimizer: Adam(learningRate: 0.1), loss: "mse", debugNumerics: debugs)
            try Self.fit(model, [1, 2, 3, 4, 5])
            return model.weightsSHA256
        }
        #expect(try trained(true) == trained(false))
    }

    @Test func singleOpsAndLoops() throws {
        for (words, body) in [
            ("log: Infinity appeared first here, forward", { _ = Tensor([1, 0] as [Float]).log() }),
            ("divide: NaN appeared first", { _ = Tensor([0] as [Float]) / Tensor([0] as [Float]) }),
            ("an input has it already", { _ = Tensor([1, .nan] as [Float]) + 1 }),
            ("subtract: NaN", { _ = Tensor([Float.infinity]) - Tensor([Float.infinity]) }),
            ("exp", { _ = compiled { (x: Tensor) in x.exp() * 2 }(Tensor([1000] as [Float])) }),
        ] as [(String, () -> Void)] {
            let message = Self.error { try withDebugNumerics(body) }
            #expect(message.contains(words), "\(message)")
        }
        let weight = Variable(Tensor([0] as [Float]))
        let step = compiled { () -> Tensor in
            let tape = GradientTape()
            let loss = tape.record { weight.value.squareRoot().sum() }
            let gradient = tape.gradient(of: loss, withRespectTo: weight)!
            weight.assign(weight.value - gradient)
            return loss
        }
        let message = Self.error { try withDebugNumerics { _ = step() } }
        #expect(message.contains("backward, in the gradient of squareRoot"), "\(message)")
        #expect(weight.value.item() == 0)
    }

    @Test func terminateOnNaNSaysSo() throws {
        let warnings = Guarded<[String]>([])
        func warned(_ body: () throws -> Void) rethrows -> String {
            warnings.withLock { $0 = [] }
            try Settings.$warnings.withValue(.init { text in warnings.withLock { $0.append(text) } }, operation: body)
            return warnings.withLock { $0 }.joined()
        }
        let model = try Self.model { ($0 + 1).log() }
        let found = try warned {
            let history = try withDebugNumerics { try Self.fit(model, [1, 2, 3, -5], callbacks: [TerminateOnNaN()]) }
            // The batch before is what the epoch has.
            #expect(history.epochs == [0] && history["loss"].allSatisfy(\.isFinite))
        }
        #expect(found.contains("Training ends: log (in layer chain/middle)"), "\(found)")
        let unknown = try warned { try Self.fit(try Self.model { ($0 + 1).log() }, [1, -5], callbacks: [TerminateOnNaN()]) }
        #expect(unknown.contains("withDebugNumerics"), "\(unknown)")
        let thrown = Self.error {
            _ = try withDebugNumerics {
                try Self.fit(try Self.model { ($0 + 1).log() }, [1, -5], callbacks: [TerminateOnNaN(raiseError: true)])
            }
        }
        #expect(thrown.contains("log (in layer chain/middle)"), "\(thrown)")
    }
}
