import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Damaged models: each loads, or throws a `MartletError`, without a crash. `MARTLET_FUZZ` sets the number of files.
@Suite(.ownSession) struct ModelFuzzTests {
    static let count = ProcessInfo.processInfo.environment["MARTLET_FUZZ"].flatMap { Int($0) } ?? 300

    func fuzz(_ seeds: [[UInt8]], _ read: ([UInt8]) throws -> Void) -> (read: Int, refused: Int) {
        var mutator = Mutator(seeds: seeds, seed: 7)
        var counts = (read: 0, refused: 0)
        for _ in 0..<Self.count {
            do {
                try read(mutator.next())
                counts.read += 1
            } catch {
                counts.refused += 1
                if !(error is MartletError) { Issue.record("Expected a MartletError: \(error)") }
            }
        }
        return counts
    }

    static func seeds(_ ending: String) throws -> [[UInt8]] {
        // With every part of what `compile` takes, where the optimizer is read too.
        let compiled = ending == "keras" ? ["adam", "momentum", "dictionary"] : []
        return try (["stack", "shared", "nested", "images"] + compiled).map { name in
            try FileIO.read(KerasFileTests.path("\(name).\(ending)"))
        }
    }

    @Test func archives() throws {
        let counts = fuzz(try Self.seeds("keras")) { _ = try Model.load(keras: $0, name: "fuzz.keras") }
        #expect(counts.refused > Self.count / 2)
    }

    @Test func legacyFiles() throws {
        let counts = fuzz(try Self.seeds("h5")) { _ = try Model.load(legacy: $0, "fuzz.h5", compile: true) }
        #expect(counts.refused > Self.count / 10 && counts.read > 0)
    }

    /// Files of weights alone, for a model that is there.
    @Test(arguments: ["weights.h5", "h5", "npz", "safetensors"]) func weights(ending: String) throws {
        try withFolder { folder in
            let model = try Model.load(from: KerasFileTests.path("images.keras"), compile: false)
            let path = "\(folder)/fuzz.\(ending)"
            try ending == "h5" ? model.save(to: path) : model.saveWeights(to: path)
            let counts = fuzz([try FileIO.read(path)]) { bytes in
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                try model.loadWeights(from: path)
            }
            #expect(counts.refused > Self.count / 10 && counts.read > 0)
        }
    }

    /// Damage within an archive whose checksums are right.
    @Test(arguments: ["config.json", "model.weights.h5"]) func entries(name: String) throws {
        let archives = try Self.seeds("keras").map { bytes in
            let archive = try ZipArchive(bytes, name: "seed")
            return try archive.names.map { (name: $0, bytes: try archive.read($0)) }
        }
        for archive in archives {
            let seed = archive.first { $0.name == name }!.bytes
            var mutator = Mutator(seeds: [seed], seed: 11)
            for _ in 0..<Self.count / archives.count {
                let damaged = mutator.next()
                let entries = archive.map { $0.name == name ? (name: name, bytes: damaged) : $0 }
                do {
                    _ = try Model.load(keras: ZipWriter.bytes(of: entries, name: "fuzz"), name: "fuzz.keras")
                } catch {
                    if !(error is MartletError) { Issue.record("Expected a MartletError: \(error)") }
                }
            }
        }
    }
}

/// Damages files: flips bits, cuts, splices, and edits numbers.
struct Mutator {
    private let seeds: [[UInt8]]
    private var state: UInt64

    init(seeds: [[UInt8]], seed: UInt64) {
        self.seeds = seeds
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    private mutating func random(_ bound: Int) -> Int {
        // Marsaglia's xorshift64.
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(max(1, bound)))
    }

    mutating func next() -> [UInt8] {
        var bytes = seeds[random(seeds.count)]
        for _ in 0...random(3) where !bytes.isEmpty {
            // Structure comes first in most files.
            let reach = random(2) == 0 ? min(bytes.count, 4096) : bytes.count
            let place = random(reach)
            switch random(8) {
            case 0: bytes.removeLast(random(bytes.count))
            case 1:
                let length = min(random(64), bytes.count - place)
                bytes.removeSubrange(place..<place + length)
            case 2:
                let other = seeds[random(seeds.count)]
                let from = random(other.count)
                bytes.insert(contentsOf: other[from..<min(from + random(256), other.count)], at: place)
            case 3, 4:
                let values: [UInt64] = [
                    0, 1, .max, 1 << 31, 1 << 32, 1 << 62, UInt64(bytes.count), UInt64(random(bytes.count)),
                ]
                let value = values[random(values.count)]
                let width = [1, 2, 4, 8][random(4)]
                for offset in 0..<width where place + offset < bytes.count {
                    bytes[place + offset] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(offset)))
                }
            case 5:
                // A digit of a text.
                if let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) {
                    bytes.insert(UInt8(48 + random(10)), at: digit)
                }
            default: bytes[place] ^= 1 << UInt8(random(8))
            }
        }
        return bytes
    }
}
