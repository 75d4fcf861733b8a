import Foundation
import MartletCore
import MartletData
import MartletFormats

/// What happens with image files that cannot be read.
public enum UnreadableImages: Sendable {
    /// The reading ends with an error that names the file.
    case fail
    /// They are left out. They are counted, and a warning at the end of a reading names the first of them. After `limit` of them
    /// in one reading, the next ends it; nil for no limit.
    case skip(limit: Int? = nil)
    /// A black image takes their place, with their labels. They are counted and named, too.
    case replace
}

extension ClassFolder {
    /// The endings of the names of images.
    public static let imageEndings = [".png", ".jpg", ".jpeg"]

    /// Looks for images, PNG and JPEG. Files that end with `.bmp` or `.gif`, which Keras reads too, are left out with a warning.
    /// The parameters are those of `init(_:endings:labels:classNames:followLinks:)`.
    public init(
        images folder: String, labels: FolderLabels = .inferred, classNames: [String]? = nil, followLinks: Bool = false
    ) throws {
        try self.init(
            folder, endings: ClassFolder.imageEndings, labels: labels, classNames: classNames, followLinks: followLinks)
        let left = try? ClassFolder(folder, endings: [".bmp", ".gif"], labels: .none, followLinks: followLinks)
        if let left {
            Settings.warn(
                "\(left.count) files that end with .bmp or .gif are left out, as PNG and JPEG are read. The first is "
                    + "\(left.paths[0]). Convert them.")
        }
    }

    /// The images of the files and their labels, one by one, in the order of `paths`. Images are decoded on several threads.
    ///
    /// ```swift
    /// let samples = try ClassFolder(images: "flowers").images(size: (96, 96)).shuffle(bufferSize: 1000)
    /// ```
    /// To shuffle all exactly, shuffle the files: `images(size:, order: { $0.shuffle(bufferSize: .all, seed: 1) })`.
    /// - Parameters:
    ///   - size: the height and width that images are brought to.
    ///   - colorMode: the channels.
    ///   - mode: how labels are written.
    ///   - interpolation: how images are brought to another size, without a filter against aliasing, as TensorFlow does.
    ///   - fit: how they keep their proportions.
    ///   - unreadable: what happens with files that cannot be read.
    ///   - order: shuffles, repeats or chooses among the files and class numbers before they are read.
    /// - Returns: pairs of an image, `float32` of 0 to 255 and shape `(height, width, channels)`, and a label.
    /// - Throws: `MartletError` when `mode` does not fit the classes, or `size` is none. A reading throws one that names a file
    ///   which cannot be read, unless `unreadable` says otherwise.
    public func images(
        size: (height: Int, width: Int), colorMode: ColorMode = .rgb, labels mode: LabelMode = .int,
        interpolation: Interpolation = .bilinear, fit: ImageFit = .stretch, unreadable: UnreadableImages = .fail,
        order: (Dataset<(String, Int)>) -> Dataset<(String, Int)> = { $0 }
    ) throws -> Dataset<(Tensor, Tensor)> {
        let (label, read) = (try labelMaker(mode), try ImageReading(size, colorMode, interpolation, fit))
        switch unreadable {
        case .fail: return order(files).map { (try read($0), label($1)) }
        case .skip(let limit): return order(files).map { (try read($0), label($1)) }.onError(.skip(limit: limit))
        case .replace: return order(files).map { read.orBlack($0, label($1)) }.notingFailures()
        }
    }

    /// The images without labels. See `images`.
    public func unlabeledImages(
        size: (height: Int, width: Int), colorMode: ColorMode = .rgb, interpolation: Interpolation = .bilinear,
        fit: ImageFit = .stretch, unreadable: UnreadableImages = .fail,
        order: (Dataset<(String, Int)>) -> Dataset<(String, Int)> = { $0 }
    ) throws -> Dataset<Tensor> {
        let read = try ImageReading(size, colorMode, interpolation, fit)
        switch unreadable {
        case .fail: return order(files).map { path, _ in try read(path) }
        case .skip(let limit): return order(files).map { path, _ in try read(path) }.onError(.skip(limit: limit))
        case .replace:
            return order(files).map { path, _ in
                let noted = read.orBlack(path, ())
                return Noted(noted.value.0, noted.failure)
            }.notingFailures()
        }
    }
}

extension ClassFolder {
    /// The images with the paths of their files and the numbers of their classes, -1 without labels. See `images`.
    /// - Parameter skipsUnreadable: whether files that cannot be read are left out.
    package func imagesWithPaths(
        size: (height: Int, width: Int), colorMode: ColorMode, skipsUnreadable: Bool,
        order: (Dataset<(String, Int)>) -> Dataset<(String, Int)>
    ) throws -> Dataset<(path: String, image: Tensor, label: Int)> {
        let read = try ImageReading(size, colorMode, .bilinear, .stretch)
        let images: Dataset<(path: String, image: Tensor, label: Int)> = order(files).map { ($0, try read($0), $1) }
        return skipsUnreadable ? images.onError(.skip()) : images
    }
}

/// Reads an image file in one form.
struct ImageReading: Sendable {
    let form: ImageForm
    let colorMode: ColorMode

    init(_ size: (height: Int, width: Int), _ colorMode: ColorMode, _ interpolation: Interpolation, _ fit: ImageFit) throws {
        (form, self.colorMode) = (try ImageForm(size, interpolation, fit), colorMode)
    }

    func callAsFunction(_ path: String) throws -> Tensor {
        try form.apply(decodeImage(FileIO.read(path), colorMode: colorMode, name: path))
    }

    /// The image, or a black one and the reason.
    func orBlack<Label: Sendable>(_ path: String, _ label: Label) -> Noted<(Tensor, Label)> {
        do {
            return Noted((try withErrors { try self(path) }, label), nil)
        } catch {
            return Noted((Tensor.zeros([form.height, form.width, colorMode.channelCount], dtype: .float32), label), error)
        }
    }
}

/// Batches of images from a folder.
public typealias ImageDirectoryDataset = DirectoryDataset

/// Batches of images from a folder with a folder for each class, Keras's `image_dataset_from_directory`.
///
/// ```swift
/// let train = try imageDatasetFromDirectory(
///     "flowers", imageSize: (96, 96), seed: 1, validationSplit: 0.2, subset: .training)
/// try model.fit(train, epochs: 5)
/// ```
/// For single images, and for what comes between images and batches, use `ClassFolder(images:)` and its `images(size:)`.
/// - Parameters:
///   - directory: the folder. PNG and JPEG files are read, at any depth.
///   - labels: where the labels come from; `.given` in the order of the sorted paths.
///   - labelMode: how labels are written; nil gives images alone.
///   - classNames: the classes in the order of their numbers; nil takes all folders by name.
///   - colorMode: the channels.
///   - batchSize: the number of images in a batch.
///   - imageSize: the height and width that images are brought to.
///   - shuffle: whether each reading has another exact permutation of all files. Without, they come sorted.
///   - seed: of the permutations and of the split; needed where files are shuffled and split. Nil takes one that follows from
///     `setRandomSeed`.
///   - validationSplit: the fraction of the files for validation; needs `subset`.
///   - subset: the part to read; needs `validationSplit`. Call twice with one seed for both.
///   - interpolation: how images are brought to another size.
///   - followLinks: whether links to folders are followed.
///   - cropToAspectRatio: whether the middle with the right proportions is taken.
///   - padToAspectRatio: whether black edges give the right proportions.
///   - unreadable: what happens with files that cannot be read.
/// - Throws: `MartletError` when the folder, the classes or the arguments do not fit. A reading throws one that names a file
///   which cannot be read, unless `unreadable` says otherwise.
public func imageDatasetFromDirectory(
    _ directory: String, labels: FolderLabels = .inferred, labelMode: LabelMode? = .int, classNames: [String]? = nil,
    colorMode: ColorMode = .rgb, batchSize: Int = 32, imageSize: (height: Int, width: Int) = (256, 256), shuffle: Bool = true,
    seed: Int? = nil, validationSplit: Double? = nil, subset: DatasetSubset? = nil, interpolation: Interpolation = .bilinear,
    followLinks: Bool = false, cropToAspectRatio: Bool = false, padToAspectRatio: Bool = false,
    unreadable: UnreadableImages = .fail
) throws -> ImageDirectoryDataset {
    guard batchSize >= 1 else {
        throw MartletError("Expected a number of at least 1. Received: \(batchSize).", at: "batchSize")
    }
    guard !(cropToAspectRatio && padToAspectRatio) else {
        throw MartletError("Expected one of cropToAspectRatio and padToAspectRatio. Received both.", at: "cropToAspectRatio")
    }
    let folder = try ClassFolder(images: directory, labels: labels, classNames: classNames, followLinks: followLinks)
        .part(subset, validationSplit: validationSplit, seed: seed, shuffle: shuffle)
    let fit: ImageFit = cropToAspectRatio ? .crop : padToAspectRatio ? .pad : .stretch
    let order = { (files: Dataset<(String, Int)>) in shuffle ? files.shuffle(bufferSize: .all, seed: seed) : files }
    let hasLabels = !folder.labels.isEmpty && labelMode != nil
    let batches: Dataset<Batch>
    if hasLabels, let labelMode {
        batches = try folder.images(
            size: imageSize, colorMode: colorMode, labels: labelMode, interpolation: interpolation, fit: fit,
            unreadable: unreadable, order: order
        ).batch(batchSize).map { Batch(inputs: [$0], targets: [$1]) }
    } else {
        batches = try folder.unlabeledImages(
            size: imageSize, colorMode: colorMode, interpolation: interpolation, fit: fit, unreadable: unreadable, order: order
        ).batch(batchSize).map { Batch(inputs: [$0]) }
    }
    return ImageDirectoryDataset(
        of: "Image", batches: batches.prefetch(), classNames: hasLabels ? folder.classNames : [], filePaths: folder.paths)
}
