import Foundation
import MartletCore
import MartletData
import MartletFormats
import MartletImages
import TestSupport
import Testing

/// Folders of images by class.
@Suite(.ownSession) struct ImageFolderTests {
    static let images = ["rgb.png", "420.jpg", "interlaced.png", "grey.png", "444.jpg", "palette.png"]

    /// The folder of which `folder.npz` has what Keras reads.
    func withImages<R>(_ body: (String) throws -> R) throws -> R {
        try withFolder { folder in
            for (number, name) in Self.images.enumerated() {
                let place = folder + ["/a", "/b"][number % 2] + (number == 4 ? "/deep" : "")
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: fixture(name), toPath: "\(place)/\(name)")
            }
            return try body(folder)
        }
    }

    static let cases: [(String, Interpolation, ImageFit, ColorMode)] = [
        ("bilinear", .bilinear, .stretch, .rgb), ("nearest", .nearest, .stretch, .rgb), ("bicubic", .bicubic, .stretch, .rgb),
        ("area", .area, .stretch, .rgb), ("lanczos3", .lanczos3, .stretch, .rgb), ("crop", .bilinear, .crop, .rgb),
        ("pad", .bilinear, .pad, .rgb), ("rgba", .bilinear, .stretch, .rgba),
    ]

    /// The same images, labels and order as Keras's. Of JPEG files only the order is compared: TensorFlow has another transform.
    @Test(arguments: cases)
    func asKeras(name: String, interpolation: Interpolation, fit: ImageFit, mode: ColorMode) throws {
        let file = try NPZ.read(fixture("folder.npz"))
        try withImages { top in
            let folder = try ClassFolder(images: top)
            let paths = folder.paths.map { String($0.dropFirst(top.count + 1)) }
            let text = String(decoding: file["paths"]!.scalars(as: UInt8.self), as: UTF8.self)
            #expect(paths == text.split(separator: "\n").map(String.init))
            #expect(folder.classNames == ["a", "b"])
            let samples = try folder.images(
                size: (8, 14), colorMode: mode, labels: .categorical, interpolation: interpolation, fit: fit
            ).array()
            let labels = try Tensor.batch(samples.map(\.1))
            #expect(same(labels, file["labels"]!))
            let images = try Tensor.batch(zip(samples, paths).filter { $1.hasSuffix(".png") }.map(\.0.0))
            let expected = file[name]!
            #expect(images.spec == expected.spec)
            // Where a palette of 4 bits has no alpha, TensorFlow fills in 15, the most of 4 bits, and not 255.
            let count = mode == .rgba ? 3 : 4
            #expect((images - expected)[0..<count].abs().max().item() < 2e-3)
        }
    }

    @Test func labels() throws {
        try withImages { top in
            let folder = try ClassFolder(images: top, classNames: ["b", "a"])
            #expect(folder.classNames == ["b", "a"] && folder.labels == [0, 0, 0, 1, 1, 1])
            let binary = try folder.images(size: (2, 2), labels: .binary).array()
            #expect(binary.map { $0.1.shape } == [Shape]([[1], [1], [1], [1], [1], [1]]))
            #expect(try folder.images(size: (2, 2)).array()[3].1.dtype == .int32)
            let given = try ClassFolder(images: top, labels: .given([5, 7, 5, 7, 9, 9]))
            #expect(given.classNames == ["5", "7", "9"])
            let without = try ClassFolder(images: top, labels: .none)
            #expect(try without.unlabeledImages(size: (2, 3), colorMode: .grayscale).array()[0].shape == [2, 3, 1])
            expectError("without") { try without.images(size: (2, 2)) }
            expectError("two classes") { try given.images(size: (2, 2), labels: .binary) }
            expectError("\"c\"", "[\"a\", \"b\"]") { try ClassFolder(images: top, classNames: ["c"]) }
            expectError("6 files", "Received: 1") { try ClassFolder(images: top, labels: .given([1])) }
            expectError("there is none") { try ClassFolder(images: top + "/none") }
            expectError("it is a file") { try ClassFolder(images: top + "/a/rgb.png") }
            expectError(".png", "Found no folder and 1 file (444.jpg)") { try ClassFolder(images: top + "/a/deep") }
        }
    }

    @Test func parts() throws {
        try withImages { top in
            func paths(_ subset: DatasetSubset) throws -> [String] {
                try imageDatasetFromDirectory(top, seed: 3, validationSplit: 0.4, subset: subset).filePaths
            }
            let (training, validation) = (try paths(.training), try paths(.validation))
            #expect(training.count == 4 && validation.count == 2 && Set(training + validation).count == 6)
            #expect(try paths(.training) == training)
            expectError("seed") { try imageDatasetFromDirectory(top, validationSplit: 0.4, subset: .training) }
            expectError("together") { try imageDatasetFromDirectory(top, validationSplit: 0.4) }
            expectError("Received both") {
                try imageDatasetFromDirectory(top, cropToAspectRatio: true, padToAspectRatio: true)
            }
            expectError("between 0 and 1") { try ClassFolder(images: top).split(validation: 1) }
            let batches = try imageDatasetFromDirectory(top, batchSize: 4, imageSize: (5, 6), seed: 1)
            let read = try batches.batches.array()
            #expect(read.map(\.count) == [4, 2] && read[0].x.shape == [4, 5, 6, 3] && read[0].y.shape == [4])
            let unlabeled = try imageDatasetFromDirectory(top, labelMode: nil)
            #expect(try unlabeled.batches.array()[0].targets.isEmpty && unlabeled.images.array()[0].shape[0] == 6)
            expectError("take the property images") { try unlabeled.map { images, _ in images }.array() }
            // In loops and stages it is a dataset of pairs.
            let inOrder = try imageDatasetFromDirectory(top, batchSize: 4, imageSize: (5, 6), shuffle: false)
            var shapes: [Shape] = []
            for (images, labels) in inOrder.take(1) { shapes += [images.shape, labels.shape] }
            #expect(shapes == [[4, 5, 6, 3], [4]])
            let scaled = inOrder.map { images, labels in (images / 255, labels) }
            let (found, _) = try scaled.array()[1]
            let expected = try inOrder.batches.array()[1].x / 255
            #expect(found.scalars(as: Float.self) == expected.scalars(as: Float.self))
            let labels = try inOrder.map { _, labels in labels }.unbatch().array().map { $0.item(as: Int.self) }
            let (_, together) = try inOrder.unbatch().batch(6).array()[0]
            #expect(together.scalars(as: Int.self) == labels)
            #expect("\(inOrder)".hasPrefix("ImageDirectoryDataset(6 files, "))
        }
    }

    /// The same with any number of threads, shuffled and augmented.
    @Test func deterministic() throws {
        try withImages { top in
            func pixels(_ threads: Int) throws -> [[Float]] {
                try ClassFolder(images: top).images(size: (6, 6), order: { $0.shuffle(bufferSize: .all, seed: 2).repeat(3) })
                    .randomMap(seed: 1) { sample, random in
                        Bool.random(using: &random) ? sample.0.reversed(axes: [1]) : sample.0
                    }.batch(4).threads(threads).array().map { $0.scalars(as: Float.self) }
            }
            let expected = try pixels(0)
            for threads in [1, 3] { #expect(try pixels(threads) == expected) }
        }
    }

    /// 200 images of which 20 are no images: left out or replaced, counted and named; or the first is an error.
    @Test func corruptFiles() throws {
        try withFolder { top in
            let image = try FileIO.read(fixture("rgb.png"))
            for number in 0..<200 {
                let place = top + (number % 2 == 0 ? "/cats" : "/dogs")
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                let bytes = number % 10 == 3 ? Array(image.prefix(number)) : image
                try Data(bytes).write(to: URL(fileURLWithPath: "\(place)/\(number).png"))
            }
            let folder = try ClassFolder(images: top)
            #expect(folder.count == 200)
            expectError("dogs/103.png", "cannot be decoded") { try folder.images(size: (4, 4)).array() }
            for (unreadable, count) in [(UnreadableImages.skip(), 180), (.replace, 200), (.skip(limit: 20), 180)] {
                var iterator = try folder.images(size: (4, 4), unreadable: unreadable).makeIterator()
                var samples: [(Tensor, Tensor)] = []
                while let sample = try iterator.nextElement() { samples.append(sample) }
                #expect(samples.count == count && iterator.skipped == 20 && iterator.failures.count == 20)
                #expect(iterator.failures[0].contains("dogs/103.png"))
                // The labels of the dogs, of which 80 can be read.
                #expect(samples.map { $0.1.item(as: Int.self) }.reduce(0, +) == (count == 200 ? 100 : 80))
            }
            expectError("More than 19") { try folder.images(size: (4, 4), unreadable: .skip(limit: 19)).array() }
        }
    }

    @Test func sheets() throws {
        let images = (0..<5).map { Tensor.full([2, 3, $0 % 2 == 0 ? 3 : 1], 50 * $0, dtype: .float32) }
        let sheet = try contactSheet(images, columns: 2, gap: 1)
        #expect(sheet.shape == [8, 7, 3])
        let pixels = sheet.scalars(as: Int.self)
        #expect(pixels[0] == 0 && pixels[3 * 4] == 50 && pixels[3 * 3] == 255 && pixels[3 * 7 * 6] == 200)
        #expect(pixels[3 * (7 * 7 + 6)] == 255)
        expectError("one size") { try contactSheet([images[0], Tensor.zeros([3, 3, 3])]) }
        expectError("at least one") { try contactSheet([]) }
    }
}
