import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletImages

/// Arrays in files, which are read part by part: they may be larger than memory.
extension DataReport {
    init(npy path: String, first: Int) throws {
        self.init("arrays")
        try add("array", ArrayReader(npy: FileStream(path)), first: first)
    }

    init(npz path: String, first: Int) throws {
        self.init("arrays")
        try NPZ.forEach(in: path) { name, array in try add(name, array, first: first) }
    }

    /// - Parameter paths: IDX files. Vectors of whole numbers are labels.
    init(idx paths: [String], first: Int, keepsImages: Bool) throws {
        self.init("IDX")
        var (sizes, counts) = ([String: Int](), [Int: Int]())
        for path in paths {
            let name = DataReport.name(ofIDX: path)
            do {
                let array = try ArrayReader(idx: FileStream.openDecompressing(path))
                let isLabels = array.shape.rank == 1 && array.dtype.isInteger
                sizes[name] = array.shape[0]
                try add(name, array, first: first) { part in
                    guard isLabels else { return }
                    for label in part.scalars(as: Int.self) where counts.count < 10_000 || counts[label] != nil {
                        counts[label, default: 0] += 1
                    }
                }
                if keepsImages, images.isEmpty, [3, 4].contains(array.shape.rank), array.dtype == .uint8 {
                    images = try DataReport.images(inIDX: path)
                }
            } catch let error as MartletError {
                // One file of several is counted, as one image of several is.
                guard paths.count > 1 else { throw error }
                unreadable += 1
                failures.append("\(error)")
            }
        }
        classes = counts.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) }
        let (arrays, vectors) = (parts.filter { $0.rank > 1 }, parts.filter { $0.rank == 1 })
        count = (arrays.isEmpty ? vectors : arrays).compactMap { sizes[$0.name] }.reduce(0, +)
        for (name, size) in sizes.sorted(by: { $0.key < $1.key }) where name.contains("images") {
            let labels = name.replacing("images", with: "labels").replacing("idx3", with: "idx1").replacing("idx4", with: "idx1")
            if let other = sizes[labels], other != size { notes.append("\(name) has \(size) elements, and \(labels) \(other).") }
        }
    }

    /// The IDX files in a folder, by their names; empty when it has none.
    static func idxFiles(in folder: String) -> [String] {
        let names = ((try? FileIO.entries(of: folder)) ?? []).filter { $0.lowercased().contains("idx") && !$0.hasPrefix(".") }
        return names.map { (folder as NSString).appendingPathComponent($0) }.filter(IDX.isFile)
    }

    private static func name(ofIDX path: String) -> String {
        let name = (path as NSString).lastPathComponent
        return name.lowercased().hasSuffix(".gz") ? String(name.dropLast(3)) : name
    }

    /// The first images of a file, for a contact sheet.
    private static func images(inIDX path: String) throws -> [Tensor] {
        let array = try ArrayReader(idx: FileStream.openDecompressing(path))
        let sizes = array.shape.dimensions
        let channels = sizes.count == 4 ? sizes[3] : 1
        let size = sizes.dropFirst().reduce(1, *)
        guard [1, 3, 4].contains(channels), size > 0 else { return [] }
        let wanted = min(sheetCount, sizes[0])
        try Settings.requireMemory(wanted * size, at: path)
        var bytes: [UInt8] = []
        while bytes.count < wanted * size, let part = try array.next() { bytes += part.scalars(as: UInt8.self) }
        return (0..<wanted).map { Tensor(Array(bytes[$0 * size..<($0 + 1) * size]), shape: [sizes[1], sizes[2], channels]) }
    }

    /// Reads an array, and notes what is in it.
    /// - Parameter body: sees each part.
    private mutating func add(
        _ name: String, _ array: ArrayReader, first: Int, _ body: (Tensor) -> Void = { _ in }
    ) throws {
        let isText = array.dtype == .string
        var part = DataPart(name, isText ? "text" : "\(array.dtype)")
        (part.shape, part.rank) = ("\(array.shape)", array.shape.rank)
        var samples = FirstElements(of: array, first)
        while let elements = try array.next() {
            if isText {
                let texts = elements.strings()
                for text in texts { part.add(text: text) }
                samples.take(texts.count) { "\"\(texts[$0].prefix(40))\"" }
            } else {
                part.range.add(elements)
                samples.take(elements.elementCount) { elements[$0].item(as: Double.self).text("%.6g") }
            }
            body(elements)
        }
        if parts.isEmpty { count = array.shape.dimensions.first ?? 1 }
        parts.append(part)
        elements += samples.lines(name)
    }
}

/// The first numbers of the first elements along an array's first axis, which may lie far apart in the file.
private struct FirstElements {
    private static let most = 8
    private let rowCount: Int
    private let width: Int
    /// Where the numbers come in the file, in that order, and which they are.
    private var places: ArraySlice<(place: Int, cell: Int)>
    private var cells: [String]
    private var passed = 0

    init(of array: ArrayReader, _ count: Int) {
        let sizes = array.shape.dimensions
        rowCount = min(count, sizes.first ?? 0)
        width = sizes.dropFirst().reduce(1, *)
        let shown = min(width, Self.most)
        cells = [String](repeating: "", count: rowCount * shown)
        var places: [(place: Int, cell: Int)] = []
        for cell in cells.indices {
            var (index, rest) = ([Int](repeating: 0, count: sizes.count), cell % shown)
            for axis in sizes.indices.dropFirst().reversed() {
                index[axis] = rest % sizes[axis]
                rest /= sizes[axis]
            }
            index[0] = cell / shown
            places.append((array.place(of: index), cell))
        }
        self.places = places.sorted { $0.place < $1.place }[...]
    }

    /// Takes what is wanted of the next elements.
    mutating func take(_ count: Int, _ text: (Int) -> String) {
        while let next = places.first, next.place < passed + count {
            cells[next.cell] = text(next.place - passed)
            places.removeFirst()
        }
        passed += count
    }

    func lines(_ name: String) -> [String] {
        let shown = min(width, Self.most)
        return (0..<rowCount).map { row in
            let list = cells[row * shown..<(row + 1) * shown].joined(separator: ", ")
            return "\(name)[\(row)]: [\(list)\(width > shown ? ", ..." : "")]"
        }
    }
}
