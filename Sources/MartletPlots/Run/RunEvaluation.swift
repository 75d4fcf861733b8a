import Foundation
import MartletCore
import MartletData
import MartletFormats
import MartletNN

/// What a trained model says of samples: `evaluation.json` in a run's folder.
struct RunEvaluation {
    /// A sample of which the model is least right.
    struct Worst {
        let index: Int
        let truth: String
        let guess: String
        /// The value of the true class, or the error.
        let score: Double
        var image: PixelImage?
    }
    struct Curve {
        let name: String
        let areaUnderROC, averagePrecision: Double
        let roc: [(Double, Double)]
        let precisionRecall: [(Double, Double)]
    }

    var samples = 0
    var matrix: ConfusionMatrix?
    /// The number of samples, the mean confidence and the accuracy of each bin.
    var calibration: [[Double]] = []
    var calibrationError = Double.nan
    var curves: [Curve] = []
    /// True and predicted values of a regression.
    var points: [(Double, Double)] = []
    var worst: [Worst] = []

    /// The most samples that are looked at.
    static let sampleLimit = 10_000
    private static let (classLimit, curveLimit, pointLimit, worstLimit, curvePoints) = (100, 10, 500, 24, 100)
    private static let imageSide = 32

    /// - Parameters:
    ///   - predictions: of one output.
    ///   - x: the samples, for pictures of them.
    init(predictions: Tensor, targets: Tensor, x: Tensor?, classNames: [String]) throws {
        samples = predictions.rank > 0 ? predictions.shape[0] : 0
        let scores = predictions.rank == 1 ? predictions.expandingDims(at: -1) : predictions
        guard samples > 0, scores.rank == 2, let kind = Kind(scores, targets) else { return }
        switch kind {
        case .classes(let probabilities):
            guard let classes = try? ClassScores(probabilities, labels: targets) else { return }
            addClasses(classes, x, classNames)
        case .values: addValues(scores.scalars(), targets.scalars(), x)
        }
    }

    private enum Kind {
        case classes(Tensor)
        case values

        /// Nil for what is neither.
        init?(_ scores: Tensor, _ targets: Tensor) {
            let (count, width) = (scores.shape[0], scores.shape[1])
            let truth: [Double] = targets.scalars()
            let values: [Double] = scores.scalars()
            let areProbabilities = values.allSatisfy { $0 >= -1e-6 && $0 <= 1 + 1e-6 }
            let areWhole = truth.allSatisfy { $0 >= 0 && $0 == $0.rounded() }
            if width > 1, targets.elementCount == count, areWhole, truth.allSatisfy({ $0 < Double(width) }) {
                // Not probabilities: logits.
                let sums = areProbabilities && (0..<count).allSatisfy { row in
                    abs(values[row * width..<(row + 1) * width].reduce(0, +) - 1) < 1e-2
                }
                self = .classes(sums ? scores : scores.softmax())
            } else if width > 1, targets.elementCount == count * width, areWhole,
                (0..<count).allSatisfy({ truth[$0 * width..<($0 + 1) * width].reduce(0, +) == 1 })
            {
                self = .classes(areProbabilities ? scores : scores.softmax())
            } else if width == 1, targets.elementCount == count, truth.allSatisfy({ $0 == 0 || $0 == 1 }) {
                self = .classes(areProbabilities ? scores : scores.sigmoid())
            } else if targets.elementCount == scores.elementCount {
                self = .values
            } else {
                return nil
            }
        }
    }

    private mutating func addClasses(_ classes: ClassScores, _ x: Tensor?, _ names: [String]) {
        func name(_ index: Int) -> String { index < names.count ? names[index] : String(index) }
        let whole = ConfusionMatrix(classes, classNames: names)
        if classes.classCount <= Self.classLimit { matrix = whole }
        let bins = Calibration(classes, bins: 10)
        calibration = bins.bins.map { [Double($0.count), $0.confidence, $0.accuracy] }
        calibrationError = bins.expectedError
        if classes.classCount <= Self.curveLimit {
            for one in classes.classCount == 2 ? [1] : Array(0..<classes.classCount) {
                let scores = (0..<classes.count).map { classes.score($0, one) }
                guard !scores.contains(where: \.isNaN) else { continue }
                let curve = ThresholdCurves(scores, classes.labels.map { $0 == one })
                curves.append(
                    Curve(
                        name: name(one), areaUnderROC: curve.areaUnderROC, averagePrecision: curve.averagePrecision,
                        roc: thinned(curve.roc, to: Self.curvePoints).map { ($0.0, $0.1) },
                        precisionRecall: thinned(curve.precisionRecall, to: Self.curvePoints).map { ($0.0, $0.1) }))
            }
        }
        let order = (0..<classes.count).map { ($0, classes.score($0, classes.labels[$0])) }.filter { $0.1.isFinite }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        worst = order.prefix(Self.worstLimit).map { sample, score in
            Worst(
                index: sample, truth: name(classes.labels[sample]), guess: name(classes.guess(sample)), score: score,
                image: Self.image(x, sample))
        }
    }

    private mutating func addValues(_ predicted: [Double], _ truth: [Double], _ x: Tensor?) {
        let pairs = Array(zip(truth, predicted))
        points = thinned(pairs, to: Self.pointLimit)
        let width = max(1, pairs.count / max(1, samples))
        let errors = pairs.enumerated().map { ($0.offset, abs($0.element.0 - $0.element.1)) }.filter { $0.1.isFinite }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        worst = errors.prefix(Self.worstLimit).map { place, error in
            Worst(
                index: place / width, truth: pairs[place].0.brief, guess: pairs[place].1.brief, score: error,
                image: Self.image(x, place / width))
        }
    }

    private static func image(_ x: Tensor?, _ sample: Int) -> PixelImage? {
        guard let x, sample < x.shape[0], x.dtype != .string else { return nil }
        let isImage = x.rank == 4 ? [1, 3, 4].contains(x.shape[3]) : x.rank == 3
        guard isImage, x.shape[1] >= 4, x.shape[2] >= 4 else { return nil }
        return PixelImage(x[sample], side: imageSide)
    }

    // MARK: - The file

    var json: JSONValue {
        func points(_ values: [(Double, Double)]) -> JSONValue { .array(values.map { .array([$0.0.recorded, $0.1.recorded]) }) }
        var object: JSONObject = ["samples": .int(samples)]
        if let matrix {
            object["classes"] = .strings(matrix.classNames)
            object["counts"] = .array(matrix.counts.map { .integers($0) })
        }
        object["calibration"] = .array(calibration.map { .array($0.map(\.recorded)) })
        object["calibration_error"] = calibrationError.recorded
        object["curves"] = .array(
            curves.map {
                .object([
                    "name": .string($0.name), "auc": $0.areaUnderROC.recorded, "ap": $0.averagePrecision.recorded,
                    "roc": points($0.roc), "pr": points($0.precisionRecall),
                ])
            })
        object["points"] = points(self.points)
        object["worst"] = .array(
            worst.map {
                var one: JSONObject = [
                    "index": .int($0.index), "truth": .string($0.truth), "guess": .string($0.guess), "score": $0.score.recorded,
                ]
                if let image = $0.image {
                    one["size"] = .integers([image.width, image.height, image.channels])
                    one["pixels"] = .string(Data(image.pixels).base64EncodedString())
                }
                return .object(one)
            })
        return .object(object)
    }

    /// Nil where the run has no evaluation.
    init?(_ folder: RunFolder) throws {
        guard FileManager.default.fileExists(atPath: folder.evaluation) else { return nil }
        let json = try RunRecords.json(folder.evaluation)
        do {
            try read(json)
        } catch let error as MartletError {
            throw MartletError("Expected the evaluation of a run. \(error.message)", at: folder.evaluation)
        }
    }

    private mutating func read(_ json: JSONValue) throws {
        func points(_ json: JSONValue, _ limit: Int) throws -> [(Double, Double)] {
            try json.array().prefix(limit).map { (try $0.double(0), try $0.double(1)) }
        }
        samples = try json.count("samples")
        if json["counts"] != nil {
            let counts = try json.array("counts").prefix(Self.classLimit).map { row in
                try row.array().prefix(Self.classLimit).map { try $0.count() }
            }
            guard counts.allSatisfy({ $0.count == counts.count }) else {
                throw MartletError("Expected as many columns as rows.")
            }
            matrix = ConfusionMatrix(
                counts: counts, classNames: try json.array("classes").prefix(counts.count).map { try $0.string().bounded })
        }
        calibration = try json.array("calibration").prefix(100).map { bin in
            guard try bin.array().count == 3 else { throw MartletError("Expected 3 numbers of a bin.") }
            return try bin.array().map { try $0.double() }
        }
        calibrationError = try json.double("calibration_error")
        curves = try json.array("curves").prefix(Self.curveLimit).map {
            Curve(
                name: try $0.string("name").bounded, areaUnderROC: try $0.double("auc"), averagePrecision: try $0.double("ap"),
                roc: try points($0.value(at: ["roc"]), 500), precisionRecall: try points($0.value(at: ["pr"]), 500))
        }
        self.points = try points(json.value(at: ["points"]), Self.pointLimit)
        worst = try json.array("worst").prefix(Self.worstLimit).map { one in
            var image: PixelImage?
            if one["size"] != nil, let bytes = Data(base64Encoded: try one.string("pixels")) {
                let side = Self.imageSide
                let (width, height) = (try one.count("size", 0), try one.count("size", 1))
                guard width <= side, height <= side else { throw MartletError("Expected images of at most \(side) pixels.") }
                image = PixelImage(width: width, height: height, channels: try one.int("size", 2), pixels: Array(bytes))
            }
            return Worst(
                index: try one.count("index"), truth: try one.string("truth").bounded, guess: try one.string("guess").bounded,
                score: try one.double("score"), image: image)
        }
    }
}

extension RunRecorder {
    /// Lets the model predict samples and notes what the report shows of it: of classes the confusion matrix, ROC and
    /// precision-recall curves and calibration; of numbers what was predicted beside what is true; and the samples that the model
    /// was least right about, with pictures of images. Only the first output is looked at, and the first 10,000 samples.
    /// - Parameters:
    ///   - data: samples with targets that the model was not trained on.
    ///   - classNames: the names of the classes.
    /// - Throws: `MartletError` when the data does not fit the model, or the folder cannot be written.
    public func evaluate(_ data: TensorDataset, classNames: [String] = [], batchSize: Int = 32) throws {
        guard data.count > 0 else { return }
        try evaluate(
            data[0..<min(data.count, RunEvaluation.sampleLimit)].batches(of: max(1, batchSize)), classNames: classNames)
    }

    /// The same for batches from a pipeline. Their inputs are kept for the pictures as long as they take at most 256 MB.
    public func evaluate(_ source: some BatchSource, classNames: [String] = []) throws {
        guard let model else { return }
        var (predictions, targets, inputs): ([Tensor], [Tensor], [Tensor]) = ([], [], [])
        var (count, bytes) = (0, 0)
        let next = try source.readBatches()
        while count < RunEvaluation.sampleLimit, let batch = try next() {
            guard let target = batch.targets.first, let first = try model.predictOnBatch(batch.inputs).first else { return }
            predictions.append(first)
            targets.append(target)
            bytes += batch.inputs[0].elementCount * batch.inputs[0].dtype.byteCount
            if bytes <= 256 << 20, inputs.count == predictions.count - 1 { inputs.append(batch.inputs[0]) }
            count += batch.count
        }
        guard !predictions.isEmpty else { return }
        // Samples of several sizes have no common tensor, and of rows that differ nothing can be said.
        func alike(_ parts: [Tensor]) -> Bool {
            Set(parts.map { Array($0.shape.dimensions.dropFirst()) }).count <= 1
        }
        guard alike(predictions), alike(targets) else { return }
        let x = inputs.isEmpty || !alike(inputs) || inputs[0].dtype == .string ? nil : Tensor.concatenate(inputs)
        let evaluation = try RunEvaluation(
            predictions: .concatenate(predictions), targets: .concatenate(targets), x: x, classNames: classNames)
        try FileIO.makeFolder(folder.path)
        try FileIO.write(evaluation.json.serialized() + "\n", to: folder.evaluation)
    }
}
