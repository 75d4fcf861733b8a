import Foundation
import Martlet
import MartletImages

/// Samples in files: a folder of images, a CSV file, or files of records.
struct DataSource {
    enum Kind {
        case images(ClassFolder)
        case table(CSV)
        case records(String)
        /// IDX files as those of MNIST, in memory.
        case arrays(ImageArrays)
    }

    let kind: Kind
    let choices: DataChoices
    /// Of the model; empty where it does not know them before its data.
    let inputs: [(name: String, shape: PartialShape, dtype: DType)]
    /// Whether samples have targets.
    let isLabeled: Bool
    /// The names of the classes, where labels are no numbers.
    private(set) var classNames: [String] = []
    /// What a table lacks.
    let leftOut = LeftOutRows()
    /// The columns and features that were NaN.
    let missingNumbers = MissingNumbers()
    /// Where the samples of the last batch came from.
    let trace: TracedBatches.Trace
    /// The part of a table or of records: how many samples are passed over, and how many are taken.
    private var part: (skipped: Int, taken: Int)?
    private static let shuffleBuffer = 10_000

    /// - Parameters:
    ///   - path: what `--data` names.
    ///   - isLabeled: whether targets are needed.
    ///   - part: which IDX files of a folder are read; the others where they are the only ones.
    ///   - keepsOrigins: whether the origins of all samples are kept.
    init(
        _ path: String, _ choices: DataChoices, for model: Model, isLabeled: Bool, _ part: IDXFolder.Part = .training,
        keepsOrigins: Bool = false
    ) throws {
        (self.choices, self.isLabeled, inputs) = (choices, isLabeled, model.inputSpecs)
        trace = TracedBatches.Trace(keepsAll: keepsOrigins)
        let label = isLabeled && choices.classes != nil ? choices.label : nil
        kind = try DataSource.kind(
            of: path, DataChoices.names(choices.classes), isLabeled: isLabeled, choices.table, inputs, textLabel: label, part
        ) { names in DataSource.features(of: names, choices, model.inputSpecs) }
        if choices.missing != .keep {
            guard case .table = kind else {
                throw MartletError("Expected it with a CSV file only. Received other data.", at: "--missing")
            }
        }
        switch kind {
        case .images(let folder):
            classNames = folder.classNames
            if isLabeled, choices.classes != nil { try noteFoldersLeftOut(folder) }
            try requireClasses(of: model, at: folder.folder)
            try requireNone([("--label", choices.label), ("--features", choices.features)], "a folder of images")
        case .arrays:
            try requireNone(
                [
                    ("--label", choices.label), ("--features", choices.features), ("--classes", choices.classes),
                    ("--image-size", choices.imageSize), ("--color", choices.color.map { "\($0)" }),
                ], "a folder of IDX files")
        case .table(let csv):
            try requireSeparated(csv)
            guard isLabeled else { return }
            let label = try requireLabel("a column among \(csv.columns.prefix(100).map(\.name))")
            guard let kind = csv.kind(of: label) else {
                throw MartletError(
                    "Expected a column among \(csv.columns.prefix(100).map(\.name)). Received: \"\(label)\".", at: "--label")
            }
            if kind != .text, choices.classes != nil {
                throw MartletError(
                    "Expected it with a label of text. \"\(label)\" holds numbers, which are the numbers of the classes.",
                    at: "--classes")
            }
            if kind == .text {
                classNames = try DataChoices.names(choices.classes) ?? csv.texts(of: label)
                try requireClasses(of: model, at: "\(path), column \"\(label)\"")
            }
        case .records: if isLabeled { _ = try requireLabel("the name of a feature") }
        }
    }

    private func requireLabel(_ what: String) throws -> String {
        guard let label = choices.label else {
            throw MartletError("Expected the name of the target, \(what): give --label.", at: "--label")
        }
        return label
    }

    /// Throws for options that this kind of data does not have.
    private func requireNone(_ options: [(name: String, value: String?)], _ received: String) throws {
        guard let option = options.first(where: { $0.value != nil }) else { return }
        throw MartletError("Expected it with other data. Received \(received).", at: option.name)
    }

    /// Says which folders are no classes, as they were not named.
    private func noteFoldersLeftOut(_ folder: ClassFolder) throws {
        let others = try ClassFolder.folders(in: folder.folder).filter { !folder.classNames.contains($0) }
        guard !others.isEmpty else { return }
        let names = others.prefix(20).joined(separator: ", ") + (others.count > 20 ? ", ..." : "")
        Settings.warn("\(folder.folder): --classes leaves out \(names).")
    }

    /// Throws when the header is one name that holds what other files have between their names, unless it was asked for.
    private func requireSeparated(_ csv: CSV) throws {
        guard let hint = csv.separatorHint, choices.features == nil, !inputs.contains(where: { $0.name == csv.columns[0].name })
        else { return }
        throw MartletError("Expected several columns. \(hint)", at: csv.path)
    }

    /// Throws when a model has several outputs in a row, which stand for classes, and there are more classes.
    private func requireClasses(of model: Model, at place: String) throws {
        guard isLabeled, model.outputCount == 1, !inputs.isEmpty,
            let count = try withErrors({ model.outputs[0].shape[-1] }), count > 1, classNames.count > count
        else { return }
        throw MartletError(
            "Expected at most \(count) classes, as the model has \(count) outputs. Received \(classNames.count): "
                + "\(classNames.prefix(20)).", at: place)
    }

    /// What a path names.
    /// - Parameters:
    ///   - classes: the names of folders for classes, all when nil.
    ///   - inputs: those of the model: columns for inputs of text hold text.
    ///   - textLabel: a label whose classes were named: True and False are texts there.
    ///   - part: which IDX files of a folder are read.
    ///   - features: the names of the columns for each input, of all names.
    static func kind(
        of path: String, _ classes: [String]? = nil, isLabeled: Bool, _ table: TableChoices,
        _ inputs: [(name: String, shape: PartialShape, dtype: DType)] = [], textLabel: String? = nil,
        _ part: IDXFolder.Part = .training, _ features: ([String]) -> [[String]] = { _ in [] }
    ) throws -> Kind {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue {
            if let arrays = try ImageArrays(path, part) { return .arrays(arrays) }
            guard isLabeled else { return .images(try ClassFolder(images: path, labels: .none)) }
            return .images(try ClassFolder(images: path, classNames: classes))
        }
        let name = path.lowercased()
        if [".csv", ".csv.gz", ".tsv", ".tsv.gz"].contains(where: name.hasSuffix) {
            let csv = try table.open(path)
            var texts = zip(inputs, features(csv.columns.map(\.name))).flatMap { $0.dtype == .string ? $1 : [] }
                .filter { csv.kind(of: $0).map { $0 != .text } ?? false }
            if let textLabel, csv.kind(of: textLabel) == .boolean { texts.append(textLabel) }
            return .table(texts.isEmpty ? csv : try table.open(path, texts: texts))
        }
        if name.contains(".tfrecord") || !exists && path.contains(where: { "*?[".contains($0) }) { return .records(path) }
        throw MartletError(
            "Expected a folder of images or of IDX files, a CSV file (.csv, .tsv), or TFRecord files (.tfrecord, or a pattern in "
                + "quotes). "
                + (exists ? "Received a file with another name." : "There is none."), at: path)
    }

    // MARK: Samples

    /// The samples in batches.
    /// - Parameter seed: of the shuffles, nil for the order of the files.
    func batches(of size: Int, shuffledBy seed: Int? = nil) throws -> TracedBatches {
        TracedBatches(dataset: try samples(shuffledBy: seed).batch(size).prefetch(), trace: trace, missingNumbers: missingNumbers)
    }

    /// Runs `body`, which reads the batches. Its errors about a sample name file and place, and what was left out is told.
    func reading<R>(_ body: () throws -> R) throws -> R {
        let result = try trace.locating(label: choices.label, body)
        if case .table(let csv) = kind { leftOut.report(csv.path) }
        return result
    }

    /// The numbers of the rows, records or files of the samples that were read, counted from 0.
    var numbers: [Int] {
        var places: [String: Int] = [:]
        if case .images(let folder) = kind {
            for (place, path) in folder.paths.enumerated() { places[path] = place }
        }
        return trace.all.map { origin in
            switch origin {
            case .row(_, _, let number): number
            case .record(_, _, let index): index
            case .file(let path): places[path] ?? -1
            case .image(_, let number): number
            }
        }
    }

    private func samples(shuffledBy seed: Int?) throws -> Dataset<Sample> {
        if case .images(let folder) = kind { return try images(folder, seed) }
        if case .arrays(let arrays) = kind { return self.arrays(arrays, seed) }
        var samples = try sequential()
        if part == nil { try requireOne(of: samples) }
        if let part { samples = samples.skip(part.skipped).take(part.taken) }
        return seed.map { samples.shuffle(bufferSize: .elements(DataSource.shuffleBuffer), seed: $0) } ?? samples
    }

    /// The samples of a table or of records, in order.
    private func sequential() throws -> Dataset<Sample> {
        let samples: Dataset<Sample>
        switch kind {
        case .images(let folder): return try images(folder, nil)
        case .arrays(let arrays): return self.arrays(arrays, nil)
        case .table(let csv): samples = try table(csv)
        case .records(let pattern): samples = records(pattern)
        }
        return choices.skipUnreadable ? samples.onError(.skip()) : samples
    }

    /// Throws when there is no sample.
    private func requireOne(of samples: Dataset<Sample>) throws {
        var iterator = samples.makeIterator()
        guard try iterator.nextElement() == nil else { return }
        switch kind {
        case .images, .arrays: break
        case .table(let csv):
            let rows = leftOut.count > 0 ? "rows with a value in each column that counts" : "rows"
            let found = leftOut.count > 0 ? "All \(leftOut.count) lack one." : "The file has none below its header."
            throw MartletError("Expected \(rows). \(found)", at: csv.path)
        case .records(let pattern):
            let paths = try Dataset<String>.paths(matching: pattern)
            let names = paths.prefix(20).joined(separator: ", ") + (paths.count > 20 ? ", ..." : "")
            let isOnly = paths == [pattern]
            throw MartletError(
                "Expected records that can be read. There is none\(isOnly ? "" : " in \(paths.count) files: \(names)").",
                at: pattern)
        }
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
        if case .arrays(let arrays) = kind { count = arrays.count } else { try sequential().forEach { _ in count += 1 } }
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
        (self.kind, choices, inputs, isLabeled, classNames, trace) = (
            kind, other.choices, other.inputs, other.isLabeled, other.classNames, other.trace
        )
    }

    // MARK: Arrays

    private func arrays(_ arrays: ImageArrays, _ seed: Int?) -> Dataset<Sample> {
        let places = part.map { $0.skipped..<$0.skipped + $0.taken } ?? 0..<arrays.count
        let (order, scale, input) = (Dataset<Int>.range(places), choices.scale, modelInput(0))
        let isLabeled = isLabeled
        return (seed.map { order.shuffle(bufferSize: .all, seed: $0) } ?? order).map { place in
            let image = scale == 1 ? arrays.x[place] : arrays.x[place].cast(to: .float32) * scale
            return Sample(
                inputs: [try input?.shaped(image) ?? image], targets: isLabeled ? [arrays.y[place].cast(to: .int64)] : [],
                origin: .image(path: arrays.images, number: place))
        }
    }

    // MARK: Images

    private func images(_ folder: ClassFolder, _ seed: Int?) throws -> Dataset<Sample> {
        let (size, color) = try imageForm()
        let (scale, dtype) = (choices.scale, inputs.first?.dtype ?? .float32)
        func order(_ files: Dataset<(String, Int)>) -> Dataset<(String, Int)> {
            seed.map { files.shuffle(bufferSize: .all, seed: $0) } ?? files
        }
        @Sendable func input(_ image: Tensor) -> Tensor { (scale == 1 ? image : image * scale).cast(to: dtype) }
        let isLabeled = isLabeled
        return try folder.imagesWithPaths(size: size, colorMode: color, skipsUnreadable: choices.skipUnreadable, order: order)
            .map { path, image, label in
                let targets = isLabeled ? [Tensor([Int32(clamping: label)], shape: [])] : []
                return Sample(inputs: [input(image)], targets: targets, origin: .file(path))
            }
    }

    /// The size and channels of images: what was asked for, else the model's.
    func imageForm() throws -> (size: (height: Int, width: Int), color: ColorMode) {
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
            throw MartletError(
                "Expected the size of the images, which the model's input does not say: give --image-size.", at: "--image-size")
        }
        let channels = shape?[3] ?? 3
        guard let color = choices.color ?? ColorMode.allCases.first(where: { $0.channelCount == channels }) else {
            throw MartletError("Expected a model of images with 1, 3 or 4 channels. Received one of \(channels).", at: "--data")
        }
        return (size, color)
    }
}
