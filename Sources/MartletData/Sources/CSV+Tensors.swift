import MartletCore

extension CSV {
    /// A column as a tensor of shape `(rows,)`: `int64` for whole numbers and truth values, `float32` for numbers, and where whole numbers are
    /// missing, strings for text. The whole file is read.
    ///
    /// ```swift
    /// let power = try csv.tensor("horsepower", missing: .skip)
    /// ```
    /// - Parameters:
    ///   - column: its name.
    ///   - missing: what happens with rows that lack the value.
    /// - Throws: `MartletError` when there is no such column, a row cannot be read, or a text is missing and is kept.
    public func tensor(_ column: String, missing: MissingValues = .keep) throws -> Tensor {
        try tensors([column], missing: missing)[column]!
    }

    /// Columns of numbers as one tensor of shape `(rows, columns.count)` and dtype `float32`. The whole file is read.
    /// - Parameters:
    ///   - columns: their names.
    ///   - missing: what happens with rows that lack a value in one of them.
    /// - Throws: `MartletError` when there is no such column, it holds text, or a row cannot be read.
    public func tensor(_ columns: [String], missing: MissingValues = .keep) throws -> Tensor {
        let parts = try tensors(columns, missing: missing)
        for name in columns where parts[name]!.dtype == .string {
            throw MartletError(
                "Expected columns of numbers. \"\(name)\" holds text: take it by itself, and make numbers of it with "
                    + "StringLookup.", at: path)
        }
        guard !columns.isEmpty else { throw MartletError("Expected at least one column. Received: none.", at: "columns") }
        return Tensor.stack(columns.map { parts[$0]!.cast(to: .float32) }, axis: 1)
    }

    /// Columns by their names, each as a tensor of shape `(rows,)`, such as a `FeatureSpace` takes. The whole file is read.
    /// - Parameters:
    ///   - columns: their names; nil takes all.
    ///   - missing: what happens with rows that lack a value in one of them.
    /// - Throws: `MartletError` when there is no such column, a row cannot be read, or a text is missing and is kept.
    public func tensors(_ columns: [String]? = nil, missing: MissingValues = .keep) throws -> [String: Tensor] {
        let names = columns ?? self.columns.map(\.name)
        var values = [[Value]](repeating: [], count: names.count)
        var places: [Int] = []
        try rows(missing: missing, in: names).forEach { row in
            if places.isEmpty { places = names.compactMap(place(of:)) }
            for (column, place) in places.enumerated() { try values[column].append(row.values[place], askingAt: path) }
        }
        var result: [String: Tensor] = [:]
        for (name, column) in zip(names, values) {
            // A list of numbers or texts, and the tensor.
            try Settings.requireMemory(24 * column.count, at: path)
            result[name] = try tensor(of: column, kind(of: name) ?? .text, name)
        }
        return result
    }

    @available(*, unavailable, message: "write try csv.tensor(\"age\"), or try csv.tensor([\"age\", \"fare\"])")
    public subscript(_ column: String) -> Tensor { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor(\"age\"), or try csv.tensor([\"age\", \"fare\"])")
    public subscript(_ columns: [String]) -> Tensor { fatalError() }

    private func tensor(of values: [Value], _ kind: Kind, _ name: String) throws -> Tensor {
        if kind == .text {
            let texts = try values.enumerated().map { place, value -> String in
                guard case .text(let text) = value else {
                    throw MartletError(
                        "Expected a text. Received none. Leave such rows out with missing: .skip.",
                        at: "\(path), column \"\(name)\", row \(place + 1)")
                }
                return text
            }
            return Tensor(strings: texts)
        }
        if kind == .integer || kind == .boolean {
            let numbers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
            if numbers.count == values.count { return Tensor(numbers, shape: [numbers.count]) }
        }
        return Tensor(values.map { Float($0.number ?? .nan) }, shape: [values.count])
    }
}
