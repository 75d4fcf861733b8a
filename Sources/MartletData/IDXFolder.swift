import Foundation
import MartletCore
import MartletFormats

/// A folder of IDX files under MNIST's names: images and labels for training and for the test, each plain or with `.gz`.
package struct IDXFolder {
    /// The files' names without `.gz`.
    package static let names = [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ]

    /// Images and their labels.
    package enum Part: Sendable {
        case training, test

        /// How the names of the files begin.
        fileprivate var names: [String] { self == .training ? ["train"] : ["t10k", "test"] }
    }

    package let path: String

    package init(_ path: String) { self.path = path }

    /// Whether all four files are there.
    package var isComplete: Bool { IDXFolder.names.allSatisfy { file($0) != nil } }

    /// The path of the file called `name`, plain or with `.gz`; nil when there is neither.
    private func file(_ name: String) -> String? {
        [name, name + ".gz"].map { (path as NSString).appendingPathComponent($0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The files of a part: images of three or four axes, and labels. Some copies have a point in their names, or `test`. Nil
    /// when one is not there.
    package func files(of part: Part) -> (images: String, labels: String)? {
        func find(_ kinds: [String]) -> String? {
            part.names.flatMap { name in
                kinds.flatMap { kind in ["-", "."].map { "\(name)-\(kind.replacing("/", with: $0))-ubyte" } }
            }.lazy.compactMap(file).first
        }
        guard let images = find(["images/idx3", "images/idx4"]), let labels = find(["labels/idx1"]) else { return nil }
        return (images, labels)
    }

    /// Reads one part.
    /// - Throws: `MartletError` with the file that is malformed, or that is not there.
    package func read(_ part: Part) throws -> ImageDataset.Part {
        guard let files = files(of: part) else {
            throw MartletError(
                "Expected a folder with files of images and labels, \(part.names[0])-images-idx3-ubyte and "
                    + "\(part.names[0])-labels-idx1-ubyte, plain or with .gz.", at: path)
        }
        return try self.part(images: files.images, labels: files.labels)
    }

    /// Reads the four files and checks that they fit each other. Without `classNames`, the numbers are the class names.
    package func read(name: String, classNames: [String]?) throws -> ImageDataset {
        let files = try IDXFolder.names.map { name in
            guard let file = file(name) else {
                throw MartletError(
                    "Expected a folder with the file \(name), plain or with .gz. It is not there.", at: path)
            }
            return file
        }
        let train = try part(images: files[0], labels: files[1])
        let test = try part(images: files[2], labels: files[3])
        guard train.x.shape.dimensions.dropFirst() == test.x.shape.dimensions.dropFirst() else {
            throw MartletError(
                "Expected images of shape \(imageShape(train.x)), as in the training set. Received \(imageShape(test.x)).",
                at: files[2])
        }
        guard train.x.dtype == test.x.dtype else {
            throw MartletError(
                "Expected pixels of \(train.x.dtype), as in the training set. Received \(test.x.dtype).", at: files[2])
        }
        let classCount = classNames?.count ?? Int(largest(train.y)) + 1
        for (y, file) in [(train.y, files[1]), (test.y, files[3])] where Int(largest(y)) >= classCount {
            let origin = classNames == nil ? "the training set's classes" : "the classes of \(name)"
            throw MartletError("Expected labels 0...\(classCount - 1), \(origin). Received \(largest(y)).", at: file)
        }
        return ImageDataset(
            name: name, train: train, test: test, classNames: classNames ?? (0..<classCount).map(String.init),
            maximumPixel: train.x.dtype == .uint8 ? 255 : 1)
    }

    private func part(images: String, labels: String) throws -> ImageDataset.Part {
        let x = try IDX.read(images)
        guard x.dtype == .uint8 || x.dtype.isFloatingPoint, x.rank == 3 || x.rank == 4, x.elementCount > 0 else {
            throw MartletError(
                "Expected images: unsigned bytes, or floating-point numbers, of shape (n, height, width) or "
                    + "(n, height, width, channels), not empty. Received \(x.spec).", at: images)
        }
        do {
            try TensorDataset(inputs: [x]).requireFinite()
        } catch let error as MartletError {
            throw MartletError(error.message, at: images)
        }
        let y = try IDX.read(labels)
        guard y.dtype == .uint8, y.rank == 1 else {
            throw MartletError("Expected labels: unsigned bytes of shape (n,). Received \(y.spec).", at: labels)
        }
        guard y.elementCount == x.shape[0] else {
            throw MartletError(
                "Expected \(x.shape[0]) labels, as many as there are images in \(images). Received \(y.elementCount).",
                at: labels)
        }
        return (x, y)
    }

    private func largest(_ labels: Tensor) -> UInt8 { labels.withUnsafeBytes { $0.max() ?? 0 } }

    private func imageShape(_ images: Tensor) -> Shape { Shape(Array(images.shape.dimensions.dropFirst())) }
}
