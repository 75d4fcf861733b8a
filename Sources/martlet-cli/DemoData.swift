import Foundation
import Martlet
import MartletData

/// Images and labels for the demo's models.
struct DemoData {
    static let classCount = 10

    /// The name or folder that the user gave.
    let source: String
    /// The name of the data in printed text.
    let title: String
    /// `float32` images of shape `(n, height, width, channels)` in 0...1, and their labels.
    let train, test: TensorDataset
    let classNames: [String]

    /// Height, width and channels of an image.
    var imageShape: [Int] { Array(train.inputs[0].shape.dimensions.dropFirst()) }
    /// `28x28x1`
    var size: String { imageShape.map(String.init).joined(separator: "x") }

    /// - Throws: `MartletError` when the data is missing or damaged.
    static func load(_ choice: String?, limit: Int?) throws -> DemoData {
        switch choice {
        case nil: return try DemoData(default: limit)
        case "digits": return try DemoData(Datasets.digits(), source: "digits", limit: limit)
        case "mnist": return try DemoData(Datasets.mnist(), source: "mnist", limit: limit)
        case "fashion-mnist": return try DemoData(Datasets.fashionMNIST(), source: "fashion-mnist", limit: limit)
        case let folder?:
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw MartletError(
                    "Expected digits, fashion-mnist, mnist or a folder. There is no folder \"\(folder)\".", at: "--data")
            }
            return try DemoData(Datasets.fromFolder(folder), source: folder, limit: limit)
        }
    }

    /// Fashion-MNIST if it is here or can be downloaded, otherwise the digits. Damaged files are an error.
    private init(default limit: Int?) throws {
        if Datasets.location(of: "fashion-mnist") == nil {
            do {
                try self.init(Datasets.fashionMNIST(), source: "fashion-mnist", limit: limit)
            } catch {
                Settings.logger.notice("Fashion-MNIST is not available; using the digits. \(error)")
                try self.init(Datasets.digits(), source: "digits", limit: limit)
            }
        } else {
            try self.init(Datasets.fashionMNIST(), source: "fashion-mnist", limit: limit)
        }
    }

    private init(_ images: ImageDataset, source: String, limit: Int?) throws {
        self.source = source
        title = ["digits": "Digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"][source] ?? images.name
        classNames = (0..<Self.classCount).map { $0 < images.classNames.count ? images.classNames[$0] : String($0) }
        train = try Self.prepare(images.train, images, limit, "\(source), training labels")
        test = try Self.prepare(images.test, images, limit, "\(source), test labels")
    }

    private static func prepare(
        _ part: ImageDataset.Part, _ images: ImageDataset, _ limit: Int?, _ place: String
    ) throws -> TensorDataset {
        let labels: [Int] = part.y.scalars()
        if let bad = labels.firstIndex(where: { $0 >= classCount }) {
            throw MartletError(
                "Expected labels 0...\(classCount - 1), the model's classes. Received: \(labels[bad]), of image \(bad).",
                at: place)
        }
        let kept = min(limit ?? .max, labels.count)
        var x = part.x[0..<kept].cast(to: .float32) / Double(images.maximumPixel)
        if x.rank == 3 { x = x.expandingDims(at: -1) }
        return try TensorDataset(inputs: [x], targets: [part.y[0..<kept]])
    }
}
