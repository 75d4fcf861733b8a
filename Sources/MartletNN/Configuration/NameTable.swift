import MartletCore

/// Keras's names for the things of one kind, and what each stands for: a closure that makes one, most often.
package struct NameTable<Entry> {
    private let kind: String
    private let entries: [String: Entry]

    /// Makes a table of, for each thing, all names it goes by.
    /// - Parameter kind: what an error calls the things: `loss`.
    package init(of kind: String, _ entries: [(names: [String], entry: Entry)]) {
        self.kind = kind
        self.entries = Dictionary(uniqueKeysWithValues: entries.flatMap { line in line.names.map { ($0, line.entry) } })
    }

    /// All names, sorted.
    package var names: [String] { entries.keys.sorted() }

    /// What goes by `name`, nil when nothing does.
    package func find(_ name: String) -> Entry? { entries[name] }

    /// What goes by `name`.
    /// - Parameter others: names that would have been known too.
    /// - Throws: `MartletError` with the nearest names when nothing does.
    package func entry(_ name: String, others: [String] = []) throws -> Entry {
        if let entry = entries[name] { return entry }
        throw unknown(name, others: others)
    }

    /// The error of a name that nothing goes by.
    package func unknown(_ given: String, others: [String] = []) -> MartletError {
        let name = String(given.prefix(MartletError.quotedCount))
        // Of names that differ in case only, the one that begins as the given one does.
        func isLike(_ other: String) -> Bool { other.first?.isUppercase == name.first?.isUppercase }
        let known = Dictionary((entries.keys + others).sorted().map { ($0.lowercased(), $0) }) { isLike($1) ? $1 : $0 }
        // Names that share their words with the given one come before those that share most of their letters.
        let ranked = known
            .map { (
                rank: Self.sharesWords($0.value, name) ? 0 : 1,
                distance: Self.editDistance($0.key, name.lowercased()), name: $0.value
            ) }
            .sorted { $0 < $1 }.prefix(3)
        // Beside a name that shares its words, one that has few letters in common would only mislead.
        let close = ranked.filter { $0.rank == 0 || $0.distance <= max(2, name.count / 2) }
        let near = (close.isEmpty ? Array(ranked) : close).map { "\"\($0.name)\"" }.joined(separator: ", ")
        return MartletError("Expected the name of a known \(kind); the nearest are \(near). Received: \"\(given)\".")
    }

    /// Whether one name has all words of the other, in their order: `sparse_crossentropy` and
    /// `SparseCategoricalCrossentropy`, `f1` and `f1_score`.
    private static func sharesWords(_ a: String, _ b: String) -> Bool {
        func has(_ name: String, _ words: [String]) -> Bool {
            var rest = name.lowercased()[...]
            return words.allSatisfy { word in
                guard let place = rest.firstRange(of: word) else { return false }
                rest = rest[place.upperBound...]
                return true
            }
        }
        func words(_ name: String) -> [String] {
            LayerNames.snakeCase(name).split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }
        }
        let (first, second) = (words(a), words(b))
        return !first.isEmpty && !second.isEmpty && (has(a, second) || has(b, first))
    }

    /// The number of letters to insert, delete or replace to get from one name to the other.
    private static func editDistance(_ a: String, _ b: String) -> Int {
        let target = Array(b)
        var row = Array(0...target.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in target.enumerated() {
                let best = min(row[j] + 1, row[j + 1] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = best
            }
        }
        return row[target.count]
    }
}

extension NameTable: Sendable where Entry: Sendable {}
