import Foundation
import Martlet
import MartletFormats
import Synchronization
import TestSupport
import Testing

/// Small files that once ended the process, hung, or took memory without bound, and programs of several threads that did.
@Suite(.ownSession) struct TortureCaseTests {
    let shell = CommandLineTests()

    /// A command on files of `Fixtures/torture`, and words of its error; none where it must succeed.
    struct Case: CustomTestStringConvertible, Sendable {
        let command: String
        let words: String?
        var testDescription: String { command }

        init(_ command: String, _ words: String?) { (self.command, self.words) = (command, words) }
    }

    static let samples = "--x sparse/x.npy --y sparse/y.npy"
    static let pair = "--x x4.npy --y y4.npy"
    /// Those that need targets of the predictions' shape.
    static let metrics = [
        "auc", "precision", "recall", "binary_accuracy", "top_k_categorical_accuracy", "true_positives", "pearson_correlation",
        "accuracy,auc",
    ].map { Case("evaluate sparse/model.keras \(samples) --metrics \($0)", "Expected targets that fit the predictions") }
    static let options = [
        Case("evaluate sparse/model.keras \(samples) --sample-weight sw_n3.npy", "sample weights"),
        Case("evaluate sparse/model.keras \(samples) --batch-size 9223372036854775807", nil),
        Case("summary sparse/model.keras --width 99999999999", "--width"),
    ]
    static let compilations = [
        Case("evaluate loss_axis.keras \(pair)", "axis"), Case("evaluate metric_topk.keras \(pair)", "topK"),
        Case("evaluate auc1e8.keras \(pair)", "state of the metric"), Case("evaluate concat0_fit.keras \(pair)", "(10, 4)"),
        Case("fit ctc.keras --x ctc_x.npy --y ctc_y.npy", "out of range"),
        Case("fit alphadropout_noise.keras \(pair) --loss mse --optimizer sgd", "alpha_dropout"),
        Case("fit regularizer_rank1.keras \(pair) --loss mse --optimizer sgd", "rank 2"),
        Case("fit regularizer_rank1.keras --x x4.npy --y y31.npy --loss mse --optimizer sgd", "mean_squared_error"),
    ]
    static let layers = [
        Case("predict emb_reshape.keras --x xi.npy", "not 7"), Case("predict add_transposed.keras --x x4.npy", "broadcast"),
        Case("predict op_Matmul.keras --x x4.npy", "multiply"), Case("predict nestb20.keras --x x4.npy", "calls of layers"),
        // Both take some gigabytes, which a machine may have.
        Case("predict repeat1e8.keras --x x4.npy --memory 512", "Out of memory"),
        Case("predict op_Tile.keras --x x4.npy --memory 512", "Out of memory"),
        Case("predict resize.keras --x ximg.npy", "fits into memory"),
        Case("summary longname.keras", "the name of a known layer"),
    ]

    @Test(arguments: metrics + options + compilations + layers) func files(_ sample: Case) throws {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/torture").path
        let words = sample.command.split(separator: " ").map(String.init)
        let arguments = words.map { $0.hasSuffix(".keras") || $0.hasSuffix(".npy") ? "\(folder)/\($0)" : $0 }
        let outcome = try shell.run(arguments)
        guard let expected = sample.words else {
            #expect(outcome.status == 0, "\(outcome.error)")
            return
        }
        let last = outcome.error.split(separator: "\n").last ?? ""
        // A width that no terminal has is a wrong call.
        let code: Int32 = sample.command.contains("--width") ? 64 : 1
        #expect(outcome.status == code && last.hasPrefix("error: ") && last.contains(expected), "\(outcome.error)")
        #expect(last.utf8.count < 2000)
    }

    private static func regression(width: Int) throws -> (model: Sequential, x: Tensor, y: Tensor) {
        let model = Sequential([InputLayer([16]), Dense(width, activation: .relu), Dense(4)])
        try model.compile(optimizer: Adam(), loss: .meanSquaredError())
        return (model, Tensor.randomUniform([64, 16]), Tensor.randomUniform([64, 4]))
    }

    /// Threads that write and read files of every kind, each its own.
    @Test func filesFromSeveralThreads() throws {
        try withFolder { folder in
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                do {
                    let (model, x, y) = try Self.regression(width: 64)
                    try model.fit(x, y, epochs: 1, verbosity: .silent)
                    let expected = try model.predict(x)
                    for ending in [".keras", ".h5"] {
                        try model.save(to: "\(folder)/\(thread)\(ending)")
                        let loaded = try Model.load(from: "\(folder)/\(thread)\(ending)")
                        if !same(try loaded.predict(x), expected) { failures.withLock { $0.append("\(thread) \(ending)") } }
                    }
                    for ending in [".weights.h5", ".npz", ".safetensors"] {
                        try model.saveWeights(to: "\(folder)/\(thread)\(ending)")
                        try model.loadWeights(from: "\(folder)/\(thread)\(ending)")
                        if !same(try model.predict(x), expected) { failures.withLock { $0.append("\(thread) \(ending)") } }
                    }
                } catch {
                    failures.withLock { $0.append("\(thread): \(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
        }
    }

    /// A model that is saved while it trains gives files that can be read, and the training its bits.
    @Test func savingWhileTraining() throws {
        try withFolder { folder in
            func trained(saving: Bool) throws -> [Tensor] {
                setRandomSeed(3)
                let (model, x, y) = try Self.regression(width: 128)
                let isDone = Atomic(false)
                let failures = Mutex<[String]>([])
                let group = DispatchGroup()
                if saving {
                    nonisolated(unsafe) let shared = model
                    DispatchQueue.global().async(group: group) {
                        repeat {
                            do {
                                try shared.save(to: folder + "/m.keras")
                                _ = try Model.load(from: folder + "/m.keras")
                            } catch { failures.withLock { $0.append("\(error)") } }
                        } while !isDone.load(ordering: .relaxed)
                    }
                }
                try model.fit(x, y, epochs: 20, verbosity: .silent)
                isDone.store(true, ordering: .relaxed)
                group.wait()
                #expect(failures.withLock { $0 } == [])
                return model.weights.map(\.value)
            }
            let (alone, watched) = (try trained(saving: false), try trained(saving: true))
            #expect(zip(alone, watched).allSatisfy { same($0, $1) })
        }
    }

    /// Compiled functions that take the same variables in opposite orders do not wait for each other for ever.
    @Test(.timeLimit(.minutes(10))) func bothOrders() {
        let variables = (0..<6).map { _ in Variable(Tensor.randomUniform([100])) }
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let order = thread % 2 == 0 ? variables : variables.reversed()
            let function = compiled { (x: Tensor) -> Tensor in
                var sum = x
                for variable in order {
                    variable.assign((variable.value * 0.5 + sum * 0.1).tanh())
                    sum = sum + variable.value
                }
                return sum
            }
            let x = Tensor.randomUniform([100])
            for call in 0..<100 {
                _ = function(x)
                if call % 10 == 0 { for variable in order { variable.assign(variable.value * 0.9) } }
            }
        }
        for variable in variables { #expect((variable.value.abs() .<= 1).all().item(as: Bool.self)) }
    }
}
