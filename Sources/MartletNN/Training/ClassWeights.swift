import MartletCore
import MartletData

extension TensorDataset {
    /// The dataset with each sample's weight multiplied by that of its class.
    /// - Throws: `MartletError` when there is not one target of class labels or one-hot rows.
    func weighted(by classWeight: [Int: Double]) throws -> TensorDataset {
        guard targets.count == 1, let target = targets.first else {
            throw MartletError(
                "Expected a model of one output. Received: \(targets.count) targets.", at: "classWeight")
        }
        let labels: [Int]
        switch target.rank {
        case 1: labels = target.scalars()
        case 2 where target.shape[1] == 1: labels = target.scalars()
        case 2: labels = target.argmax(axis: -1).scalars()
        default:
            throw MartletError(
                "Expected class labels or one-hot rows as targets. Received: shape \(target.shape).", at: "classWeight")
        }
        let factors = Tensor(labels.map { classWeight[$0] ?? 1 }, dtype: .float32)
        let weights = sampleWeights.map { $0.cast(to: .float32) * factors } ?? factors
        return try TensorDataset(inputs: inputs, targets: targets, sampleWeights: weights)
    }
}
