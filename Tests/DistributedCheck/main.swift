import Foundation
import Martlet
import MartletData
import MartletDistributed
import MartletNN

// What scripts/check-distributed.sh runs in the ranks of a job: loops of one's own, whose weights do not depend on the number of
// ranks, and ranks that do what they must not.
//
//     distributed-check loop tensors|samples|batches|uneven|short|normalized
//     distributed-check time NUMBER      milliseconds of a step of a model with so many weights and hardly any work
//     distributed-check wrong none|data|samples|dtype|shape|model|optimizer|weights|shards|steps|throws|dies|hangs|exits|
//                             badData|badRow

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let task = arguments.first, let kind = arguments.last else {
    FileHandle.standardError.write(Data("usage: distributed-check loop|wrong KIND\n".utf8))
    exit(64)
}
Settings.setRandomSeed(42)
let generator = RandomGenerator(seed: 3)
let samples = 90
let x = generator.uniform([samples, 6], in: -1..<1)
let y = x.square().sum(axes: [1], keepDims: true)

func report(_ model: Model, _ strategy: DistributionStrategy, _ losses: [Double]) {
    guard strategy.isChief else { return }
    print("weights_sha256 \(model.weightsSHA256) losses \(losses)")
}

func makeModel(hidden: Int = 8, normalized: Bool = false) -> Sequential {
    Sequential(
        [Dense(hidden, activation: .tanh, name: "first")]
            + (normalized ? [BatchNormalization(synchronized: true, name: "norm")] : [])
            + [Dropout(0.2, name: "dropout"), Dense(1, name: "second")], name: "net")
}

func loop() throws {
    let strategy = try MultiWorkerMirroredStrategy(timeout: 10)
    let model = makeModel(normalized: kind == "normalized")
    _ = model(x[0..<1])
    let (optimizer, variables) = (Adam(learningRate: 0.01), model.trainableVariables)
    let step = strategy.function { batch in
        let tape = GradientTape()
        let loss = tape.record { computeAverageLoss((model(batch.x, training: true) - batch.y).square()) }
        optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
        return loss
    }
    // Only the last rank's data ends early.
    let isLast = strategy.rank == strategy.numReplicasInSync - 1
    let count = kind == "short" || kind == "uneven" && isLast ? 48 : kind == "uneven" ? 64 : samples
    let data = try TensorDataset(x[0..<count], y[0..<count])
    let pipeline = Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all, seed: 5)
    let batches =
        switch kind {
        case "samples": strategy.distribute(pipeline, batchSize: 16)
        case "batches": strategy.distribute(pipeline.batch(16))
        default: strategy.distribute(data, batchSize: 16, shuffled: count == samples, using: RandomGenerator(seed: 11))
        }
    var losses: [Double] = []
    for _ in 0..<3 {
        try batches.forEach { batch in
            // No rank has more than its part.
            let most = (batch.count + strategy.numReplicasInSync - 1) / strategy.numReplicasInSync + 4
            guard kind == "batches" || batch.part.count <= most else {
                throw MartletError("Expected at most \(most) samples. Received: \(batch.part.count).")
            }
            losses.append(strategy.reduce(.sum, strategy.run(step, batch)).item())
        }
    }
    report(model, strategy, losses)
}

/// Times steps whose work is to exchange gradients: a shard for each rank, as large trainings have it.
func time(_ weights: Int) throws {
    let strategy = try MultiWorkerMirroredStrategy(shards: MultiWorkerMirroredStrategy.ranksOfJob ?? 1)
    let width = max(1, weights / 16)
    let model = try strategy.scope {
        let model = Sequential([Dense(width, useBias: false), Dense(1, useBias: false)])
        try model.compile(optimizer: SGD(learningRate: 1e-6), loss: .meanSquaredError())
        return model
    }
    let data = try TensorDataset(generator.uniform([8, 15], in: -1..<1), generator.uniform([8, 1], in: -1..<1))
    let step = try model.makeTrainFunction(for: data)
    let batch = data.batch(0, size: 8)
    for _ in 0..<5 { step(batch) }
    var times: [Double] = []
    for _ in 0..<25 {
        let start = DispatchTime.now().uptimeNanoseconds
        step(batch)
        times.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
    }
    guard strategy.isChief else { return }
    times.sort()
    print("ranks \(strategy.numReplicasInSync) weights \(width * 16) ms \(times[times.count / 2]) least \(times[0])")
}

/// Two epochs of `fit`, in which rank 1 is wrong from the fourth step on.
final class Misbehaviour: Callback {
    let rank: Int
    let kind: String
    init(_ rank: Int, _ kind: String) { (self.rank, self.kind) = (rank, kind) }

    override func onTrainBatchBegin(_ batch: Int) throws {
        guard rank == 1, batch == 3 else { return }
        switch kind {
        case "dies": kill(getpid(), SIGKILL)
        case "hangs": kill(getpid(), SIGSTOP)
        case "exits": exit(0)
        case "throws": throw MartletError("This rank's disk is full.", at: "callback")
        default: break
        }
    }
}

func wrong() throws {
    let isOdd = MultiWorkerMirroredStrategy.rankOfJob == 1
    func odd(_ name: String) -> Bool { isOdd && kind == name }
    let strategy = try MultiWorkerMirroredStrategy(shards: odd("shards") ? 8 : 4, timeout: kind == "hangs" ? 25 : 10)
    let model = try strategy.scope {
        let model = makeModel(hidden: odd("model") ? 9 : 8)
        try model.compile(optimizer: odd("optimizer") ? SGD() : Adam(learningRate: 0.01), loss: .meanSquaredError())
        return model
    }
    var (x, y) = (x, y)
    if odd("data") { x = x + Tensor(1e-3) }
    if kind == "badRow" {
        // A sample of the last shard has a row that the table does not have: one rank fails, and all throw that.
        let table = Embedding(4, 2, name: "table")
        _ = table(Tensor([[0]]))
        let step = strategy.function { batch in table(batch.x) }
        let ids = Tensor((0..<16).map { $0 == 15 ? 4 : $0 % 4 }, shape: [16, 1])
        _ = try withErrors { strategy.run(step, Batch(inputs: [ids])) }
    }
    if odd("dtype") { y = y.cast(to: .float64) }
    if odd("samples") { (x, y) = (x[0..<80], y[0..<80]) }
    if odd("steps") { (x, y) = (x[0..<64], y[0..<64]) }
    if odd("shape") { x = concatenate([x, x[0..., 0..<1]], axis: 1) }
    if odd("weights") {
        _ = model(x[0..<1])
        model.weights[2].assign(model.weights[2].value + 0.5)
    }
    if odd("badData") { y = y.reshaped([90, 1, 1]).broadcast(to: [90, 2, 1]) }
    try model.fit(
        x, y, batchSize: 16, epochs: 2, verbosity: .silent, callbacks: [Misbehaviour(strategy.rank, kind)], shuffle: false)
    report(model, strategy, [])
}

do {
    switch task {
    case "loop": try loop()
    case "time": try time(Int(kind) ?? 1)
    default: try wrong()
    }
} catch {
    // As the command does: mostly all ranks have the same error.
    let rank = MultiWorkerMirroredStrategy.rankOfJob ?? 0
    if rank > 0 { Thread.sleep(forTimeInterval: 1) }
    FileHandle.standardError.write(Data("error: rank \(rank): \(error)\n".utf8))
    exit(1)
}
