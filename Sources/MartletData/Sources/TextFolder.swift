import MartletCore
import MartletFormats

extension ClassFolder {
    /// The part that Keras's `subset` names: all files without one.
    /// - Throws: `MartletError` when only one of `subset` and `validationSplit` is given, or a shuffled split has no seed.
    package func part(
        _ subset: DatasetSubset?, validationSplit: Double?, seed: Int?, shuffle: Bool
    ) throws -> ClassFolder {
        guard (validationSplit == nil) == (subset == nil) else {
            throw MartletError("Expected validationSplit and subset together. Received one of them.", at: "subset")
        }
        guard let validationSplit, let subset else { return self }
        guard !shuffle || seed != nil else {
            throw MartletError("Expected a seed: without one, the parts of two calls would have files in common.", at: "seed")
        }
        let parts = try split(validation: validationSplit, seed: shuffle ? seed : nil)
        return subset == .training ? parts.training : parts.validation
    }

    /// The text of a file.
    /// - Throws: `MartletError` when it cannot be read, is longer than `longest` bytes, or is not UTF-8.
    package static func text(_ path: String, _ longest: Int) throws -> String {
        guard let text = String(validating: try FileIO.read(path, limit: longest), as: UTF8.self) else {
            throw MartletError("Expected text in UTF-8. Received other bytes.", at: path)
        }
        return text
    }
}

/// Batches of texts from a folder with a folder for each class, Keras's `text_dataset_from_directory`.
///
/// ```swift
/// let train = try textDatasetFromDirectory("aclImdb/train", seed: 1, validationSplit: 0.2, subset: .training)
/// try vectorize.adapt(train.texts)
/// ```
/// The texts of a batch are strings of shape `(n,)`; `strings()` gives them back. For single texts use `ClassFolder.texts`.
/// - Parameters:
///   - directory: the folder. Files that end in `.txt` are read, at any depth.
///   - labels: where the labels come from; `.given` in the order of the sorted paths.
///   - labelMode: how labels are written; nil gives texts alone.
///   - classNames: the classes in the order of their numbers; nil takes all folders by name.
///   - batchSize: the number of texts in a batch.
///   - maxLength: the most Unicode code points of a text, which is cut there; nil cuts nothing.
///   - shuffle: whether each reading has another exact permutation of all files. Without, they come sorted.
///   - seed: of the permutations and of the split; needed where files are shuffled and split. Nil takes one that follows from
///     `setRandomSeed`.
///   - validationSplit: the fraction of the files for validation; needs `subset`.
///   - subset: the part to read; needs `validationSplit`. Call twice with one seed for both.
///   - followLinks: whether links to folders are followed.
///   - longest: the most bytes of a file.
/// - Throws: `MartletError` when the folder, the classes or the arguments do not fit. A reading throws one for a file that
///   is no text in UTF-8.
public func textDatasetFromDirectory(
    _ directory: String, labels: FolderLabels = .inferred, labelMode: LabelMode? = .int, classNames: [String]? = nil,
    batchSize: Int = 32, maxLength: Int? = nil, shuffle: Bool = true, seed: Int? = nil, validationSplit: Double? = nil,
    subset: DatasetSubset? = nil, followLinks: Bool = false, longest: Int = 1 << 24
) throws -> DirectoryDataset {
    for (name, value) in [("batchSize", batchSize), ("maxLength", maxLength ?? 1)] where value < 1 {
        throw MartletError("Expected a number of at least 1. Received: \(value).", at: name)
    }
    let folder = try ClassFolder(
        directory, endings: [".txt"], labels: labels, classNames: classNames, followLinks: followLinks
    ).part(subset, validationSplit: validationSplit, seed: seed, shuffle: shuffle)
    let cut = { @Sendable (text: String) in
        maxLength.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
    }
    let files = shuffle ? folder.files.shuffle(bufferSize: .all, seed: seed) : folder.files
    let hasLabels = !folder.labels.isEmpty && labelMode != nil
    let batches: Dataset<Batch>
    if hasLabels, let labelMode {
        let label = try folder.labelMaker(labelMode)
        batches = files.map { path, number in (cut(try ClassFolder.text(path, longest)), label(number)) }
            .batch(batchSize).map { Batch(inputs: [Tensor(strings: $0)], targets: [$1]) }
    } else {
        batches = files.map { path, _ in cut(try ClassFolder.text(path, longest)) }
            .batch(batchSize).map { Batch(inputs: [Tensor(strings: $0)]) }
    }
    return DirectoryDataset(
        of: "Text", batches: batches.prefetch(), classNames: hasLabels ? folder.classNames : [], filePaths: folder.paths)
}
