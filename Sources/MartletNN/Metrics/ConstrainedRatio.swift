import MartletCore

/// The best of one ratio of confusion counts at the thresholds where another is at least a bound: the base of
/// `PrecisionAtRecall` and its kin.
public class ConstrainedRatio: Metric {
    /// The least value of the ratio that is bounded.
    public private(set) var bound: Double
    /// The number of thresholds, spread evenly over 0...1.
    public private(set) var numThresholds: Int
    /// The only class that is looked at, nil for all.
    public private(set) var classID: Int?
    private var counts: [Variable] = []

    init(_ bound: Double, numThresholds: Int, classID: Int?, name: String?, dtype: DType?) {
        self.bound = bound
        self.numThresholds = numThresholds
        self.classID = classID
        super.init(name: name ?? LayerNames.snakeCase("\(Self.self)"), dtype: dtype)
        if !allowsState(4, self.numThresholds) { self.numThresholds = 1 }
        counts = ["true_positives", "false_positives", "true_negatives", "false_negatives"].map {
            addState($0, shape: [self.numThresholds])
        }
    }

    public override var isHigherBetter: Bool? { true }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let steps = Double(max(numThresholds - 1, 1))
        // A prediction of 0 counts as above the threshold 0, as Keras's histogram has it.
        let thresholds = numThresholds == 1
            ? [0.5] : [-Double.leastNormalMagnitude] + (1..<numThresholds).map { Double($0) / steps }
        let found = ConfusionCounts(
            yTrue, yPred, sampleWeight: sampleWeight, thresholds: thresholds, classID: classID, dtype: dtype)
        let batch = [found.truePositives, found.falsePositives, found.trueNegatives, found.falseNegatives]
        for (count, value) in zip(counts, batch) { count.assignAdd(value) }
    }

    /// The ratio that is bounded and the one that is sought, of the counts in the order of Keras.
    func ratios(_ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor) -> (bounded: Tensor, sought: Tensor) {
        stop(className, "The metric has no ratios: override ratios(_:_:_:_:).")
    }

    public override func result() -> Tensor {
        let (bounded, sought) = ratios(counts[0].value, counts[1].value, counts[2].value, counts[3].value)
        return `where`(bounded .>= bound, sought, 0).max()
    }

    /// The arguments of a ratio whose bound is `name`.
    static func table<M: ConstrainedRatio>(
        bound name: String, _ value: @escaping @Sendable @autoclosure () -> M
    ) -> Arguments<M> {
        Arguments(default: value()) {
            $0(name, \.bound, required: true, .in(0...1))
            $0("num_thresholds", \.numThresholds, .atLeast(1))
            $0("class_id", \.classID)
        }
    }
}
