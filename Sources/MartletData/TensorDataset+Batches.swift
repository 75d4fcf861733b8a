import MartletCore

/// The batches of a dataset, cut when they are asked for. Each loop over it goes once through all samples; a shuffled one has
/// a new order each time.
public struct Batches: Sequence, Sendable {
    private let data: TensorDataset
    let size: Int
    private let orders: RandomGenerator?
    var isShuffled: Bool { orders != nil }
    /// The number of batches.
    public let count: Int
    public var underestimatedCount: Int { count }

    init(_ data: TensorDataset, size: Int, dropsRemainder: Bool, orders: RandomGenerator?) {
        let fits = require(size >= 1, "batches", "Expected a batch size of at least 1. Received: \(size).")
        let size = fits ? size : 1
        self.data = data
        self.size = size
        self.orders = orders
        count = dropsRemainder ? data.count / size : data.batchCount(size: size)
    }

    /// Throws when there is no memory for an order of the samples.
    func requireMemory() throws(MartletError) {
        if isShuffled { try TensorDataset.requireMemory(forOrderOf: data.count) }
    }

    public func makeIterator() -> AnyIterator<Batch> {
        do {
            try requireMemory()
        } catch {
            fail("batches", error.message)
            return AnyIterator { nil }
        }
        let order = orders?.permutation(data.count)
        var steps = (0..<count).makeIterator()
        return AnyIterator { steps.next().map { data.batch($0, size: size, order: order) } }
    }
}

extension TensorDataset {
    /// Puts the samples of a model of one input and one output together.
    /// - Parameters:
    ///   - x: the inputs, samples along the first axis.
    ///   - y: the targets.
    ///   - sampleWeight: a factor of the loss for each sample.
    /// - Throws: `MartletError` when a tensor has no first axis or the numbers of samples differ.
    public init(_ x: Tensor, _ y: Tensor, sampleWeight: Tensor? = nil) throws {
        try self.init(inputs: [x], targets: [y], sampleWeights: sampleWeight.map { [$0] } ?? [])
    }

    /// The samples in batches, for a training loop.
    ///
    /// ```swift
    /// for batch in data.batches(of: 32, shuffled: true) { step(batch.x, batch.y) }
    /// ```
    /// - Parameters:
    ///   - size: the number of samples in a batch. Stops when it is below 1.
    ///   - shuffled: whether each loop over the batches takes the samples in a new order.
    ///   - dropsRemainder: whether the last batch is left out when it is smaller than the others.
    ///   - generator: the random numbers of the orders; nil takes new ones that follow from `setRandomSeed`.
    public func batches(
        of size: Int, shuffled: Bool = false, dropsRemainder: Bool = false, using generator: RandomGenerator? = nil
    ) -> Batches {
        Batches(
            self, size: size, dropsRemainder: dropsRemainder, orders: shuffled ? generator ?? RandomGenerator() : nil)
    }

    /// Throws when there is no memory for a random order of so many samples. Drawing one takes pairs of a random number and a
    /// place, twice to sort them, beside the order itself.
    package static func requireMemory(forOrderOf count: Int) throws(MartletError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 40)
        try Settings.requireMemory(overflow ? .max / 4 : bytes, at: "shuffle")
    }

    /// All samples as one batch.
    package var wholeBatch: Batch { Batch(inputs: inputs, targets: targets, sampleWeights: sampleWeights) }
}
