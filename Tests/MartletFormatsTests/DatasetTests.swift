import Foundation
import MartletCore
import MartletFormats
import TestSupport
import Testing

import MartletData

@Suite(.ownSession) struct DatasetTests {
    func histogram(_ labels: Tensor) -> [Int] {
        labels.withUnsafeBytes { bytes in bytes.reduce(into: [Int](repeating: 0, count: 10)) { $0[Int($1)] += 1 } }
    }

    @Test func digits() {
        let data = Datasets.digits()
        // The digest of the UCI repository's file, values as bytes.
        #expect(
            SHA256.hexDigest(of: DigitsData.samples)
                == "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2")
        #expect(
            data.train.x.spec == TensorSpec([1438, 8, 8], .uint8)
                && data.test.x.spec == TensorSpec([359, 8, 8], .uint8))
        #expect(data.train.y.spec == TensorSpec([1438], .uint8) && data.test.y.spec == TensorSpec([359], .uint8))
        let (train, test) = (histogram(data.train.y), histogram(data.test.y))
        #expect(zip(train, test).map(+) == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        #expect(test == [27, 21, 34, 52, 34, 28, 31, 43, 47, 42])
        #expect(data.train.x.withUnsafeBytes { Int($0.max()!) } == data.maximumPixel)
    }

    /// A nearest neighbour that finds the right class shows that images and labels belong together.
    @Test func nearestNeighbourOfDigits() {
        let data = Datasets.digits()
        let (x, y) = (data.train.x.scalars(as: UInt8.self), data.train.y.scalars(as: UInt8.self))
        let (tests, labels) = (data.test.x.scalars(as: UInt8.self), data.test.y.scalars(as: UInt8.self))
        var correct = 0
        for i in labels.indices {
            let distances = y.indices.map { j in
                (0..<64).reduce(0) { sum, k in
                    let difference = Int(tests[i * 64 + k]) - Int(x[j * 64 + k])
                    return sum + difference * difference
                }
            }
            let nearest = distances.indices.min { distances[$0] < distances[$1] }!
            correct += y[nearest] == labels[i] ? 1 : 0
        }
        #expect(correct == 356)
    }

    static let systemFolder = DatasetSource.fashionMNIST.systemFolders[0]

    @Test(.enabled(if: IDXFolder(systemFolder).isComplete, "The package dataset-fashion-mnist is not installed."))
    func fashionMNIST() throws {
        let data = try Datasets.fashionMNIST(folder: DatasetTests.systemFolder)
        #expect(data.train.x.spec == TensorSpec([60000, 28, 28], .uint8))
        #expect(data.test.x.spec == TensorSpec([10000, 28, 28], .uint8))
        #expect(histogram(data.train.y) == [Int](repeating: 6000, count: 10))
        #expect(histogram(data.test.y) == [Int](repeating: 1000, count: 10))
        #expect(data.train.y.scalars(as: UInt8.self).prefix(8) == [9, 0, 0, 3, 0, 2, 7, 2])
        for (name, content) in zip(IDXFolder.names, DatasetSource.fashionMNIST.contents) {
            let stream = try FileStream.openDecompressing("\(DatasetTests.systemFolder)/\(name).gz")
            #expect(try SHA256.hexDigest(of: stream) == content.sha256)
        }
    }

    /// Writes three training and two test images, with one of the files replaced.
    func write(_ folder: String, replacing index: Int? = nil, with other: Tensor? = nil) throws {
        let files = [
            Tensor([UInt8](repeating: 1, count: 12), shape: [3, 2, 2]), Tensor([UInt8(0), 1, 2], shape: [3]),
            Tensor([UInt8](repeating: 1, count: 8), shape: [2, 2, 2]), Tensor([UInt8(2), 0], shape: [2]),
        ]
        for (i, name) in IDXFolder.names.enumerated() {
            let suffix = i % 2 == 0 ? ".gz" : ""
            try IDX.write(i == index ? other! : files[i], to: "\(folder)/\(name)\(suffix)")
        }
    }

    @Test func folders() throws {
        try withFolder { folder in
            try write(folder)
            let data = try Datasets.fromFolder(folder)
            #expect(data.train.x.shape == [3, 2, 2] && data.classNames == ["0", "1", "2"])
            func refuse(_ index: Int, _ tensor: Tensor, _ parts: String...) throws {
                try write(folder, replacing: index, with: tensor)
                for part in parts + [IDXFolder.names[index]] { expectError(part) { try Datasets.fromFolder(folder) } }
            }
            try refuse(0, Tensor([UInt8(1)], shape: [1]), "Expected images")
            try refuse(0, Tensor([Int32](repeating: 1, count: 12), shape: [3, 2, 2]), "Expected images", "int32")
            try refuse(2, Tensor([Float](repeating: 1, count: 8), shape: [2, 2, 2]), "Expected pixels of uint8")
            try refuse(1, Tensor([UInt8(1), 2], shape: [2]), "Expected 3 labels", "Received 2")
            try refuse(1, Tensor([UInt8(1), 2, 0], shape: [3, 1]), "of shape (n,)")
            try refuse(2, Tensor([UInt8](repeating: 1, count: 6), shape: [2, 3, 1]), "images of shape (2, 2)")
            try refuse(3, Tensor([UInt8(3), 0], shape: [2]), "Expected labels 0...2", "Received 3")
            try write(folder)
            expectError("/nonexistent", "train-images-idx3-ubyte") { try Datasets.mnist(folder: "/nonexistent") }
        }
    }

    @Test func lookup() throws {
        try withFolder { folder in
            let source = DatasetSource.mnist
            #expect(source.folderOnThisMachine(["XDG_CACHE_HOME": folder]) == nil)
            for place in ["cache/martlet/mnist", "given", "given/mnist"] {
                try FileIO.makeFolder("\(folder)/\(place)")
                try write("\(folder)/\(place)")
                let environment = ["XDG_CACHE_HOME": "\(folder)/cache", "MARTLET_DATA": "\(folder)/given"]
                #expect(source.folderOnThisMachine(environment) == "\(folder)/\(place)")
            }
        }
    }

    @Test func offline() throws {
        try withFolder { folder in
            var source = DatasetSource.mnist
            source.addresses = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
            expectError("mnist is not on this machine", "127.0.0.1:9/a/train-images", "127.0.0.1:9/b", "MARTLET_DATA") {
                try source.download(["XDG_CACHE_HOME": folder])
            }
        }
    }

    /// Every loop over the batches sees each sample once; shuffled, in a new order that follows from the seed.
    @Test(arguments: [(1, false, 7), (3, false, 3), (3, true, 2), (7, false, 1), (8, false, 1), (8, true, 0)])
    func loopsOverBatches(size: Int, dropsRemainder: Bool, count: Int) throws {
        let numbers = Tensor((0..<7).map(Int64.init), shape: [7])
        let data = try TensorDataset(numbers, numbers * 2, sampleWeight: numbers * 3)
        func samples(_ batches: Batches) -> [Int64] {
            batches.flatMap { batch in
                #expect(batch.y.scalars() == (batch.x * 2).scalars(as: Int64.self))
                #expect(batch.sampleWeights[0].scalars() == (batch.x * 3).scalars(as: Int64.self))
                return batch.x.scalars(as: Int64.self)
            }
        }
        let seen = dropsRemainder ? 7 / size * size : 7
        let inOrder = data.batches(of: size, dropsRemainder: dropsRemainder)
        #expect(inOrder.count == count && Array(inOrder).count == count)
        #expect(samples(inOrder) == (0..<Int64(seen)).map { $0 })
        func shuffled(_ seed: Int) -> [[Int64]] {
            let batches = data.batches(
                of: size, shuffled: true, dropsRemainder: dropsRemainder, using: RandomGenerator(seed: seed))
            return (0..<3).map { _ in samples(batches) }
        }
        let orders = shuffled(5)
        #expect(orders == shuffled(5))
        #expect(orders.allSatisfy { Set($0).count == seen })
        if seen == 7 { #expect(Set(orders).count == 3 && orders.allSatisfy { $0.sorted() == samples(inOrder) }) }
    }

    @Test func batches() throws {
        let x = Tensor((0..<10).map { Float($0) }, shape: [5, 2])
        let y = Tensor([UInt8(0), 1, 2, 3, 4], shape: [5])
        let data = try TensorDataset(inputs: [x], targets: [y], sampleWeights: [y])
        #expect(data.batchCount(size: 2) == 3)
        #expect((0..<3).map { data.batch($0, size: 2).inputs[0].shape } == [[2, 2], [2, 2], [1, 2]])
        let order = Tensor([4, 0, 1, 3, 2], shape: [5])
        let shuffled = (0..<2).map { data.batch($0, size: 3, order: order) }
        #expect(shuffled.map { $0.targets[0].scalars(as: UInt8.self) } == [[4, 0, 1], [3, 2]])
        #expect(shuffled[0].inputs[0].scalars(as: Float.self) == [8, 9, 0, 1, 2, 3])
        #expect(data[1..<3].sampleWeights[0].scalars(as: UInt8.self) == [1, 2])
        expectError("y", "Expected as many samples") {
            try TensorDataset(inputs: [x], targets: [Tensor([UInt8(1)], shape: [1])])
        }
        expectError("at least one input") { try TensorDataset(inputs: []) }
        #expect(try TensorDataset(inputs: [Tensor([Float](), shape: [0, 3])]).batchCount(size: 4) == 0)
    }
}
