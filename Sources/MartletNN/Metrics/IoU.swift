import MartletCore

/// The intersection over the union of targets and predictions of some classes, averaged over those that occur.
///
/// Source: [`keras.metrics.IoU`](https://keras.io/api/metrics/segmentation_metrics/#iou-class).
public class IoU: Metric, ConfigurableMetric, Described {
    /// The number of classes.
    public private(set) var numClasses: Int
    /// The classes that are averaged over.
    public internal(set) var targetClassIDs: [Int]
    /// A class whose samples are left out, nil for none.
    public private(set) var ignoreClass: Int?
    /// Whether targets are class numbers, not scores of each.
    public private(set) var sparseYTrue: Bool
    /// Whether predictions are class numbers, not scores of each.
    public private(set) var sparseYPred: Bool
    /// The axis of the scores.
    public private(set) var axis: Int
    private var confusion: Variable!

    /// Makes the metric.
    /// - Parameter dtype: of the counts; nil is `int64`.
    public init(
        numClasses: Int, targetClassIDs: [Int], name: String? = nil, dtype: DType? = nil, ignoreClass: Int? = nil,
        sparseYTrue: Bool = true, sparseYPred: Bool = true, axis: Int = -1
    ) {
        self.numClasses = numClasses
        self.targetClassIDs = targetClassIDs
        self.ignoreClass = ignoreClass
        self.sparseYTrue = sparseYTrue
        self.sparseYPred = sparseYPred
        self.axis = axis
        super.init(name: name ?? LayerNames.snakeCase("\(Self.self)"), dtype: dtype ?? .int64)
        if !allowsState(self.numClasses, self.numClasses) { (self.numClasses, self.targetClassIDs) = (1, []) }
        confusion = addState("total_confusion_matrix", shape: [self.numClasses, self.numClasses])
    }

    public class var arguments: Arguments<IoU> { table }

    private static let table = Arguments(default: IoU(numClasses: 1, targetClassIDs: [])) {
        $0("num_classes", \.numClasses, required: true, .atLeast(1))
        $0("target_class_ids", \.targetClassIDs, name: "targetClassIDs", required: true)
        $0("ignore_class", \.ignoreClass)
        $0("sparse_y_true", \.sparseYTrue)
        $0("sparse_y_pred", \.sparseYPred)
        $0("axis", \.axis)
        $0.check { metric in
            Argument.check(
                metric.targetClassIDs.allSatisfy { $0 >= 0 && $0 < metric.numClasses }, metric.className, "targetClassIDs",
                expected: "class numbers in 0..<\(metric.numClasses)", received: metric.targetClassIDs)
        }
    }

    public override var isHigherBetter: Bool? { true }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        func numbers(_ x: Tensor, _ isSparse: Bool) -> Tensor {
            (isSparse ? x : x.argmax(axis: axis)).cast(to: .int64).flattened()
        }
        let (rows, columns) = (numbers(yTrue, sparseYTrue), numbers(yPred, sparseYPred))
        func isClass(_ x: Tensor) -> Tensor { (x .>= 0).logicalAnd(x .< numClasses) }
        var counts = isClass(rows).logicalAnd(isClass(columns))
        if let ignoreClass { counts = counts.logicalAnd(rows .!= ignoreClass) }
        let weight = sampleWeight?.cast(to: dtype).flattened() ?? .ones([], dtype: dtype)
        let place = `where`(counts, rows * numClasses + columns, 0)
        let added = Tensor.zeros([numClasses * numClasses], dtype: dtype).scatteringAdd(
            at: place, counts.cast(to: dtype) * weight)
        confusion.assignAdd(added.reshaped([numClasses, numClasses]))
    }

    public override func result() -> Tensor {
        let matrix = confusion.value.cast(to: dtype.isFloatingPoint ? dtype : Settings.defaultFloatType)
        let classes = Tensor(targetClassIDs, shape: [targetClassIDs.count])
        let both = matrix.diagonal().gathered(at: classes)
        let either = (matrix.sum(axis: 0) + matrix.sum(axis: 1)).gathered(at: classes) - both
        let occurs = either .> 1e-9
        let ratios = `where`(occurs, both / (either + kerasEpsilon), 0)
        return ratios.sum() / (occurs.cast(to: matrix.dtype).sum() + kerasEpsilon)
    }
}

/// The intersection over the union, averaged over all classes.
///
/// Source: [`keras.metrics.MeanIoU`](https://keras.io/api/metrics/segmentation_metrics/#meaniou-class).
public class MeanIoU: IoU {
    /// Makes the metric.
    public init(
        numClasses: Int, name: String? = nil, dtype: DType? = nil, ignoreClass: Int? = nil, sparseYTrue: Bool = true,
        sparseYPred: Bool = true, axis: Int = -1
    ) {
        super.init(
            numClasses: numClasses, targetClassIDs: [], name: name, dtype: dtype, ignoreClass: ignoreClass,
            sparseYTrue: sparseYTrue, sparseYPred: sparseYPred, axis: axis)
        self.targetClassIDs = Array(0..<max(0, self.numClasses))
    }

    public override class var arguments: Arguments<IoU> {
        super.arguments.starting(from: MeanIoU(numClasses: 1)).without("target_class_ids")
    }
}

/// `IoU` of one-hot targets.
///
/// Source: [`keras.metrics.OneHotIoU`](https://keras.io/api/metrics/segmentation_metrics/#onehotiou-class).
public final class OneHotIoU: IoU {
    /// Makes the metric.
    public init(
        numClasses: Int, targetClassIDs: [Int], name: String? = nil, dtype: DType? = nil, ignoreClass: Int? = nil,
        sparseYPred: Bool = false, axis: Int = -1
    ) {
        super.init(
            numClasses: numClasses, targetClassIDs: targetClassIDs, name: name, dtype: dtype,
            ignoreClass: ignoreClass, sparseYTrue: false, sparseYPred: sparseYPred, axis: axis)
    }

    public override class var arguments: Arguments<IoU> {
        super.arguments.starting(from: OneHotIoU(numClasses: 1, targetClassIDs: [])).without("sparse_y_true")
    }
}

/// `MeanIoU` of one-hot targets.
///
/// Source: [`keras.metrics.OneHotMeanIoU`](https://keras.io/api/metrics/segmentation_metrics/#onehotmeaniou-class).
public final class OneHotMeanIoU: MeanIoU {
    /// Makes the metric.
    public init(
        numClasses: Int, name: String? = nil, dtype: DType? = nil, ignoreClass: Int? = nil, sparseYPred: Bool = false,
        axis: Int = -1
    ) {
        super.init(
            numClasses: numClasses, name: name, dtype: dtype, ignoreClass: ignoreClass, sparseYTrue: false,
            sparseYPred: sparseYPred, axis: axis)
    }

    public override class var arguments: Arguments<IoU> {
        super.arguments.starting(from: OneHotMeanIoU(numClasses: 1)).without("target_class_ids", "sparse_y_true")
    }
}

/// `IoU` of the two classes that predictions below a threshold and others make.
///
/// Source: [`keras.metrics.BinaryIoU`](https://keras.io/api/metrics/segmentation_metrics/#binaryiou-class).
public final class BinaryIoU: IoU {
    /// Predictions that reach it count as 1.
    public fileprivate(set) var threshold: Double

    /// Makes the metric.
    public init(targetClassIDs: [Int] = [0, 1], threshold: Double = 0.5, name: String? = nil, dtype: DType? = nil) {
        self.threshold = threshold
        super.init(numClasses: 2, targetClassIDs: targetClassIDs, name: name, dtype: dtype)
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        super.update(yTrue, (yPred .>= threshold).cast(to: .int64), sampleWeight: sampleWeight)
    }

    public override class var arguments: Arguments<IoU> {
        var table = super.arguments.starting(from: BinaryIoU())
            .without("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        table("target_class_ids", \.targetClassIDs, name: "targetClassIDs")
        table.custom("threshold") { metric, config in
            if let threshold: Double = try config.optional("threshold") { (metric as! BinaryIoU).threshold = threshold }
        } write: { .double(($0 as! BinaryIoU).threshold) }
        return table
    }
}
