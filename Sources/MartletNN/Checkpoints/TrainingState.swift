import MartletCore
import MartletData
import MartletFormats

/// A place in a training.
struct TrainingPlace: Equatable {
    /// The epoch that goes on, counted from 0.
    var epoch = 0
    /// The batches of the epoch that have passed.
    var batch = 0
    /// The batches since the training began.
    var step = 0
}

/// What stays the same while a training goes on: names and their values, such as the batch size.
package typealias TrainingFacts = [String: String]

extension TrainingFacts {
    package var json: JSONValue {
        .object(sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    }

    /// Checks them against a file of training. Files of earlier versions and of Keras have none.
    /// - Throws: `MartletError` when one of the facts was another.
    func check(_ root: HDF5Group, file: String) throws {
        guard let text = try root.attribute("training")?.text else { return }
        try check(
            JSONValue(parsing: text), of: "the training that was interrupted",
            remedy: "Give the same to go on, or another folder to begin anew.", at: file)
    }

    /// Checks them against those of something that began earlier. What only one of both names is no difference.
    /// - Parameters:
    ///   - others: as `json` gave them.
    ///   - subject: what began earlier.
    ///   - remedy: what can be done.
    /// - Throws: `MartletError` when one of the facts was another.
    package func check(_ others: JSONValue, of subject: String, remedy: String, at place: String) throws {
        let others = try others.object().filter { name, value in self[name].map { value != .string($0) } ?? false }
        // Of several that differ the one that says most: what somebody has set, before what follows from it and from the data.
        let consequences = ["number of samples", "digest of the data", "steps of an epoch", "digest of samples"]
        func rank(_ name: String) -> Int { consequences.firstIndex(of: name) ?? -1 }
        guard let (name, value) = others.min(by: { (rank($0.key), $0.key) < (rank($1.key), $1.key) }) else { return }
        // Of digests nobody reads more than that they differ.
        if ["digest of", "configuration of"].contains(where: name.hasPrefix) {
            throw MartletError(
                "Expected \(subject). Received other \(name.split(separator: " ").last ?? ""), as the \(name) tells. \(remedy)",
                at: place)
        }
        throw MartletError(
            "Expected \(subject). Its \(name): \(try value.string()). Received: \(self[name]!). \(remedy)", at: place)
    }
}

extension TensorDataset {
    /// What tells this data from other data: the number of samples, and a digest of 64 of them, from the first to the last.
    var facts: TrainingFacts {
        let places = Set((0..<64).map { $0 * (count - 1) / 63 }).sorted()
        let hash = SHA256()
        for tensor in inputs + targets + sampleWeights {
            for place in places {
                let sample = tensor[place]
                guard sample.dtype == .string else {
                    sample.withUnsafeBytes { hash.write($0) }
                    continue
                }
                for text in sample.utf8Strings() { text.withUnsafeBytes { hash.write($0) } }
            }
        }
        return ["number of samples": String(count), "digest of samples": String(hash.hexDigest().prefix(16))]
    }
}

extension Model {
    /// All that a training needs to go on from a place with the same bits: weights, optimizer, metrics of the epoch so far,
    /// random streams of layers, of the session and of the orders of samples, and what callbacks remember.
    ///
    /// It holds the values of this moment; later steps do not change it.
    /// - Parameter orders: the state of the stream of orders from which the running order was drawn; nil is its present one.
    func trainingContent(
        at place: TrainingPlace, of facts: TrainingFacts, orders: Tensor?, callbacks: [Callback]
    ) -> HDF5GroupContent {
        let content = kerasContent(orders: orders)
        content.attributes = [
            ("epoch_and_batch", .numbers(Tensor([place.epoch, place.batch], shape: [2]))), ("training", .text(facts.json.serialized())),
        ]
        for (index, metric) in metrics.enumerated() {
            let group = content.group("metrics/\(index)")
            for (number, variable) in metric.variables.enumerated() { group.add(variable.storedValue, at: "\(number)") }
        }
        content.writeSessionStream()
        content.write(memoriesOf: callbacks)
        return content
    }

    /// Takes what `trainingContent` gave, except for what callbacks remember. Changes nothing when it throws.
    /// - Parameters:
    ///   - withMetrics: whether the epoch goes on.
    ///   - isOwn: whether it is surely not of Keras 2.
    func restoreTraining(from root: HDF5Group, file: String, withMetrics: Bool, isOwn: Bool) throws {
        let figures = withMetrics ? try metrics.enumerated().flatMap { index, metric in
            try KerasLayout.read(metric.variables, from: root.group("metrics/\(index)"), owner: metric.name, file: file)
        } : []
        try loadState(from: root, file: file, isOwn: isOwn, and: figures + root.sessionStream(file))
    }
}

// The stream from which a model's own `trainStep` draws, where it has no generator of its own.

extension HDF5GroupContent {
    func writeSessionStream() {
        if let generator = Session.current.existingGenerator { add(generator.state.storedValue, at: "session/vars/0") }
    }
}

extension HDF5Group {
    func sessionStream(_ file: String) throws -> [(variable: Variable, value: Tensor)] {
        guard contains("session") else { return [] }
        return try KerasLayout.read(
            [RandomGenerator.default.state], from: group("session/vars"), owner: "the session's random stream", file: file)
    }
}

/// A callback that keeps what a training needs to go on. `fit` calls it when all callbacks have seen the end of a batch or an
/// epoch.
package protocol TrainingKeeper: Callback {
    /// Where it keeps it.
    var folder: String { get }
    /// What its owner says of the training, beside what `fit` knows.
    var ownFacts: TrainingFacts { get }
    /// What must be the same when training goes on. `fit` sets it before training begins.
    var facts: TrainingFacts { get set }
    /// The callbacks whose memories it keeps. `fit` sets them.
    var others: [Callback] { get set }
    /// Gives the callbacks back what they remember, after they have begun.
    func remind() throws
    /// A batch, counted from 0 in its epoch, has ended for all callbacks.
    func saveBatch(_ batch: Int) throws
    /// All batches of an epoch have ended, and its validation begins.
    func noteEnd(of epoch: Int, batches: Int)
    /// An epoch has ended for all callbacks.
    func saveEpoch(_ epoch: Int) throws
    /// The training ends here, to go on another time.
    func saveForLater() throws
}

extension Model {
    /// The state of the stream of orders that a training needs which goes on at the start of an epoch: with `stepsPerEpoch` the
    /// epoch may go on in the order of the one before.
    func ordersState(after epoch: Int) -> Tensor? {
        epoch < presentOrder?.lastEpoch ?? 0 ? presentOrder?.state : nil
    }
}
