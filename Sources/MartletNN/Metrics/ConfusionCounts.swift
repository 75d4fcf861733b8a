import MartletCore

/// Weighted counts of right and wrong decisions at thresholds: what precision, recall and their kin are made of.
struct ConfusionCounts {
    /// Each of shape [thresholds].
    let truePositives, falsePositives, trueNegatives, falseNegatives: Tensor

    /// Keras's threshold where the top k decide: every score that is not among them is below it.
    static let noThreshold = -1e10

    /// Counts a batch. A prediction above a threshold is positive, a target that is not 0 is.
    /// - Parameters:
    ///   - topK: only the k largest predictions of a row may be positive, nil for any.
    ///   - classID: the only class that is looked at, a negative number from the last on; nil for all.
    init(
        _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor?, thresholds: [Double], topK: Int? = nil,
        classID: Int? = nil, dtype: DType
    ) {
        var (target, prediction) = Loss.matchedRanks(yTrue.cast(to: dtype), yPred.cast(to: dtype))
        if let topK { prediction = Self.keepingTopK(prediction, topK) }
        if var classID {
            let classes = prediction.rank > 1 ? prediction.shape[-1] : 0
            let exists = require(
                (-classes..<classes).contains(classID), "classID",
                "Expected predictions of more classes than \(classID < 0 ? "\(-classID - 1)" : "\(classID)"). "
                    + "Received: \(prediction.spec).")
            // As an index of Python, a negative number counts from the last class.
            if classID < 0 { classID += classes }
            if exists {
                (target, prediction) = (
                    target[.ellipsis, classID..<classID + 1], prediction[.ellipsis, classID..<classID + 1]
                )
            }
        }
        let weight = Self.weights(sampleWeight, like: prediction).reshaped([1, -1])
        let limits = Tensor(thresholds, dtype: dtype).reshaped([-1, 1])
        let isPositive = (prediction.reshaped([1, -1]) .> limits).cast(to: dtype)
        let label = (target .!= 0).cast(to: dtype).reshaped([1, -1])
        let (positives, negatives) = (weight * label, weight * (1 - label))
        truePositives = (isPositive * positives).sum(axis: 1)
        falsePositives = (isPositive * negatives).sum(axis: 1)
        falseNegatives = ((1 - isPositive) * positives).sum(axis: 1)
        trueNegatives = ((1 - isPositive) * negatives).sum(axis: 1)
    }

    /// The predictions, with all but the k largest of each row put below every threshold.
    private static func keepingTopK(_ x: Tensor, _ k: Int) -> Tensor {
        let (_, places) = x.topK(k)
        let isKept = Tensor.oneHot(places, depth: x.shape[-1], dtype: x.dtype).sum(axis: -2) .> 0
        return `where`(isKept, x, noThreshold)
    }

    /// A weight for each prediction.
    static func weights(_ sampleWeight: Tensor?, like prediction: Tensor) -> Tensor {
        guard var weight = sampleWeight?.cast(to: prediction.dtype) else { return .ones(like: prediction) }
        while weight.rank < prediction.rank { weight = weight.expandingDims(at: -1) }
        if weight.rank == prediction.rank + 1, weight.shape[-1] == 1 { weight = weight.squeezed(axis: -1) }
        return weight.broadcast(to: prediction.shape)
    }
}

/// Counts how often samples of each class were predicted as each class: row the true class, column the predicted one,
/// `int64` of shape [classes, classes].
///
/// - Parameters:
///   - yTrue: class numbers, or one-hot or score rows of `classes`.
///   - yPred: the same.
///   - classes: the number of classes; nil is one more than the largest class number.
///
/// Stops when a class number is not in `0..<classes`.
public func confusionMatrix(_ yTrue: Tensor, _ yPred: Tensor, classes: Int? = nil) -> Tensor {
    func numbers(_ x: Tensor) -> Tensor {
        let isRow = x.rank > 1 && x.shape[-1] > 1
        return (isRow ? x.argmax(axis: -1) : x).cast(to: .int64).flattened()
    }
    let (rows, columns) = (numbers(yTrue), numbers(yPred))
    let fits = require(
        rows.elementCount == columns.elementCount, "confusionMatrix",
        "Expected as many targets as predictions. Received: \(rows.elementCount) and \(columns.elementCount).")
    if !fits { return .nothing }
    let all = Tensor.concatenate([rows, columns])
    let largest = all.elementCount == 0 ? -1 : all.max().item(as: Int.self)
    let count = classes ?? largest + 1
    guard require(
        all.elementCount == 0 || (largest < count && all.min().item(as: Int.self) >= 0), "confusionMatrix",
        "Expected class numbers from 0 to \(count - 1). Received: \(all.min().item(as: Int.self)) to \(largest).")
    else { return .nothing }
    return Tensor.zeros([count * count], dtype: .int64)
        .scatteringAdd(at: rows * count + columns, .ones([rows.elementCount], dtype: .int64))
        .reshaped([count, count])
}
