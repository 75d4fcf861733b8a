import Foundation
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// Tables in files.
@Suite(.ownSession) struct CSVTests {
    private func csv(_ text: String, _ folder: String) throws -> CSV {
        try FileIO.write(text, to: folder + "/a.csv")
        return try CSV(folder + "/a.csv")
    }

    @Test func typesAndQuotes() throws {
        try withFolder { folder in
            let file = try csv(
                "\u{FEFF}age,name,\"fare, paid\",survived\r\n22,\"Doe, \"\"J\"\"\",7.5,1\r\n"
                    + "\r\n,\"two\nlines\",NA,0\n35,,8,1", folder)
            #expect(file.columns.map(\.name) == ["age", "name", "fare, paid", "survived"])
            #expect(file.columns.map(\.kind) == [.integer, .text, .number, .integer])
            let rows = try file.rows.array()
            #expect(rows.map { $0["age"] } == [.integer(22), .missing, .integer(35)])
            #expect(rows.map { $0["name"] } == [.text("Doe, \"J\""), .text("two\nlines"), .missing])
            #expect(rows.map { $0["fare, paid"] } == [.number(7.5), .missing, .number(8)])
            #expect(rows[1]["fare, paid"].number!.isNaN)
            #expect(rows.map { $0["age"].isMissing } == [false, true, false])
            let samples = try file.samples(features: ["fare, paid", "age"], label: "survived").array()
            #expect(samples[0].0.scalars(as: Float.self) == [7.5, 22] && samples.map { $0.1.item(as: Int.self) } == [1, 0, 1])
            #expect(samples[0].1.dtype == .int64)
            expectError("\"name\" holds text") { try file.samples(label: "survived") }
            expectError("\"none\"") { try file.samples(features: ["none"], label: "age") }
        }
    }

    /// As pandas reads them. What Swift or C reads as numbers beyond that is text.
    @Test func numbersAndMarks() throws {
        try withFolder { folder in
            let marked = try csv("\u{FEFF}\"a, x\",b\n1, 2\n3,\t4.5 \n", folder)
            #expect(marked.columns.map(\.name) == ["a, x", "b"] && marked.columns.map(\.kind) == [.integer, .number])
            #expect(try marked.rows.array().map { $0["b"].number } == [2, 4.5])
            for text in ["0x10", "0x1p3", "nan(12)", "2\0garbage", "1 2", "True"] {
                #expect(try csv("a,b\n1,\(text)\n2,5\n", folder).columns.map(\.kind) == [.integer, .text], "\(text)")
            }
        }
    }

    /// As pandas reads them: columns of True and False alone, in three spellings, are truth values; they count as 1 and 0.
    @Test func truthValues() throws {
        try withFolder { folder in
            let text = "a,b,c,d,e,y\nTrue,true,yes,1,TRUE,False\nFALSE,false,no,0,,True\ntrue,TRUE,yes,1,False,True\n"
            let file = try csv(text, folder)
            #expect(file.columns.map(\.kind) == [.boolean, .boolean, .text, .integer, .boolean, .boolean])
            let rows = try file.rows.array()
            #expect(rows.map { $0["a"] } == [.integer(1), .integer(0), .integer(1)])
            #expect(rows.map { $0["e"] } == [.integer(1), .missing, .integer(0)])
            let samples = try file.samples(features: ["a", "b", "d"], label: "y").array()
            #expect(samples.map { $0.0.scalars(as: Float.self) } == [[1, 1, 1], [0, 0, 0], [1, 1, 1]])
            #expect(samples.map { $0.1.item(as: Int.self) } == [0, 1, 1])
            #expect(try file.tensor("a").scalars(as: Int.self) == [1, 0, 1] && file.tensor("a").dtype == .int64)
            // What else a column is, can be said.
            let given = try CSV(folder + "/a.csv", kinds: ["a": .text, "c": .boolean, "d": .boolean])
            #expect(given.columns.map(\.kind) == [.text, .boolean, .boolean, .boolean, .boolean, .boolean])
            let first = try given.rows.array()[0]
            #expect((first["a"], first["c"], first["d"]) == (.text("True"), .integer(1), .integer(1)))
            // Other words among them are text, also behind them; where the kind was found in fewer rows, they are errors.
            for word in ["maybe", "1", "T", " True"] {
                #expect(try csv("a\nTrue\n\(word)\n", folder).columns[0].kind == .text, "\(word)")
                #expect(try csv("a\n\(word)\nTrue\n", folder).columns[0].kind == .text, "\(word)")
                let guessed = try CSV(folder + "/a.csv", kinds: ["a": .boolean])
                if word == "maybe" {
                    expectError("a.csv:2, column \"a\"", "True or False", "\"maybe\"") { try guessed.rows.array() }
                } else {
                    #expect(try guessed.rows.array().map { $0["a"] } == [.integer(1), .integer(1)])
                }
            }
            try FileIO.write("a\nTrue\nyes\n", to: folder + "/a.csv")
            expectError("a.csv:3, column \"a\"", "as the first 1 rows have", ".text") {
                try CSV(folder + "/a.csv", rowsToLookAt: 1).rows.array()
            }
        }
    }

    /// A compressed table that is cut gives the rows before the cut, and then one error with its line, also where errors are left
    /// out. So does a file of lines.
    @Test func cutTables() throws {
        try withFolder { folder in
            var random = Xorshift(state: 3)
            let lines = (0..<20_000).map { "\($0),\(random.next() >> 1)" }
            let bytes = try Compression.gzip(Array(("a,b\n" + lines.joined(separator: "\n") + "\n").utf8))
            let path = folder + "/a.csv.gz"
            try FileIO.write(Array(bytes.prefix(bytes.count * 3 / 4)), to: path)
            expectError("a.csv.gz:", "gzip data is cut short") { try CSV(path, rowsToLookAt: 1).rows.array() }
            let rows = try CSV(path, rowsToLookAt: 1).rows.onError(.skip())
            let found = try rows.array().map { $0["a"] }
            #expect(found.count > 13_000 && found.count < 16_000, "\(found.count)")
            #expect(found == (0..<found.count).map { .integer(Int64($0)) })
            let texts = try Dataset.textLines(path).onError(.skip()).array()
            #expect(texts.count == found.count + 1 && texts.last == lines[found.count - 1])
            expectError("a.csv.gz:\(found.count + 2)", "cut short") { try Dataset.textLines(path).array() }
        }
    }

    @Test func missingValues() throws {
        try withFolder { folder in
            let file = try csv("a,b,name,y\n1,2.5,x,0\n,3.5,,1\n3,NA,z,0\n4,5,,1\n", folder)
            func samples(_ missing: CSV.MissingValues) throws -> [[Float]] {
                try file.samples(features: ["a", "b"], label: "y", missing: missing).array().map { x, y in
                    x.scalars(as: Float.self) + [y.item()]
                }
            }
            #expect(try samples(.skip) == [[1, 2.5, 0], [4, 5, 1]])
            #expect(try samples(.fill(-1)) == [[1, 2.5, 0], [-1, 3.5, 1], [3, -1, 0], [4, 5, 1]])
            #expect(try samples(.keep).map { $0.filter(\.isNaN).count } == [0, 1, 1, 0])
            expectError("a.csv:3, column \"a\"") { try samples(.fail) }
            expectError("a whole number to fill in") { try samples(.fill(0.5)) }
            // Only the columns that are named count; text is not filled in.
            #expect(try file.rows(missing: .skip, in: ["b"]).array().map { $0["y"] } == [.integer(0), .integer(1), .integer(1)])
            #expect(try file.rows(missing: .fill(0)).array().map { $0["name"] } == [.text("x"), .missing, .text("z"), .missing])
            expectError("Received: \"none\"") { try file.rows(missing: .skip, in: ["none"]) }
        }
    }

    @Test func compressed() throws {
        try withFolder { folder in
            try FileIO.write(try Compression.gzip(Array("1;2\n3;4\n".utf8)), to: folder + "/a.csv.gz")
            let file = try CSV(folder + "/a.csv.gz", delimiter: ";", hasHeader: false)
            #expect(try file.rows.array().map { $0["1"] } == [.integer(2), .integer(4)])
        }
    }

    @Test func badLines() throws {
        try withFolder { folder in
            let good = (0..<1200).map { "\($0),\($0)\n" }.joined()
            let file = try csv("a,b\n" + good + "x,1\n1\n5,6\n", folder)
            expectError("a.csv:1202, column \"a\"", "\"x\"", "whole number") { try file.rows.array() }
            #expect(try file.rows.onError(.skip()).array().count == 1201)
            expectError("a.csv:1203", "2 fields", "Received 1") {
                try file.rows.onError(.skip(limit: 1)).array()
            }
            expectError("a.csv:2, column 1", "closing quote") { try csv("a\n\"b\n", folder) }
            expectError("a.csv:2, column 1", "behind a closing quote") { try csv("a,c\n\"b\"x,1\n", folder) }
            expectError("twice") { try csv("a,a\n1,2\n", folder) }
            expectError("empty") { try csv("", folder) }
        }
    }

    /// What the first rows say, what all say, and what is given.
    @Test func kinds() throws {
        try withFolder { folder in
            let path = folder + "/a.csv"
            let rows = (0..<1500).map { "\($0),\($0 < 1200 ? "\($0)" : "\($0).5"),\($0 == 1400 ? "x" : "1"),,\($0 < 1100 ? "" : "3")" }
            try FileIO.write("a,b,c,blank,late\n" + rows.joined(separator: "\n") + "\n", to: path)
            let first = try CSV(path)
            #expect(first.columns.map(\.kind) == [.integer, .integer, .integer, .number, .integer])
            expectError("a.csv:1202, column \"b\"", "a whole number, as the first 1000 rows", "\"1200.5\"", "kinds: [\"b\": .number]",
                "rowsToLookAt: .max") { try first.rows.array() }
            let all = try CSV(path, rowsToLookAt: .max)
            #expect(all.columns.map(\.kind) == [.integer, .number, .text, .number, .integer])
            #expect(try all.rows.array().count == 1500)
            // As in pandas, a column without a value has numbers that are all missing.
            #expect(try all.tensor("blank").scalars(as: Float.self).allSatisfy(\.isNaN))
            let given = try CSV(path, kinds: ["b": .number, "c": .number, "blank": .text])
            #expect(given.columns.map(\.kind) == [.integer, .number, .number, .text, .integer])
            expectError("a.csv:1402, column \"c\"", "a number, the kind that was given", "kinds: [\"c\": .text]") {
                try given.rows.array()
            }
            expectError("\"none\"") { try CSV(path, kinds: ["none": .text]) }
        }
    }

    /// As Python's `csv` and pandas read them: line feeds, carriage returns, both, and all of them in one file.
    @Test(arguments: ["\n", "\r", "\r\n"], [1, 40_000]) func lineEnds(_ end: String, _ count: Int) throws {
        try withFolder { folder in
            let rows = (0..<count).map { "\($0),\"q\($0)\",z" }
            let file = try csv((["a,b,c"] + rows).joined(separator: end) + end, folder)
            let read = try file.rows.array()
            #expect(read.map { $0["a"] } == (0..<count).map { .integer(Int64($0)) })
            #expect(read.map(\.line) == Array(2..<count + 2) && read.map(\.number) == Array(0..<count))
            #expect(read.allSatisfy { $0["c"] == .text("z") })
            expectError("a.csv:\(count + 2)", "3 fields") {
                try csv((["a,b,c"] + rows + ["1,2"]).joined(separator: end), folder).rows.array()
            }
        }
    }

    @Test func mixedLineEnds() throws {
        try withFolder { folder in
            let file = try csv("a,b\r1,\"x\ry\"\n2,\"u\r\nv\"\r\n3,\"\n\r\n\"\r\r4,w", folder)
            let rows = try file.rows.array()
            #expect(rows.map { $0["b"] } == [.text("x\ry"), .text("u\r\nv"), .text("\n\r\n"), .text("w")])
            #expect(rows.map(\.line) == [2, 4, 6, 10])
        }
    }

    /// An error in a map of rows names the file and the line.
    @Test(arguments: [0, 2]) func errorsNameTheLine(threads: Int) throws {
        try withFolder { folder in
            let file = try csv("a\n1\n2\n\n3\n", folder)
            expectError("element 2", "\(folder)/a.csv:5") {
                try file.rows.map { if $0["a"] == .integer(3) { throw Refusal() } }.threads(threads).array()
            }
        }
    }

    /// What compares the name of each column with all others takes minutes here.
    @Test func manyColumns() throws {
        try withFolder { folder in
            let count = 100_000
            let names = (0..<count).map { "c\($0)" }
            let row = (0..<count).map { "\($0 % 7)" }.joined(separator: ",")
            let file = try csv(names.joined(separator: ",") + "\n" + row + "\n" + row + "\n", folder)
            let x = try file.tensor(names)
            #expect(x.shape == [2, count] && x.sum().item() == Float(2 * (0..<count).reduce(0) { $0 + $1 % 7 }))
            let samples = try file.samples(label: "c5", missing: .skip).array()
            #expect(samples.map { $0.0.shape } == [[count - 1], [count - 1]] && samples[0].1.item() == 5)
        }
    }

    @Test func fuzzed() throws {
        let original = Array("a,b\n1,\"x\"\"y\"\n2.5,z\r\n,\"u\nv\"\n".utf8)
        var random = RandomStream(key: 2)
        try withFolder { folder in
            for _ in 0..<500 {
                var bytes = original
                for _ in 0..<3 {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = [0x22, 0x2C, 0x0A, 0x0D, 0xFF, 0x31].randomElement(using: &random)!
                }
                // Without waiting for the disk.
                try Data(bytes).write(to: URL(fileURLWithPath: folder + "/a.csv"))
                do { _ = try CSV(folder + "/a.csv").rows.array() } catch { #expect(error is MartletError) }
            }
        }
    }
}
