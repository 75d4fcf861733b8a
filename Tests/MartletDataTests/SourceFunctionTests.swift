import Foundation
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// What makes data sets and tensors of arrays, folders and tables. Numbers are those of Keras 3.15 on TensorFlow.
@Suite(.ownSession) struct SourceFunctionTests {
    func lists(_ x: Tensor) -> [Double] { x.scalars(as: Double.self) }

    // MARK: - Windows of series

    @Test func windowsWithTargets() throws {
        let (x, y) = (Tensor.range(0..<12), Tensor.range(0..<12) * 10)
        let windows = try timeseriesDatasetFromArray(x[..<(-3)], targets: y[3...], sequenceLength: 3, batchSize: 4)
        let batches = try windows.array()
        #expect(windows.count == 2 && batches.map { $0.0.shape } == [[4, 3], [3, 3]])
        #expect(lists(batches[0].0) == [0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5] && lists(batches[0].1) == [30, 40, 50, 60])
        #expect(lists(batches[1].0) == [4, 5, 6, 5, 6, 7, 6, 7, 8] && lists(batches[1].1) == [70, 80, 90])
        // The targets say how many windows there are where they are fewer.
        let few = try timeseriesDatasetFromArray(x, targets: y[..<5], sequenceLength: 3, batchSize: 8).array()
        #expect(few.count == 1 && few[0].0.shape == [5, 3] && lists(few[0].1) == [0, 10, 20, 30, 40])
        let part = try timeseriesDatasetFromArray(
            x, targets: y, sequenceLength: 3, sequenceStride: 2, batchSize: 8, startIndex: 2, endIndex: 9
        ).array()
        #expect(lists(part[0].0) == [2, 3, 4, 4, 5, 6, 6, 7, 8] && lists(part[0].1) == [20, 40, 60])
        let rows = try timeseriesDatasetFromArray(
            Tensor.range(0..<10).reshaped(5, 2), targets: .range(0..<4), sequenceLength: 2, batchSize: 3
        ).array()
        #expect(rows.map { $0.0.shape } == [[3, 2, 2], [1, 2, 2]] && lists(rows[1].0) == [6, 7, 8, 9] && lists(rows[1].1) == [3])
    }

    @Test func windowsWithoutTargets() throws {
        let x = Tensor.range(0..<12)
        let windows = try timeseriesDatasetFromArray(x, sequenceLength: 4, sequenceStride: 3, samplingRate: 2, batchSize: 8).array()
        #expect(windows.count == 1 && lists(windows[0]) == [0, 2, 4, 6, 3, 5, 7, 9])
        // A shuffle has the same windows in another order, each time anew.
        let mixed = try timeseriesDatasetFromArray(x, sequenceLength: 1, batchSize: 12, shuffle: true, seed: 3)
        let orders = try mixed.repeat(2).array().map(lists)
        #expect(orders[0] != orders[1] && orders[0] != lists(x))
        #expect(orders.allSatisfy { $0.sorted() == lists(x) })
    }

    static let wrong: [(length: Int, stride: Int, rate: Int, size: Int, start: Int, end: Int?, at: String)] = [
        (0, 1, 1, 1, 0, nil, "sequenceLength"), (13, 1, 1, 1, 0, nil, "sequenceLength"), (.max, 1, .max, 1, 0, nil, "sequenceLength"),
        (2, 0, 1, 1, 0, nil, "sequenceStride"), (2, 1, 0, 1, 0, nil, "samplingRate"), (2, 1, 1, 0, 0, nil, "batchSize"),
        (2, 1, 1, 1, -1, nil, "startIndex"), (2, 1, 1, 1, 12, nil, "startIndex"), (2, 1, 1, 1, 3, 3, "endIndex"),
        (2, 1, 1, 1, 3, 13, "endIndex"), (3, 1, 1, 1, 3, 5, "sequenceLength"),
    ]

    @Test(arguments: wrong)
    func windowsThatDoNotFit(_ w: (length: Int, stride: Int, rate: Int, size: Int, start: Int, end: Int?, at: String)) {
        let error = #expect(throws: MartletError.self) {
            _ = try timeseriesDatasetFromArray(
                .range(0..<12), sequenceLength: w.length, sequenceStride: w.stride, samplingRate: w.rate, batchSize: w.size,
                startIndex: w.start, endIndex: w.end)
        }
        #expect(error?.location == w.at)
    }

    // MARK: - Sequences of different lengths

    @Test func paddedSequences() {
        let lists = [[1], [2, 3], [4, 5, 6, 7]]
        #expect(self.lists(padSequences(lists)) == [0, 0, 0, 1, 0, 0, 2, 3, 4, 5, 6, 7])
        #expect(self.lists(padSequences(lists, maxLength: 3)) == [0, 0, 1, 0, 2, 3, 5, 6, 7])
        let after = padSequences(lists, maxLength: 3, padding: .post, truncating: "post", value: -1)
        #expect(self.lists(after) == [1, -1, -1, 2, 3, -1, 4, 5, 6] && after.dtype == .int32)
        #expect(self.lists(padSequences(lists, maxLength: 3, truncating: .post)) == [0, 0, 1, 0, 2, 3, 4, 5, 6])
        let numbers = padSequences([[1.5], []], dtype: .float32, padding: .post)
        #expect(numbers.dtype == .float32 && self.lists(numbers) == [1.5, 0])
        #expect(padSequences([[Int]]()).shape == [0, 0] && padSequences([[1]], maxLength: 0).shape == [1, 0])
    }

    // MARK: - Slices

    @Test func slicesOfPairsAndLists() throws {
        let (a, b, y) = (Tensor.range(0..<4), Tensor.range(4..<8), Tensor.range(8..<12))
        let pairs = try Dataset.fromTensorSlices((a, y)).batch(3).array()
        #expect(pairs.map { lists($0.0) } == [[0, 1, 2], [3]] && pairs.map { lists($0.1) } == [[8, 9, 10], [11]])
        let several = Dataset.fromTensorSlices(([a, b], y)).batch(3)
        let next = try several.readBatches()
        let first = try #require(try next())
        #expect(first.inputs.map(lists) == [[0, 1, 2], [4, 5, 6]] && first.targets.map(lists) == [[8, 9, 10]])
    }

    // MARK: - Texts of a folder

    func withTexts<R>(_ body: (String) throws -> R) throws -> R {
        try withFolder { folder in
            for (name, texts) in [("neg", ["bad", "no", "dull"]), ("pos", ["good", "fine ä"])] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                for (number, text) in texts.enumerated() {
                    try text.write(toFile: "\(folder)/\(name)/\(number).txt", atomically: true, encoding: .utf8)
                }
            }
            try "other".write(toFile: "\(folder)/pos/notes.md", atomically: true, encoding: .utf8)
            return try body(folder)
        }
    }

    @Test func textsOfAFolder() throws {
        try withTexts { folder in
            let data = try textDatasetFromDirectory(folder, batchSize: 4, shuffle: false)
            #expect(data.classNames == ["neg", "pos"] && data.filePaths.count == 5 && data.count == 2)
            #expect("\(data)" == "TextDirectoryDataset(5 files, 2 classes: neg, pos)")
            var (texts, labels): ([String], [Int]) = ([], [])
            for (x, y) in data {
                texts += x.strings()
                labels += y.scalars(as: Int.self)
            }
            #expect(texts == ["bad", "no", "dull", "good", "fine ä"] && labels == [0, 0, 0, 1, 1])
            let cut = try textDatasetFromDirectory(folder, labelMode: nil, maxLength: 6, shuffle: false)
            #expect(try cut.texts.array()[0].strings().last == "fine ä" && cut.classNames.isEmpty)
            let short = try textDatasetFromDirectory(folder, maxLength: 2, shuffle: false)
            #expect(try short.texts.array()[0].strings() == ["ba", "no", "du", "go", "fi"])
            #expect(throws: MartletError.self) { _ = try cut.dataset.array() }
            // Both parts of a split together are all files.
            let parts = try [DatasetSubset.training, .validation].map {
                try textDatasetFromDirectory(folder, seed: 5, validationSplit: 0.4, subset: $0)
            }
            #expect(parts.map(\.filePaths.count) == [3, 2] && Set(parts.flatMap(\.filePaths)) == Set(data.filePaths))
        }
    }

    @Test func foldersThatDoNotFit() throws {
        try withTexts { folder in
            #expect(throws: MartletError.self) { _ = try textDatasetFromDirectory(folder, batchSize: 0) }
            #expect(throws: MartletError.self) { _ = try textDatasetFromDirectory(folder, maxLength: 0) }
            #expect(throws: MartletError.self) { _ = try textDatasetFromDirectory(folder, subset: .training) }
            #expect(throws: MartletError.self) {
                _ = try textDatasetFromDirectory(folder, validationSplit: 0.4, subset: .training)
            }
            try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: "\(folder)/pos/9.txt"))
            let error = #expect(throws: MartletError.self) { _ = try textDatasetFromDirectory(folder).dataset.array() }
            #expect("\(error!)".contains("9.txt") && "\(error!)".contains("UTF-8"))
        }
    }

    // MARK: - Columns of tables

    @Test func columns() throws {
        try withFolder { folder in
            let path = "\(folder)/a.csv"
            try "age,fare,name,class\n31,7.5,Ann,1\n,8,Bob,2\n40,,Cid,3\n".write(toFile: path, atomically: true, encoding: .utf8)
            let csv = try CSV(path)
            #expect(try csv.tensor("class").spec == TensorSpec([3], .int64))
            #expect(lists(try csv.tensor("class")) == [1, 2, 3])
            #expect(try csv.tensor("name").strings() == ["Ann", "Bob", "Cid"])
            let fare = try csv.tensor("fare")
            #expect(fare.dtype == .float32 && lists(fare)[0..<2] == [7.5, 8] && lists(fare)[2].isNaN)
            // Whole numbers of which some are missing are numbers with NaN; complete rows have whole numbers.
            #expect(try csv.tensor("age").dtype == .float32)
            #expect(try csv.tensor("age", missing: .skip).spec == TensorSpec([2], .int64))
            #expect(lists(try csv.tensor("age", missing: .fill(5))) == [31, 5, 40])
            let both = try csv.tensor(["fare", "age"], missing: .skip)
            #expect(both.spec == TensorSpec([1, 2], .float32) && lists(both) == [7.5, 31])
            let all = try csv.tensors(missing: .skip)
            #expect(all.keys.sorted() == ["age", "class", "fare", "name"] && all["name"]!.strings() == ["Ann"])
            for wrong in [["agee"], ["age", "name"], []] {
                #expect(throws: MartletError.self) { _ = try csv.tensor(wrong) }
            }
            #expect(throws: MartletError.self) { _ = try csv.tensor("agee") }
        }
    }
}
