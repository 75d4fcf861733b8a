import Foundation
import MartletCore
import MartletFormats

/// Datasets for experiments and tests.
public enum Datasets {
    /// MNIST: 70,000 handwritten digits, 28x28 pixels, 10,000 of them for the test (Y. LeCun, C. Cortes, C. Burges).
    ///
    /// If `folder` is given, it must hold the four files. Otherwise these places are searched in order: the folder that
    /// the environment variable `MARTLET_DATA` names, or its subfolder `mnist`; the cache, `$XDG_CACHE_HOME/martlet/mnist`
    /// (`~/.cache/martlet/mnist`). Last, the files are downloaded into the cache and their checksums are verified.
    /// - Throws: `MartletError` when the data cannot be found or downloaded, or is damaged.
    public static func mnist(folder: String? = nil) throws -> ImageDataset { try load(.mnist, folder: folder) }

    /// Fashion-MNIST: 70,000 pictures of clothes, 28x28 pixels, 10,000 of them for the test (H. Xiao, K. Rasul,
    /// R. Vollgraf, 2017).
    ///
    /// Searched as in `mnist(folder:)`, in subfolders called `fashion-mnist`. Before the cache,
    /// `/usr/share/datasets/fashion-mnist` is searched, where Debian's package `dataset-fashion-mnist` installs it.
    /// - Throws: `MartletError` when the data cannot be found or downloaded, or is damaged.
    public static func fashionMNIST(folder: String? = nil) throws -> ImageDataset {
        try load(.fashionMNIST, folder: folder)
    }

    /// A dataset from a folder that holds four IDX files under MNIST's names, plain or with `.gz`:
    /// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`.
    ///
    /// The images may be of any size, with or without channels; the labels are classes from 0 on, at most 256.
    /// - Throws: `MartletError` with the file that is missing or malformed, or does not fit the others.
    public static func fromFolder(_ folder: String) throws -> ImageDataset {
        let name = URL(fileURLWithPath: folder).lastPathComponent
        return try IDXFolder(folder).read(name: name, classNames: nil)
    }

    /// 1,797 handwritten digits of 13 writers, 8x8 pixels of 0...16, embedded in the package, so no file is needed.
    ///
    /// Every fifth sample is for the test (359; samples 4, 9, 14, ... of the source), the others for training (1,438),
    /// so that every writer is in both. Source: E. Alpaydin, C. Kaynak (1998), *Optical Recognition of Handwritten
    /// Digits*, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49.
    public static func digits() -> ImageDataset {
        let samples = DigitsData.samples
        func part(_ isIncluded: (Int) -> Bool) -> ImageDataset.Part {
            var pixels: [UInt8] = []
            var labels: [UInt8] = []
            for i in 0..<DigitsData.count where isIncluded(i) {
                let start = i * DigitsData.bytesPerSample
                pixels += samples[start..<start + 64]
                labels.append(samples[start + 64])
            }
            return (Tensor(pixels, shape: [labels.count, 8, 8]), Tensor(labels, shape: [labels.count]))
        }
        return ImageDataset(
            name: "digits", train: part { $0 % 5 != 4 }, test: part { $0 % 5 == 4 },
            classNames: (0...9).map(String.init), maximumPixel: 16)
    }

    /// The folder on this machine that holds the dataset `name`; nil when it is not here and would be downloaded.
    package static func location(of name: String) -> String? {
        [DatasetSource.mnist, .fashionMNIST].first { $0.name == name }?.folderOnThisMachine()
    }

    private static func load(_ source: DatasetSource, folder: String?) throws -> ImageDataset {
        let place = try folder ?? source.folderOnThisMachine() ?? source.download()
        return try IDXFolder(place).read(name: source.name, classNames: source.classNames)
    }
}

extension DigitsData {
    /// The samples, unpacked.
    package static let samples: [UInt8] = {
        do {
            guard let packed = Data(base64Encoded: base64) else { throw MartletError("No base64.", at: "digits") }
            return try Compression.inflate(Array(packed), size: count * bytesPerSample, name: "digits")
        } catch {
            stop("Datasets.digits", "The embedded data is damaged: \(error)")
        }
    }()
}
