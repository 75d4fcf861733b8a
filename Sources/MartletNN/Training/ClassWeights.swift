import MartletCore
import MartletData

extension TensorDataset {
    /// The dataset with each sample's weight multiplied by that of its class; each label's where a sample has several.
    /// Targets are class numbers, or have a last axis over the classes, where the largest value is the class.
    /// - Parameter predictions: the shapes of the model's outputs. Targets of fewer axes are class numbers.
    /// - Throws: `MartletError` when there is not exactly one target.
    func weighted(by classWeight: [Int: Double], predictions: [PartialShape]) throws -> TensorDataset {
        guard targets.count == 1, let target = targets.first else {
            throw MartletError(
                "Expected a model of one output. Received: \(targets.count) targets.", at: "classWeight")
        }
        let areNumbers = target.rank < max(2, predictions.first?.rank ?? 0)
        let classes = areNumbers ? target : target.shape[-1] == 1 ? target.squeezed(axis: -1) : target.argmax(axis: -1)
        let factors = Tensor(classes.scalars(as: Int.self).map { classWeight[$0] ?? 1 }, dtype: .float32)
            .reshaped(to: classes.shape)
        let weights = try sampleWeights.map { given in
            guard given.rank <= factors.rank else {
                throw MartletError(
                    "Expected sample weights of the classes' shape, \(classes.shape). Received: \(given.shape).",
                    at: "sampleWeight")
            }
            let missing = [Int](repeating: 1, count: factors.rank - given.rank)
            return given.cast(to: .float32).reshaped(to: Shape(given.shape.dimensions + missing)) * factors
        }
        return try TensorDataset(inputs: inputs, targets: targets, sampleWeights: weights.isEmpty ? [factors] : weights)
    }
}
