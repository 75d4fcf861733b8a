import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

@Suite(.ownSession) struct ResumingCallbackTests {
    private struct Interruption: Error {}

    private static let x = Tensor([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.25]])
    private static let y = Tensor([[1.0], [2.0], [3.0]])

    private func model() throws -> Sequential {
        let model = Sequential([InputLayer([2]), Dense(1, kernelInitializer: .constant(0.5), name: "out")])
        try model.compile(optimizer: Adam(learningRate: 0.1), loss: "mse")
        return model
    }

    @discardableResult
    private func fit(_ model: Model, _ callbacks: [Callback]) throws -> History {
        try model.fit(
            Self.x, Self.y, batchSize: 2, epochs: 6, verbosity: .silent, callbacks: callbacks, shuffle: false)
    }

    @Test(arguments: [false, true]) func anInterruptedTrainingGoesOn(lastBackupIsBroken: Bool) throws {
        let whole = try model()
        try fit(whole, [])
        try withFolder { folder in
            let backup = folder + "/backup"
            let interrupted = try model()
            let callback = BackupAndRestore(backup, doubleCheckpoint: true)
            let interruption = LambdaCallback(onEpochBegin: { if $0 == 4 { throw Interruption() } })
            #expect(throws: Interruption.self) { try fit(interrupted, [callback, interruption]) }
            if lastBackupIsBroken { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: backup + "/latest.weights.h5")) }

            // Another process makes the model anew.
            let resumed = try model()
            let history = try fit(resumed, [BackupAndRestore(backup)])
            #expect(history.epochs == Array(lastBackupIsBroken ? 3..<6 : 4..<6))
            #expect(resumed.weightsSHA256 == whole.weightsSHA256)
            #expect(!FileManager.default.fileExists(atPath: backup))
        }
    }

    @Test func aBackupOfAnotherModelIsRefused() throws {
        try withFolder { folder in
            try fit(model(), [BackupAndRestore(folder + "/b", deleteCheckpoint: false)])
            let other = Sequential([InputLayer([2]), Dense(3), Dense(1)])
            try other.compile(optimizer: "adam", loss: "mse")
            #expect(throws: MartletError.self) { try fit(other, [BackupAndRestore(folder + "/b")]) }
            try model().saveWeights(to: folder + "/b/latest.weights.h5")
            #expect(throws: MartletError.self) { try fit(model(), [BackupAndRestore(folder + "/b")]) }
            try Data("{\"epoch\": -1}".utf8).write(to: URL(fileURLWithPath: folder + "/b/training_metadata.json"))
            #expect(throws: MartletError.self) { try fit(model(), [BackupAndRestore(folder + "/b")]) }
        }
    }

    /// With momentum 0.5 and a rate that makes every step subtract the gradient, the averages follow by hand.
    @Test func averagesAreInTheModelWhileItIsEvaluated() throws {
        for swapOnEpoch in [false, true] {
            let model = Sequential([InputLayer([1]), Dense(1, useBias: false, kernelInitializer: .constant(1))])
            try model.compile(optimizer: SGD(learningRate: 0.25, useEMA: true, emaMomentum: 0.5), loss: "mse")
            var seen: [[Double]] = []
            let kernel = model.weights[0]
            let watch = LambdaCallback(
                onEpochBegin: { _ in seen.append([kernel.value.item()]) },
                onEpochEnd: { _, _ in seen[seen.count - 1].append(kernel.value.item()) })
            let (x, y) = (Tensor([[1.0]]), Tensor([[0.0]]))
            try model.fit(
                x, y, epochs: 3, verbosity: .silent, validationData: (x, y),
                callbacks: [SwapEMAWeights(swapOnEpoch: swapOnEpoch), watch])
            // The weight halves each step: 1/2, 1/4, 1/8. Averages: 1/2, 3/8, 1/4.
            let ends = swapOnEpoch ? [0.5, 0.375, 0.25] : [0.5, 0.25, 0.125]
            #expect(seen == zip([1, 0.5, 0.25], ends).map { [$0, $1] })
            #expect(model.weights[0].value.item() == 0.25)
        }
        #expect(throws: MartletError.self) { try fit(model(), [SwapEMAWeights()]) }
    }

    @Test func figuresAreSentToAServer() throws {
        let logs: Logs = ["loss": 0.5, "val_loss": 0.25]
        let form = try RemoteMonitor(root: "http://127.0.0.1:9", field: "a b").request(3, logs)
        #expect(form.httpMethod == "POST" && form.url?.absoluteString == "http://127.0.0.1:9/publish/epoch/end/")
        let body = String(decoding: try #require(form.httpBody), as: UTF8.self)
        #expect(body.hasPrefix("a%20b=%7B"))
        let fields = try JSONValue(parsing: try #require(body.dropFirst(6).removingPercentEncoding))
        #expect(fields == ["epoch": 3, "loss": 0.5, "val_loss": 0.25])
        let json = try RemoteMonitor(headers: ["X-Run": "7"], sendAsJSON: true).request(3, logs)
        #expect(try JSONValue(parsing: String(decoding: try #require(json.httpBody), as: UTF8.self)) == fields)
        #expect(json.value(forHTTPHeaderField: "Content-Type") == "application/json")
        #expect(json.value(forHTTPHeaderField: "X-Run") == "7")
        // Nobody listens there: the training goes on.
        try fit(model(), [RemoteMonitor(root: "http://127.0.0.1:9", timeout: 1)])
        #expect(throws: MartletError.self) { try fit(model(), [RemoteMonitor(root: "nowhere", path: "")]) }
    }
}
