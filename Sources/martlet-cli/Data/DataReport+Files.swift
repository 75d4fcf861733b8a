import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletImages

extension DataReport {
    init(_ folder: ClassFolder, first: Int, keepsImages: Bool) throws {
        self.init("images")
        let hasClasses = !folder.labels.isEmpty
        let read = folder.files.map { path, label in
            let bytes = try FileIO.read(path)
            let image = try decodeImage(bytes, name: path)
            return (path, label, image, try ImageHeader(bytes, name: path))
        }.onError(.skip())
        var counts = [Int](repeating: 0, count: folder.classNames.count)
        var (heights, widths, channels, bits) = (SizeRange(), SizeRange(), SizeRange(), SizeRange())
        var formats = DataPart("format", "text"), pixels = DataPart("image", "uint8")
        var iterator = read.makeIterator()
        while let (path, label, image, header) = try iterator.nextElement() {
            count += 1
            if hasClasses { counts[label] += 1 }
            heights.add(header.height)
            widths.add(header.width)
            channels.add(header.channels)
            bits.add(header.bits)
            formats.add(text: header.format.rawValue)
            pixels.range.add(image)
            if elements.count < first {
                let name = hasClasses ? ", \(folder.classNames[label])" : ""
                let size = "\(header.height) x \(header.width) x \(header.channels)"
                elements.append("\(path): \(size), \(header.format.rawValue)\(name)")
            }
            if keepsImages, images.count < DataReport.sheetCount {
                images.append(try DataReport.thumbnail(FileIO.read(path), path))
            }
        }
        note(iterator)
        pixels.shape = "(\(heights.text), \(widths.text), \(channels.text))"
        if bits.text != "8" { pixels.type += " of \(bits.text) bits" }
        parts = [pixels, formats]
        classes = zip(folder.classNames, counts).map { ($0, $1) }
    }

    private static func thumbnail(_ bytes: [UInt8], _ name: String) throws -> Tensor {
        try decodeImage(bytes, colorMode: .rgb, name: name, size: sheetSize, fit: .pad)
    }

    init(_ csv: CSV, first: Int) throws {
        self.init("rows of CSV")
        parts = csv.columns.map { DataPart($0.name, $0.kind.typeName) }
        if let hint = csv.separatorHint { notes.append(hint) }
        var iterator = csv.rows.onError(.skip()).makeIterator()
        while let row = try iterator.nextElement() {
            count += 1
            for place in parts.indices {
                switch row.values[place] {
                case .integer(let value): parts[place].range.add(Double(value))
                case .number(let value): parts[place].range.add(value)
                case .text(let text): parts[place].add(text: text)
                case .missing: parts[place].missing += 1
                }
            }
            if elements.count < first {
                let fields = zip(csv.columns, row.values).map { "\($0.name): \(DataReport.text($1))" }
                elements.append(fields.joined(separator: ", "))
            }
        }
        note(iterator)
    }

    private static func text(_ value: CSV.Value) -> String {
        switch value {
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text.prefix(40))\""
        case .missing: "missing"
        }
    }

    init(records pattern: String, first: Int, keepsImages: Bool) throws {
        self.init("TFRecord")
        var (found, lengths, sizes, others) = ([String: DataPart](), [String: SizeRange](), SizeRange(), 0)
        var pathsWithRecords: Set<String> = []
        let records = Dataset.locatedTFRecords(pattern).map { record in
            (try? SequenceExample(serialized: record.data), record.data.count, record.path)
        }
        var iterator = records.onError(.skip()).makeIterator()
        while let (example, size, path) = try iterator.nextElement() {
            count += 1
            pathsWithRecords.insert(path)
            sizes.add(size)
            guard let example else {
                others += 1
                continue
            }
            for (name, part) in found where example.context[name] == nil && example.sequences[String(name.dropLast(8))] == nil {
                var part = part
                part.missing += 1
                found[name] = part
            }
            var shown: [String] = []
            let lists: [(String, [Example.Feature], Bool)] =
                example.context.map { ($0, [$1], false) } + example.sequences.map { ("\($0) (steps)", $1, true) }
            for (name, steps, isSequence) in lists.sorted(by: { $0.0 < $1.0 }) {
                var part = found[name] ?? DataPart(name, "", missing: count - others - 1)
                lengths[name, default: SizeRange()].add(isSequence ? steps.count : steps[0].count)
                for step in steps { part.add(step) }
                if !isSequence, elements.count < first { shown.append("\(name): \(DataReport.text(steps[0]))") }
                found[name] = part
                guard keepsImages, images.count < DataReport.sheetCount, case .bytes(let data)? = steps.first else { continue }
                if let bytes = data.first, let image = try? DataReport.thumbnail(Array(bytes), name) { images.append(image) }
            }
            if elements.count < first { elements.append(shown.isEmpty ? "\(size) bytes" : shown.joined(separator: ", ")) }
        }
        note(iterator)
        for path in try Dataset<String>.paths(matching: pattern) where !pathsWithRecords.contains(path) {
            if !failures.contains(where: { $0.contains(path) }) { notes.append("\(path) has no record.") }
        }
        if others > 0, !found.isEmpty { failures.append("\(others) records are no tf.train.Example") }
        parts = found.values.sorted { $0.name < $1.name }
        for place in parts.indices { parts[place].shape = "(\(lengths[parts[place].name]?.text ?? ""))" }
        if parts.isEmpty, count > 0 {
            var bytes = DataPart("record", "bytes")
            bytes.shape = "(\(sizes.text))"
            parts = [bytes]
        }
    }

    private static func text(_ feature: Example.Feature) -> String {
        func list<Value>(_ values: [Value], _ text: (Value) -> String) -> String {
            if values.count == 1 { return text(values[0]) }
            return "[" + values.prefix(8).map(text).joined(separator: ", ") + (values.count > 8 ? ", ...]" : "]")
        }
        switch feature {
        case .floats(let values): return list(values) { "\($0)" }
        case .integers(let values): return list(values) { "\($0)" }
        case .bytes(let values):
            return list(values) { data in DataPart.text(of: data).map { "\"\($0.prefix(40))\"" } ?? "\(data.count) bytes" }
        }
    }
}

extension CSV.Kind {
    fileprivate var typeName: String {
        switch self {
        case .integer: "int64"
        case .number: "float32"
        case .boolean: "bool"
        case .text: "text"
        }
    }
}
