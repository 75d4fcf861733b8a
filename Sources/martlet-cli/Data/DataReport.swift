import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletImages

/// What `martlet data` prints.
struct DataReport {
    var kind: String
    var count = 0
    var parts: [DataPart] = []
    var classes: [(name: String, count: Int)] = []
    var unreadable = 0
    var failures: [String] = []
    var elements: [String] = []
    /// For a contact sheet.
    var images: [Tensor] = []
    static let sheetCount = 100, sheetSize = (height: 96, width: 96)

    init(_ kind: String) { self.kind = kind }

    var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind), "count": .int(count), "unreadable": .int(unreadable)]
        if !failures.isEmpty { object["failures"] = .array(failures.map { .string($0) }) }
        if !classes.isEmpty {
            object["classes"] = .object(classes.reduce(into: JSONObject()) { $0[$1.name] = .int($1.count) })
        }
        object["parts"] = .array(parts.map(\.json))
        object["first"] = .array(elements.map { .string($0) })
        return .object(object)
    }

    var text: String {
        var lines = ["\(kind): \(count) elements\(unreadable == 0 ? "" : ", and \(unreadable) that cannot be read")"]
        lines += failures.map { "  cannot be read: \($0)" }
        if !classes.isEmpty {
            let named = classes.prefix(100).map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
            lines.append("\(classes.count) classes: \(named)")
        }
        // Columns as wide as the longest name would take the product of both.
        let rows = parts.map { part in part.cells.enumerated().map { $0 < 3 ? $1.shortened(to: 60) : $1 } }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        lines += rows.map { row in
            let cells = zip(row, widths + [0]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
            return "  " + cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
        if !elements.isEmpty { lines += ["first:"] + elements.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    /// Takes over what a reading left out.
    mutating func note<Element>(_ iterator: DatasetIterator<Element>) {
        (unreadable, failures) = (iterator.skipped, iterator.failures)
    }
}

extension DataReport {
    init(arrays: [(name: String, array: Tensor)], first: Int) {
        self.init("arrays")
        func shape(_ array: Tensor) -> Shape { array.dtype == .string ? array.stringShape : array.shape }
        count = arrays.first.map { shape($0.array).dimensions.first ?? 1 } ?? 0
        for (name, array) in arrays where array.dtype == .string {
            var part = DataPart(name, "text")
            part.shape = "\(array.stringShape)"
            let texts = array.utf8Strings().map { String(decoding: $0, as: UTF8.self) }
            for text in texts { part.add(text: text) }
            parts.append(part)
            guard let rows = array.stringShape.dimensions.first, rows > 0 else { continue }
            let width = texts.count / rows
            for row in 0..<min(first, rows) {
                let shown = texts[row * width..<row * width + min(width, 8)].map { "\"\($0.prefix(40))\"" }
                elements.append("\(name)[\(row)]: [\(shown.joined(separator: ", "))\(width > 8 ? ", ..." : "")]")
            }
        }
        for (name, array) in arrays where array.dtype != .string {
            var part = DataPart(name, "\(array.dtype)")
            part.shape = "\(array.shape)"
            part.range.add(array)
            parts.append(part)
            guard array.rank > 0 else { continue }
            for index in 0..<min(first, array.shape[0]) { elements.append("\(name)[\(index)]: \(short(array[index]))") }
        }
    }

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
        parts = csv.columns.map { DataPart($0.name, $0.kind == .number ? "float32" : $0.kind == .integer ? "int64" : "text") }
        var iterator = csv.rows.onError(.skip()).makeIterator()
        while let row = try iterator.nextElement() {
            count += 1
            for (place, column) in csv.columns.enumerated() {
                switch row[column.name] {
                case .integer(let value): parts[place].range.add(Double(value))
                case .number(let value): parts[place].range.add(value)
                case .text(let text): parts[place].add(text: text)
                case .missing: parts[place].missing += 1
                }
            }
            if elements.count < first {
                elements.append(csv.columns.map { "\($0.name): \(DataReport.text(row[$0.name]))" }.joined(separator: ", "))
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
        let records = Dataset.tfRecords(pattern).map { record in (try? SequenceExample(serialized: record), record.count) }
        var iterator = records.onError(.skip()).makeIterator()
        while let (example, size) = try iterator.nextElement() {
            count += 1
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

private func short(_ tensor: Tensor) -> String {
    let values = tensor.flattened()[0..<min(8, tensor.elementCount)].scalars(as: Double.self).map { $0.text("%.6g") }
    return "[" + values.joined(separator: ", ") + (tensor.elementCount > 8 ? ", ...]" : "]")
}
