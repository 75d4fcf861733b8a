import Foundation
import Martlet
import MartletImages

/// Samples in files: a folder of images, a CSV file, or files of records.
struct DataSource {
    enum Kind {
        case images(ClassFolder)
        case table(CSV)
        case records(String)
    }

    let kind: Kind
    let choices: DataChoices
    /// Of the model; empty where it does not know them before its data.
    let inputs: [(name: String, shape: PartialShape, dtype: DType)]
    /// Whether samples have targets.
    let isLabeled: Bool
    /// The names of the classes, where labels are no numbers.
    private(set) var classNames: [String] = []
    /// The part of a table or of records: how many samples are passed over, and how many are taken.
    private var part: (skipped: Int, taken: Int)?
    private static let shuffleBuffer = 10_000

    /// - Parameters:
    ///   - path: what `--data` names.
    ///   - isLabeled: whether targets are needed.
    init(_ path: String, _ choices: DataChoices, for model: Model, isLabeled: Bool) throws {
        (self.choices, self.isLabeled, inputs) = (choices, isLabeled, model.inputSpecs)
        kind = try DataSource.kind(of: path, DataChoices.names(choices.classes), isLabeled: isLabeled)
        if choices.missing != .keep {
            guard case .table = kind else {
                throw MartletError("Expected it with a CSV file only. Received other data.", at: "--missing")
            }
        }
        switch kind {
        case .images(let folder):
            classNames = folder.classNames
            if let option = [("--label", choices.label), ("--features", choices.features)].first(where: { $0.1 != nil }) {
                throw MartletError("Expected it with a CSV or TFRecord file only. Received a folder of images.", at: option.0)
            }
        case .table(let csv):
            guard isLabeled else { return }
            let label = try requireLabel("a column among \(csv.columns.map(\.name))")
            guard let column = csv.columns.first(where: { $0.name == label }) else {
                throw MartletError("Expected a column among \(csv.columns.map(\.name)). Received: \"\(label)\".", at: "--label")
            }
            if column.kind != .text, choices.classes != nil {
                throw MartletError(
                    "Expected it with a label of text. \"\(label)\" holds numbers, which are the numbers of the classes.",
                    at: "--classes")
            }
            if column.kind == .text { classNames = try DataChoices.names(choices.classes) ?? csv.texts(of: label) }
        case .records: if isLabeled { _ = try requireLabel("the name of a feature") }
        }
    }

    private func requireLabel(_ what: String) throws -> String {
        guard let label = choices.label else { throw MartletError("Expected \(what), the target. Received none.", at: "--label") }
        return label
    }

    /// What a path names.
    static func kind(of path: String, _ classes: [String]? = nil, isLabeled: Bool) throws -> Kind {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue {
            guard isLabeled else { return .images(try ClassFolder(images: path, labels: .none)) }
            return .images(try ClassFolder(images: path, classNames: classes))
        }
        let name = path.lowercased()
        if [".csv", ".csv.gz", ".tsv", ".tsv.gz"].contains(where: name.hasSuffix) {
            return .table(try CSV(path, delimiter: name.contains(".tsv") ? "\t" : ","))
        }
        if name.contains(".tfrecord") || !exists && path.contains(where: { "*?[".contains($0) }) { return .records(path) }
        throw MartletError(
            "Expected a folder of images, a CSV file (.csv, .tsv), or TFRecord files (.tfrecord, or a pattern in quotes). "
                + (exists ? "Received a file with another name." : "There is none."), at: path)
    }

    // MARK: Samples

    /// The samples in batches.
    /// - Parameter seed: of the shuffles, nil for the order of the files.
    func batches(of size: Int, shuffledBy seed: Int? = nil) throws -> Dataset<Batch> {
        try samples(shuffledBy: seed).batch(size).prefetch()
    }

    private func samples(shuffledBy seed: Int?) throws -> Dataset<Sample> {
        if case .images(let folder) = kind { return try images(folder, seed) }
        var samples = try sequential()
        if let part { samples = samples.skip(part.skipped).take(part.taken) }
        return seed.map { samples.shuffle(bufferSize: .elements(DataSource.shuffleBuffer), seed: $0) } ?? samples
    }

    /// The samples of a table or of records, in order.
    private func sequential() throws -> Dataset<Sample> {
        let samples: Dataset<Sample>
        switch kind {
        case .images(let folder): return try images(folder, nil)
        case .table(let csv): samples = try table(csv)
        case .records(let pattern): samples = records(pattern)
        }
        return choices.skipUnreadable ? samples.onError(.skip()) : samples
    }

    /// The samples in two parts, the second for validation. Folders are split in a random order, others at the end.
    func split(validation fraction: Double, seed: Int) throws -> (DataSource, DataSource) {
        var (training, validation) = (self, self)
        if case .images(let folder) = kind {
            let parts = try folder.split(validation: fraction, seed: seed)
            training = DataSource(self, .images(parts.training))
            validation = DataSource(self, .images(parts.validation))
            return (training, validation)
        }
        var count = 0
        try sequential().forEach { _ in count += 1 }
        let held = Int(fraction * Double(count))
        guard fraction > 0, fraction < 1, held > 0, held < count else {
            throw MartletError(
                "Expected a fraction that leaves at least one of \(count) samples for each part. Received: \(fraction).",
                at: "--validation-split")
        }
        training.part = (0, count - held)
        validation.part = (count - held, held)
        return (training, validation)
    }

    private init(_ other: DataSource, _ kind: Kind) {
        (self.kind, choices, inputs, isLabeled, classNames) = (
            kind, other.choices, other.inputs, other.isLabeled, other.classNames
        )
    }

    // MARK: Images

    private func images(_ folder: ClassFolder, _ seed: Int?) throws -> Dataset<Sample> {
        let (size, color) = try imageForm()
        let unreadable: UnreadableImages = choices.skipUnreadable ? .skip() : .fail
        let (scale, dtype) = (choices.scale, inputs.first?.dtype ?? .float32)
        func order(_ files: Dataset<(String, Int)>) -> Dataset<(String, Int)> {
            seed.map { files.shuffle(bufferSize: .all, seed: $0) } ?? files
        }
        @Sendable func input(_ image: Tensor) -> Tensor { (scale == 1 ? image : image * scale).cast(to: dtype) }
        guard isLabeled else {
            return try folder.unlabeledImages(size: size, colorMode: color, unreadable: unreadable, order: order).map {
                Sample(inputs: [input($0)])
            }
        }
        return try folder.images(size: size, colorMode: color, unreadable: unreadable, order: order).map {
            Sample(inputs: [input($0)], targets: [$1])
        }
    }

    /// The size and channels of images: what was asked for, else the model's.
    private func imageForm() throws -> (size: (height: Int, width: Int), color: ColorMode) {
        guard inputs.count <= 1 else {
            throw MartletError("Expected a model of one input for images. Received one of \(inputs.count).", at: "--data")
        }
        let shape = inputs.first?.shape
        guard shape == nil || shape?.rank == 4 else {
            throw MartletError(
                "Expected a model of images (batch, height, width, channels). Received one of \(shape!).", at: "--data")
        }
        let own = shape.flatMap { shape in shape[1].flatMap { height in shape[2].map { (height: height, width: $0) } } }
        guard let size = try choices.size() ?? own else {
            throw MartletError("Expected a size, as the model takes images of any. Received none.", at: "--image-size")
        }
        let channels = shape?[3] ?? 3
        guard let color = choices.color ?? ColorMode.allCases.first(where: { $0.channelCount == channels }) else {
            throw MartletError("Expected a model of images with 1, 3 or 4 channels. Received one of \(channels).", at: "--data")
        }
        return (size, color)
    }

    // MARK: Columns and records

    /// The features of each input, and whether each input has its own.
    private func featuresOfInputs(_ names: [String]) -> [[String]] {
        let given = DataChoices.names(choices.features)
        let own = inputs.map(\.name)
        if given == nil, own.count > 0, own.allSatisfy(names.contains) { return own.map { [$0] } }
        let features = given ?? names.filter { $0 != choices.label }
        return features.count == own.count ? features.map { [$0] } : [features]
    }

    private func table(_ csv: CSV) throws -> Dataset<Sample> {
        let names = csv.columns.map(\.name)
        let features = featuresOfInputs(names)
        for name in features.joined() {
            guard let column = csv.columns.first(where: { $0.name == name }) else {
                throw MartletError("Expected columns among \(names). Received: \"\(name)\".", at: "--features")
            }
            guard column.kind != .text else {
                var rows = csv.rows.makeIterator()
                guard try rows.nextElement() != nil else {
                    throw MartletError("Expected rows. The file has none below its header.", at: csv.path)
                }
                throw MartletError(
                    "Expected columns of numbers. \"\(name)\" holds text: name the others, or make numbers of it in a program.",
                    at: "--features")
            }
        }
        let numbers = Dictionary(classNames.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
        let (label, isText) = (isLabeled ? choices.label : nil, !classNames.isEmpty)
        return try csv.rows(missing: choices.missing, in: features.flatMap { $0 } + (label.map { [$0] } ?? [])).map {
            [self] row in
            let inputs = try features.enumerated().map { place, names in
                try shaped(Tensor(names.map { Float(row[$0].number ?? .nan) }), place)
            }
            guard let label else { return Sample(inputs: inputs) }
            switch row[label] {
            case .integer(let value): return Sample(inputs: inputs, targets: [Tensor([value], shape: [])])
            case .number(let value): return Sample(inputs: inputs, targets: [Tensor([Float(value)], shape: [])])
            case .text(let text) where isText:
                guard let number = numbers[text] else {
                    throw MartletError("Expected a class among \(classNames.prefix(20)). Received: \"\(text)\".", at: "--label")
                }
                return Sample(inputs: inputs, targets: [Tensor([number], shape: [])])
            default: throw MartletError("Expected a label in the column \"\(label)\". Received none.", at: "--label")
            }
        }
    }

    private func records(_ pattern: String) -> Dataset<Sample> {
        Dataset.tfRecords(pattern).map { [self] record in
            let example = try Example(serialized: record)
            let target = isLabeled ? try choices.label.map { try example.tensor($0) } : nil
            let inputs = try featuresOfInputs(example.features.keys.sorted()).enumerated().map { place, names in
                guard !names.isEmpty else {
                    let known = example.features.keys.sorted().prefix(20).joined(separator: ", ")
                    throw MartletError("Expected a feature beside the label. The record has: \(known).", at: "--features")
                }
                let parts = try names.map { try tensor($0, of: example) }
                let whole = parts.count == 1 ? parts[0] : Tensor.concatenate(parts.map { $0.flattened().cast(to: .float32) })
                return try shaped(whole, place)
            }
            guard let target else { return Sample(inputs: inputs) }
            return Sample(inputs: inputs, targets: [target.elementCount == 1 ? target.reshaped(to: []) : target])
        }
    }

    /// Numbers, or the pixels of an image in the bytes of a feature.
    private func tensor(_ name: String, of example: Example) throws -> Tensor {
        guard case .bytes(let parts) = example[name], parts.count == 1 else { return try example.tensor(name) }
        let (size, color) = try imageForm()
        let image = try decodeImage(Array(parts[0]), colorMode: color, name: name, size: size)
        return choices.scale == 1 ? image : image * choices.scale
    }

    /// A tensor in the shape and type of an input.
    private func shaped(_ tensor: Tensor, _ place: Int) throws -> Tensor {
        guard place < inputs.count else { return tensor }
        let (name, shape, dtype) = inputs[place]
        let sizes = shape.dimensions.dropFirst()
        let known = sizes.compactMap { $0 }.reduce(1, *)
        let unknown = sizes.filter { $0 == nil }.count
        guard unknown == 0 ? tensor.elementCount == known : unknown == 1 && known > 0 && tensor.elementCount % known == 0 else {
            if unknown > 1, tensor.rank == sizes.count { return tensor.cast(to: dtype) }
            throw MartletError(
                "Expected numbers for the input \"\(name)\" of shape \(shape). Received \(tensor.elementCount) in a sample.",
                at: "--features")
        }
        return tensor.reshaped(to: Shape(sizes.map { $0 ?? tensor.elementCount / known })).cast(to: dtype)
    }
}

extension CSV {
    /// The texts in a column, in order.
    fileprivate func texts(of column: String) throws -> [String] {
        var found: Set<String> = []
        try rows.onError(.skip()).forEach { row in
            if case .text(let text) = row[column] { found.insert(text) }
            guard found.count <= 10_000 else {
                throw MartletError("Expected at most 10,000 classes in the column \"\(column)\". Received more.", at: "--label")
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
