import MartletFormats

extension MetricConvertible where Self == String {
    /// How often predictions are right: for one prediction a sample `BinaryAccuracy`, for class numbers
    /// `SparseCategoricalAccuracy`, for one-hot targets `CategoricalAccuracy`, under the name `accuracy`.
    public static var accuracy: String { "accuracy" }
    /// The cross-entropy that fits the shapes, as for `accuracy`, under the name `crossentropy`.
    public static var crossentropy: String { "crossentropy" }
}

extension String: MetricConvertible {
    /// The metric that goes by this name in Keras, with its defaults: `"mae"`, `"auc"`. The name stays as it is
    /// written; `"accuracy"` and `"crossentropy"` become the form that fits the shapes.
    public func makeMetric(for target: PartialShape, _ prediction: PartialShape, loss: Loss?) throws -> Metric {
        let form = TargetForm(of: target, prediction)
        switch lowercased() {
        case "accuracy", "acc":
            switch form {
            case .binary: return BinaryAccuracy(name: self)
            case .sparse: return SparseCategoricalAccuracy(name: self)
            case .categorical: return CategoricalAccuracy(name: self)
            }
        case "crossentropy", "ce": return MeanMetricWrapper(form.crossentropy, name: self)
        default:
            // A metric may go by a loss's name and differ from it.
            if MetricRegistry.shared.contains(self) {
                return try MetricRegistry.shared.make(className: self, config: ["name": .string(self)])
            }
            if LossRegistry.shared.contains(self) { return try MeanMetricWrapper(makeLoss(), name: self) }
            let others = LossRegistry.shared.names + ["accuracy", "crossentropy"]
            throw MetricRegistry.shared.unknown(self, others: others)
        }
    }

    /// Whether it names a metric that depends on the shapes of targets and predictions.
    var dependsOnShapes: Bool { ["accuracy", "acc", "crossentropy", "ce"].contains(lowercased()) }
}
