import MartletCore

/// Keras's names for the things of one kind, and what makes them.
package struct NameTable<Made> {
    private let kind: String
    private let makers: [String: () -> Made]

    /// Makes a table of, for each thing, all names it goes by.
    /// - Parameter kind: what an error calls the things: `loss`.
    package init(of kind: String, _ entries: [(names: [String], make: () -> Made)]) {
        self.kind = kind
        makers = Dictionary(uniqueKeysWithValues: entries.flatMap { entry in entry.names.map { ($0, entry.make) } })
    }

    /// All names, sorted.
    package var names: [String] { makers.keys.sorted() }

    /// What goes by `name`.
    /// - Throws: `MartletError` with the nearest names when nothing does.
    package func make(_ name: String) throws -> Made {
        if let make = makers[name] { return make() }
        let near = makers.keys
            .map { (distance: Self.editDistance($0.lowercased(), name.lowercased()), name: $0) }
            .sorted { $0 < $1 }.prefix(3).map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw MartletError("Expected the name of a \(kind); the nearest are \(near). Received: \"\(name)\".")
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
