import Foundation
import MartletCore

/// What a classifier said of samples, beside the truth.
struct ClassScores {
    /// A value for each class, row by row.
    let scores: [Double]
    let classCount: Int
    let labels: [Int]
    var count: Int { labels.count }
    /// Whether the model gives one number, of the second class.
    let isBinary: Bool

    /// - Parameters:
    ///   - predictions: `(count, classes)`, or `(count, 1)` or `(count)` for the second of two classes.
    ///   - labels: class numbers, `(count)` or `(count, 1)`, or one-hot rows, `(count, classes)`.
    /// - Throws: `MartletError` when the shapes do not fit, or a label is none of the classes.
    init(_ predictions: Tensor, labels: Tensor) throws {
        let count = predictions.rank > 0 ? predictions.shape[0] : 0
        let width = predictions.rank == 1 ? 1 : predictions.rank == 2 ? predictions.shape[1] : 0
        guard width > 0, labels.rank > 0, labels.shape[0] == count else {
            throw MartletError(
                "Expected predictions of shape (samples, classes) and as many labels. Received: \(predictions.spec) and "
                    + "\(labels.spec).", at: "predictions")
        }
        let values: [Double] = predictions.scalars()
        isBinary = width == 1
        classCount = max(2, width)
        scores = isBinary ? values.flatMap { [1 - $0, $0] } : values
        let truth: [Double] = labels.scalars()
        if labels.elementCount == count {
            self.labels = truth.map { $0.isFinite && abs($0) < 1e9 ? Int($0) : -1 }
        } else if labels.rank == 2, labels.shape[1] == classCount {
            self.labels = (0..<count).map { [classCount] row in
                let part = truth[row * classCount..<(row + 1) * classCount]
                return part.indices.max { part[$0] < part[$1] }! - part.startIndex
            }
        } else {
            throw MartletError(
                "Expected class numbers, one for each sample, or rows of \(classCount). Received: \(labels.spec).", at: "labels")
        }
        if let bad = self.labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
            throw MartletError(
                "Expected labels 0...\(classCount - 1). Received: \(truth[min(bad, truth.count - 1)]), of sample \(bad).",
                at: "labels")
        }
    }

    /// The value of a class.
    func score(_ sample: Int, _ one: Int) -> Double { scores[sample * classCount + one] }

    /// The class with the highest value, the first one of several.
    func guess(_ sample: Int) -> Int {
        // One number is of the second class from one half on, as in Keras's accuracy.
        if isBinary { return score(sample, 1) > 0.5 ? 1 : 0 }
        var best = 0
        for one in 1..<classCount where score(sample, one) > score(sample, best) { best = one }
        return best
    }

    /// The value of the guess.
    func confidence(_ sample: Int) -> Double { score(sample, guess(sample)) }
}
