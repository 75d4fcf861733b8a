import Foundation
import Martlet
import MartletCore
import MartletImages

/// Samples of the columns of a table, and of the features of records.
extension DataSource {
    /// The features of each input: those that are called like the inputs, where all are there, else those that were asked for,
    /// else all but the label. As many as there are inputs go to one each, others to the first.
    static func features(
        of names: [String], _ choices: DataChoices, _ inputs: [(name: String, shape: PartialShape, dtype: DType)]
    ) -> [[String]] {
        let given = DataChoices.names(choices.features)
        let own = inputs.map(\.name)
        if given == nil, !own.isEmpty {
            let all = Set(names)
            if own.allSatisfy(all.contains) { return own.map { [$0] } }
        }
        let features = given ?? names.filter { $0 != choices.label }
        // Columns go to several inputs in their order only where they were named in it.
        return own.count > 1 && given != nil && features.count == own.count ? features.map { [$0] } : [features]
    }

    private func featuresOfInputs(_ names: [String]) throws -> [[String]] {
        let features = DataSource.features(of: names, choices, inputs)
        guard features.count == inputs.count || inputs.isEmpty else {
            let own = inputs.map(\.name)
            let lacking = own.filter { !names.contains($0) }
            let near = lacking.compactMap { name in names.first { $0.lowercased() == name.lowercased() } }
            let hint = near.isEmpty ? "" : " (there are \(near.prefix(20)))"
            throw MartletError(
                "Expected a column or feature for each of the model's \(own.count) inputs: called like them, \(own.prefix(20)), "
                    + "of which \(lacking.prefix(20)) are not there\(hint), or as many, in their order, in --features. "
                    + "Received: \(features[0].count) names, \(features[0].prefix(20)).", at: "--features")
        }
        return features
    }

    // MARK: Tables

    func table(_ csv: CSV) throws -> Dataset<Sample> {
        let names = csv.columns.map(\.name)
        let features = try featuresOfInputs(names)
        for name in features.joined() where csv.place(of: name) == nil {
            throw MartletError("Expected columns among \(names.prefix(100)). Received: \"\(name)\".", at: "--features")
        }
        let columns = try features.enumerated().map { place, names in try InputColumns(names, of: csv, for: modelInput(place)) }
        let numbers = Dictionary(classNames.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
        let (label, isText) = (isLabeled ? choices.label : nil, !classNames.isEmpty)
        return try rows(csv, features.flatMap { $0 } + (label.map { [$0] } ?? [])).map { [classNames] row in
            func failure(_ message: String, _ column: String) -> MartletError {
                MartletError(message, at: "\(csv.path):\(row.line), column \"\(column)\"")
            }
            var lacking: [String] = []
            let inputs = try columns.map { try $0.tensor(row, &lacking, failure) }
            let origin = Origin.row(path: csv.path, line: row.line, number: row.number)
            guard let label else { return Sample(inputs: inputs, origin: origin, lacking: lacking) }
            let target: Tensor
            switch row[label] {
            case .integer(let value): target = Tensor([value], shape: [])
            case .number(let value) where !value.isNaN: target = Tensor([Float(value)], shape: [])
            case .text(let text) where isText:
                guard let number = numbers[text] else {
                    throw failure("Expected a class among \(classNames.prefix(20)), the label. Received: \"\(text)\".", label)
                }
                target = Tensor([number], shape: [])
            default:
                throw failure(
                    "Expected a label. Received none. Leave such rows out with --missing skip, or --skip-unreadable.", label)
            }
            return Sample(inputs: inputs, targets: [target], origin: origin, lacking: lacking)
        }
    }

    /// The rows with what is to happen with those that lack a value in some columns.
    private func rows(_ csv: CSV, _ columns: [String]) throws -> Dataset<CSV.Row> {
        guard choices.missing == .skip else { return try csv.rows(missing: choices.missing, in: columns) }
        let places = columns.compactMap(csv.place(of:))
        return csv.rows.filter { [leftOut] row in
            let isComplete = !places.contains { row.values[$0].isMissing }
            leftOut.note(row, isLeftOut: !isComplete)
            return isComplete
        }
    }

    /// An input of the model, nil where it is not known.
    func modelInput(_ place: Int) -> ModelInput? {
        guard place < inputs.count else { return nil }
        return ModelInput(name: inputs[place].name, shape: inputs[place].shape, dtype: inputs[place].dtype)
    }

    // MARK: Records

    func records(_ pattern: String) -> Dataset<Sample> {
        Dataset.locatedTFRecords(pattern).map { [self] record in
            do {
                return try sample(record)
            } catch let error as MartletError {
                let place = error.location.map { ", \($0)" } ?? ""
                throw MartletError(error.message, at: "\(record.path), record \(record.number)\(place)")
            }
        }
    }

    private func sample(_ record: TFRecordElement) throws -> Sample {
        let example = try Example(serialized: record.data)
        let known = example.features.keys.sorted()
        let origin = Origin.record(path: record.path, number: record.number, index: record.index)
        let target = isLabeled ? try choices.label.map { try labelTensor($0, of: example) } : nil
        let inputs = try featuresOfInputs(known).enumerated().map { place, names in
            guard !names.isEmpty else {
                throw MartletError(
                    "Expected a feature beside the label. The record has: \(known.prefix(20).joined(separator: ", ")).",
                    at: "--features")
            }
            let input = modelInput(place)
            if input?.dtype == .string { return try input!.shaped(texts: try names.flatMap { try texts($0, of: example) }) }
            let parts = try names.map { try tensor($0, of: example) }
            let whole = parts.count == 1 ? parts[0] : Tensor.concatenate(parts.map { $0.flattened().cast(to: .float32) })
            return try input?.shaped(whole) ?? whole
        }
        let lacking = try featuresOfInputs(known).joined().filter { name in
            if case .floats(let values) = example[name] { values.contains(where: \.isNaN) } else { false }
        }
        return Sample(inputs: inputs, targets: target.map { [$0] } ?? [], origin: origin, lacking: Array(lacking))
    }

    private func labelTensor(_ name: String, of example: Example) throws -> Tensor {
        let target = try example.tensor(name)
        guard target.elementCount > 0 else {
            throw MartletError("Expected a label in the feature \"\(name)\". Received none.", at: "--label")
        }
        return target.elementCount == 1 ? target.reshaped(to: []) : target
    }

    private func texts(_ name: String, of example: Example) throws -> [[UInt8]] {
        switch example[name] {
        case .bytes(let parts): return parts.map { Array($0) }
        case .integers(let numbers): return numbers.map { Array("\($0)".utf8) }
        case .floats(let numbers): return numbers.map { Array("\($0)".utf8) }
        case nil:
            throw MartletError(
                "Expected a feature \"\(name)\". The record has: \(example.features.keys.sorted().prefix(20)).", at: "--features")
        }
    }

    /// Numbers, or the pixels of an image in the bytes of a feature.
    private func tensor(_ name: String, of example: Example) throws -> Tensor {
        guard case .bytes(let parts) = example[name], parts.count == 1 else { return try example.tensor(name) }
        let (size, color) = try imageForm()
        let image = try decodeImage(Array(parts[0]), colorMode: color, name: name, size: size)
        return choices.scale == 1 ? image : image * choices.scale
    }
}

/// An input of a model, to bring data to its form.
struct ModelInput: Sendable {
    let name: String
    let shape: PartialShape
    let dtype: DType

    /// The shape of one sample of so many elements, nil where it leaves several sizes open.
    private func sampleShape(_ count: Int, _ what: String) throws -> Shape? {
        let sizes = shape.dimensions.dropFirst()
        let known = sizes.compactMap { $0 }.reduce(1, *)
        let unknown = sizes.filter { $0 == nil }.count
        guard unknown == 0 ? count == known : unknown == 1 && known > 0 && count % known == 0 else {
            if unknown > 1 { return nil }
            throw MartletError(
                "Expected \(what) for the input \"\(name)\" of shape \(shape). Received \(count) in a sample.", at: "--features")
        }
        return Shape(sizes.map { $0 ?? count / known })
    }

    /// Numbers in the shape and type of the input.
    func shaped(_ tensor: Tensor) throws -> Tensor {
        guard let sample = try sampleShape(tensor.elementCount, "numbers") else {
            guard tensor.rank == shape.rank - 1 else {
                throw MartletError(
                    "Expected numbers for the input \"\(name)\" of shape \(shape). Received \(tensor.spec) in a sample.",
                    at: "--features")
            }
            return tensor.cast(to: dtype)
        }
        return tensor.reshaped(to: sample).cast(to: dtype)
    }

    /// Texts in the shape of the input.
    func shaped(texts: [[UInt8]]) throws -> Tensor {
        Tensor(utf8: texts, shape: try sampleShape(texts.count, "texts") ?? [texts.count])
    }
}

/// The columns of a table that one input of a model gets.
private struct InputColumns {
    private let columns: [(name: String, place: Int)]
    private let input: ModelInput?
    private let isText: Bool

    init(_ names: [String], of csv: CSV, for input: ModelInput?) throws {
        columns = names.map { ($0, csv.place(of: $0)!) }
        self.input = input
        let texts = names.filter { csv.kind(of: $0) == .text }
        isText = input?.dtype == .string || input == nil && texts.count == names.count && !names.isEmpty
        guard let name = texts.first, !isText else { return }
        var rows = csv.rows.makeIterator()
        guard try rows.nextElement() != nil else {
            throw MartletError("Expected rows. The file has none below its header.", at: csv.path)
        }
        throw MartletError(
            "Expected columns of numbers. \"\(name)\" holds text: name the others, or make numbers of it with a layer, such as "
                + "StringLookup behind an input of strings. If only some rows are wrong, --column-types \(name)=number finds "
                + "them.",
            at: "--features")
    }

    /// What the input gets of a row.
    /// - Parameter lacking: gets the names of the columns whose numbers are missing.
    func tensor(_ row: CSV.Row, _ lacking: inout [String], _ failure: (String, String) -> MartletError) throws -> Tensor {
        if isText {
            let texts = columns.map { column -> [UInt8] in
                switch row.values[column.place] {
                case .text(let text): Array(text.utf8)
                case .integer(let value): Array("\(value)".utf8)
                case .number(let value): Array("\(value)".utf8)
                case .missing: []
                }
            }
            return try input?.shaped(texts: texts) ?? Tensor(utf8: texts, shape: [texts.count])
        }
        // The numbers of categories and words would not be exact as numbers of 32 bits.
        if let input, input.dtype.isInteger {
            let numbers = try columns.map { column in
                switch row.values[column.place] {
                case .integer(let value): return value
                case .number(let value):
                    if let whole = Int64(exactly: value) { return whole }
                    throw failure("Expected a whole number for the input \"\(input.name)\". Received: \(value).", column.name)
                default:
                    throw failure(
                        "Expected a whole number for the input \"\(input.name)\". Received none. Leave such rows out with "
                            + "--missing skip, or fill in a number with --missing 0.", column.name)
                }
            }
            return try input.shaped(Tensor(numbers))
        }
        let numbers = columns.map { row.values[$0.place].number ?? .nan }
        for (column, number) in zip(columns, numbers) where number.isNaN { lacking.append(column.name) }
        guard input?.dtype == .float64 else { return try shaped(Tensor(numbers.map { Float($0) })) }
        return try shaped(Tensor(numbers))
    }

    private func shaped(_ tensor: Tensor) throws -> Tensor { try input?.shaped(tensor) ?? tensor }
}

extension CSV {
    /// What a header that is one name suggests, where that name holds what other files have between names; nil elsewhere.
    var separatorHint: String? {
        guard columns.count == 1, let mark = [";", "\t", "|", ","].first(where: columns[0].name.contains) else { return nil }
        let name = mark == "\t" ? "tab" : "'\(mark)'"
        return "The header is one name with \(mark == "\t" ? "tabs" : "\"\(mark)\"") in it, \"\(columns[0].name.prefix(60))\": give "
            + "--separator \(name) if that is between the values, or name the column in --features."
    }

    /// The texts in a column, in order.
    func texts(of column: String) throws -> [String] {
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
