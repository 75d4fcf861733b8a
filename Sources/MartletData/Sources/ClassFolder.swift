import Foundation
import MartletCore
import MartletFormats

/// Where the labels of the files in a folder come from.
public enum FolderLabels: Sendable {
    /// Each folder in the folder is a class; the files in it, at any depth, belong to it.
    case inferred
    /// There are none.
    case none
    /// One for each file, in the order of `paths`.
    case given([Int])
}

/// How labels are written, Keras's `label_mode`.
public enum LabelMode: String, Sendable, CaseIterable, NamedChoice {
    /// The number of the class, `int32`, for `sparse_categorical_crossentropy`.
    case int
    /// A one at the place of the class, `float32`, for `categorical_crossentropy`.
    case categorical
    /// 0 or 1 in a vector of one number, `float32`, for `binary_crossentropy`; there must be two classes.
    case binary
}

/// The files in a folder with their classes, such as images or texts.
///
/// ```swift
/// let flowers = try ClassFolder("flowers", endings: [".jpg", ".png"])     // flowers/daisy/1.jpg, flowers/rose/...
/// let (train, validation) = try flowers.split(validation: 0.2, seed: 1)
/// print(flowers.classNames, train.count)
/// ```
public struct ClassFolder: Sendable, CustomStringConvertible {
    /// The folder.
    public let folder: String
    /// The files, with the folder in front, in the order of their names (by Unicode values), class after class.
    public let paths: [String]
    /// The number of the class of each file; empty when there are no labels.
    public let labels: [Int]
    /// The names of the classes; for labels that are given, the labels in order as texts; empty when there are no labels.
    public let classNames: [String]

    /// The number of files.
    public var count: Int { paths.count }

    /// The folder, the number of files and the classes.
    public var description: String {
        let classes = classNames.isEmpty ? "no labels" : "classes: \(classNames.prefix(10).joined(separator: ", "))"
        return "ClassFolder(\"\(folder)\", \(count) files, \(classes)\(classNames.count > 10 ? ", ..." : ""))"
    }

    /// Looks for files. Names that begin with a point are passed over.
    /// - Parameters:
    ///   - folder: the folder.
    ///   - endings: what the names end with, in small or capital letters.
    ///   - labels: where the labels come from.
    ///   - classNames: the classes in the order of their numbers, with `.inferred`: each is a folder. When nil, all folders are
    ///     classes, in the order of their names.
    ///   - followLinks: whether links to folders are followed.
    /// - Throws: `MartletError` when the folder cannot be read, a class has no folder, no file is found, or the number of labels
    ///   is not the number of files.
    public init(
        _ folder: String, endings: [String], labels: FolderLabels = .inferred, classNames: [String]? = nil,
        followLinks: Bool = false
    ) throws {
        var finder = Finder(endings: endings.map { $0.lowercased() }, followLinks: followLinks)
        var (paths, numbers, names) = ([String](), [Int](), [String]())
        guard case .inferred = labels else {
            guard classNames == nil else {
                throw MartletError("Expected no class names, as the labels are not those of folders.", at: "classNames")
            }
            try finder.find(in: folder, into: &paths)
            if case .given(let given) = labels {
                guard given.count == paths.count else {
                    throw MartletError(
                        "Expected a label for each of the \(paths.count) files in \(folder). Received: \(given.count).",
                        at: "labels")
                }
                (numbers, names) = (given, Set(given).sorted().map(String.init))
            }
            try self.init(folder, paths, numbers, names, endings)
            return
        }
        let folders = try Self.folders(in: folder)
        if let stranger = classNames?.first(where: { !folders.contains($0) }) {
            throw MartletError(
                "Expected the names of folders in \(folder), which are \(folders.prefix(20)). Received: \"\(stranger)\".",
                at: "classNames")
        }
        names = classNames ?? folders
        guard !names.isEmpty else {
            throw MartletError(
                "Expected a folder for each class, with files in them whose names end with \(endings.joined(separator: ", ")). "
                    + "Found \(Finder.content(of: folder)).", at: folder)
        }
        if let twice = Dictionary(grouping: names, by: { $0 }).first(where: { $0.value.count > 1 })?.key {
            throw MartletError("Expected classes with different names. Received \"\(twice)\" twice.", at: "classNames")
        }
        for (number, name) in names.enumerated() {
            try finder.find(in: (folder as NSString).appendingPathComponent(name), into: &paths)
            numbers += [Int](repeating: number, count: paths.count - numbers.count)
        }
        try self.init(folder, paths, numbers, names, endings)
    }

    private init(
        _ folder: String, _ paths: [String], _ labels: [Int], _ classNames: [String], _ endings: [String]
    ) throws {
        guard !paths.isEmpty else {
            let place = classNames.isEmpty ? "in it" : "in its folders, which are the classes \(classNames.prefix(20))"
            let found = classNames.isEmpty
                ? Finder.content(of: folder)
                : "\(Finder.content(of: (folder as NSString).appendingPathComponent(classNames[0]))) in the first of them"
            throw MartletError(
                "Expected files whose names end with \(endings.joined(separator: ", ")) \(place). Found \(found).", at: folder)
        }
        self.init(folder, paths, labels, classNames)
    }

    private init(_ folder: String, _ paths: [String], _ labels: [Int], _ classNames: [String]) {
        (self.folder, self.paths, self.labels, self.classNames) = (folder, paths, labels, classNames)
    }

    /// The names of the folders in a folder, in order, without those that begin with a point.
    /// - Throws: `MartletError` when it cannot be read.
    package static func folders(in folder: String) throws -> [String] {
        try Finder.entries(of: folder).filter {
            !$0.hasPrefix(".") && Finder.isFolder((folder as NSString).appendingPathComponent($0))
        }
    }

    /// The files in two parts: the last of a random order for validation, the others for training.
    /// - Parameters:
    ///   - fraction: of the files for validation, between 0 and 1.
    ///   - seed: of the order; the same seed gives the same parts. Nil takes the order of the names.
    /// - Throws: `MartletError` when a part would have no file.
    public func split(
        validation fraction: Double, seed: Int? = nil
    ) throws -> (training: ClassFolder, validation: ClassFolder) {
        guard fraction > 0, fraction < 1 else {
            throw MartletError("Expected a fraction between 0 and 1. Received: \(fraction).", at: "validationSplit")
        }
        let held = Int(fraction * Double(count))
        guard held > 0, held < count else {
            throw MartletError(
                "Expected at least one file in each part. \(fraction) of \(count) files leaves \(count - held) and \(held).",
                at: "validationSplit")
        }
        let order = try seed.map { try Permutation.random(count, key: UInt64(bitPattern: Int64($0))) } ?? Array(0..<count)
        return (part(order.dropLast(held)), part(order.suffix(held)))
    }

    private func part(_ places: ArraySlice<Int>) -> ClassFolder {
        ClassFolder(folder, places.map { paths[$0] }, labels.isEmpty ? [] : places.map { labels[$0] }, classNames)
    }

    /// The files and the numbers of their classes, -1 without labels. They can be had in any order, so
    /// `shuffle(bufferSize: .all)` is exact and holds nothing.
    public var files: Dataset<(String, Int)> {
        Dataset(files: paths, source: "files of \(folder) (\(count))") { [paths, labels] in
            (paths[$0], labels.isEmpty ? -1 : labels[$0])
        }
    }

    /// The texts and labels of the files, which must be UTF-8.
    /// - Parameters:
    ///   - mode: how labels are written.
    ///   - longest: the most bytes of a text.
    /// - Throws: `MartletError` when there are no labels, or `mode` does not fit them. A reading throws one for a file that is
    ///   no text; with `onError` it can be left out.
    public func texts(labels mode: LabelMode = .int, longest: Int = 1 << 24) throws -> Dataset<(String, Tensor)> {
        let label = try labelMaker(mode)
        return files.map { path, number in (try Self.text(path, longest), label(number)) }
    }

    /// Makes a label of the number of a class.
    /// - Throws: `MartletError` when there are no labels, or `mode` does not fit them.
    package func labelMaker(_ mode: LabelMode) throws -> @Sendable (Int) -> Tensor {
        guard !labels.isEmpty else {
            throw MartletError("Expected a folder with labels. This one was opened without.", at: folder)
        }
        let count = classNames.count
        switch mode {
        case .int: return { Tensor([Int32(clamping: $0)], shape: []) }
        case .binary:
            guard count == 2 else {
                throw MartletError("Expected two classes for binary labels. Received: \(count).", at: folder)
            }
            return { Tensor([Float($0)]) }
        case .categorical:
            guard let most = labels.max(), let least = labels.min(), least >= 0, most < count else {
                throw MartletError("Expected labels 0..<\(count) for categorical labels. Received others.", at: folder)
            }
            return { number in Tensor((0..<count).map { $0 == number ? Float(1) : 0 }) }
        }
    }
}

extension Dataset {
    /// Elements that stand for files. Caches are keyed by the files' sizes and times.
    fileprivate init(files: [String], source: String, element: @escaping @Sendable (Int) -> Element) {
        let indexed = Indexed(count: files.count, element: element)
        self.init(
            source: source, length: .count(files.count), indexed: indexed,
            identity: { files.map(Dataset<String>.identity(ofFile:)).joined(separator: ", ") }
        ) { _, _ in IndexedReader(indexed, order: nil) }
    }
}

/// Looks for files in folders.
private struct Finder {
    let endings: [String]
    let followLinks: Bool
    /// The folders that were seen, by device and number: links may lead in circles.
    private var seen: Set<[UInt64]> = []
    /// What the paths take, and how much of it was asked for.
    private var (bytes, granted) = (0, 1 << 19)

    init(endings: [String], followLinks: Bool) { (self.endings, self.followLinks) = (endings, followLinks) }

    static func entries(of folder: String) throws -> [String] {
        guard isFolder(folder) else {
            let what = FileManager.default.fileExists(atPath: folder) ? "it is a file" : "there is none"
            throw MartletError("Expected a folder: \(what).", at: folder)
        }
        return try FileIO.entries(of: folder)
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// What is in a folder, for errors.
    static func content(of folder: String) -> String {
        let names = ((try? entries(of: folder)) ?? []).filter { !$0.hasPrefix(".") }
        let isFolder = names.map { Finder.isFolder((folder as NSString).appendingPathComponent($0)) }
        func list(_ what: String, _ wanted: Bool) -> String {
            let found = zip(names, isFolder).filter { $1 == wanted }.map(\.0)
            guard !found.isEmpty else { return "no \(what)" }
            let shown = found.prefix(5).joined(separator: ", ") + (found.count > 5 ? ", ..." : "")
            return "\(found.count) \(what)\(found.count == 1 ? "" : "s") (\(shown))"
        }
        return "\(list("folder", true)) and \(list("file", false))"
    }

    /// Appends the files, those of a folder before those of the folders in it, as Keras orders them.
    mutating func find(in top: String, into paths: inout [String]) throws {
        var folders = [top], found: [(folder: String, files: [String])] = []
        while let folder = folders.popLast() {
            var status = stat()
            if stat(folder, &status) == 0, !seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted { continue }
            var files: [String] = []
            for name in try Finder.entries(of: folder) where !name.hasPrefix(".") {
                let path = (folder as NSString).appendingPathComponent(name)
                let kind = Finder.kind(of: path)
                if kind == .typeDirectory || (kind == .typeSymbolicLink && Finder.isFolder(path)) {
                    if kind == .typeDirectory || followLinks { folders.append(path) }
                } else if endings.contains(where: name.lowercased().hasSuffix) {
                    try hold(path, top)
                    files.append(path)
                }
            }
            found.append((folder, files))
        }
        paths += found.sorted { $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8) }.flatMap(\.files)
    }

    /// Takes notice of a path that is kept: its bytes, the head of their block, and the places in lists.
    /// - Throws: `MartletError` when millions of them leave too little memory.
    private mutating func hold(_ path: String, _ folder: String) throws {
        bytes += path.utf8.count + 96
        guard bytes > granted else { return }
        granted = 2 * bytes
        try Settings.requireMemory(granted, at: folder)
    }

    private static func kind(of path: String) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }
}
