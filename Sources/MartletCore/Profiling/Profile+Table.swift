import Foundation

extension Profile: CustomStringConvertible {
    /// The table by shapes, and that of the pipelines where some were read.
    public var description: String { [table(), pipelineTable()].filter { !$0.isEmpty }.joined(separator: "\n\n") }

    /// A table of the ops beside the machine's ceilings, and of the time outside of ops.
    ///
    /// Shares are of the whole profile. A rate above its ceiling is possible: data that lie in a cache are not read from
    /// memory, and Winograd's algorithm multiplies less than the formula says.
    /// - Parameters:
    ///   - grouping: which ops make one row.
    ///   - count: how many rows at most; the rest is one row.
    ///   - ceilings: what rates are compared with; measured now when nil.
    public func table(by grouping: Grouping = .shapes, rows count: Int = 30, ceilings: MachineCeilings? = nil) -> String {
        let ceilings = ceilings ?? .measure()
        let rows = rows(by: grouping)
        let head: [String] =
            switch grouping {
            case .name: ["op"]
            case .shapes: ["op", "inputs > outputs"]
            case .layer: ["layer", "op"]
            }
        let blank = [String](repeating: "", count: head.count - 1)
        var lines = [head + ["calls", "ms", "share", "µs/call", "GFLOP/s", "of peak", "GB/s", "of copy"]]
        lines += rows.prefix(max(count, 0)).map { cells($0, ceilings) }
        let rest = rows.dropFirst(max(count, 0))
        if !rest.isEmpty {
            lines.append(cells(rest.reduce(into: Row(["\(rest.count) more"] + blank)) { $0.add($1) }, ceilings))
        }
        lines.append(cells(rows.reduce(into: Row(["all ops"] + blank)) { $0.add($1) }, ceilings))
        let ops = ownDuration(of: .op)
        let (functions, compilations) = (ownDuration(of: .function), ownDuration(of: .compilation))
        let outside: [(String, Double)] = [
            ("compiled functions, between ops", functions), ("tracing and planning", compilations),
            ("elsewhere", max(0, duration - ops - functions - compilations)), ("whole profile", duration),
        ]
        lines += outside.map { name, seconds in
            [name] + blank + ["", number(seconds * 1e3), share(seconds), "", "", "", "", ""]
        }
        let threads = "\(ceilings.threadCount) thread\(ceilings.threadCount == 1 ? "" : "s")"
        return """
            \(Self.aligned(lines, leading: head.count))
            Ceilings, float32, \(threads): \(number(ceilings.flopsPerSecond / 1e9)) GFLOP/s in a matrix product, \
            \(number(ceilings.bytesPerSecond / 1e9)) GB/s read and written by a copy.
            """
    }

    /// A table of the stages of the pipelines that were read, and of who waited for whom; empty when none was. Readings of one
    /// pipeline make one table.
    public func pipelineTable() -> String {
        var tables: [(stages: [Stage], readings: Int)] = []
        for stages in pipelines {
            guard let place = tables.firstIndex(where: { $0.stages.map(\.name) == stages.map(\.name) }) else {
                tables.append((stages, 1))
                continue
            }
            tables[place].readings += 1
            for (index, stage) in stages.enumerated() { tables[place].stages[index].add(stage) }
        }
        return tables.map { stages, readings in
            let rows = stages.map { stage in
                [stage.name, "\(stage.elements)"] + [stage.onReader, stage.onWorkers, stage.waitedFor].map { number($0 * 1e3) }
            }
            let count = "stage, \(readings) reading\(readings == 1 ? "" : "s")"
            let head = [count, "elements", "reader ms", "workers ms", "waited for ms"]
            return Self.aligned([head] + rows, leading: 1)
        }.joined(separator: "\n\n")
    }

    private func cells(_ row: Row, _ ceilings: MachineCeilings) -> [String] {
        let (flops, bytes) = (Double(row.flops) / row.duration, Double(row.bytes) / row.duration)
        func rate(_ value: Double, _ ceiling: Double) -> [String] {
            value > 0 && value.isFinite ? [number(value / 1e9), percent(value / ceiling)] : ["", ""]
        }
        return row.key
            + [
                "\(row.calls)", number(row.duration * 1e3), share(row.duration),
                number(row.duration * 1e6 / Double(max(row.calls, 1))),
            ] + rate(flops, ceilings.flopsPerSecond) + rate(bytes, ceilings.bytesPerSecond)
    }

    private func share(_ seconds: Double) -> String { duration > 0 ? percent(seconds / duration) : "" }

    private func percent(_ part: Double) -> String { String(format: "%.1f%%", part * 100) }

    /// Three significant digits, or all before the point.
    private func number(_ value: Double) -> String {
        String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f", value)
    }

    /// Columns, the first `leading` flush left and no wider than 48 characters, the others flush right.
    private static func aligned(_ lines: [[String]], leading: Int) -> String {
        let cut = lines.map { line in
            line.enumerated().map { $0 < leading && $1.count > 48 ? $1.prefix(47) + "…" : $1 }
        }
        let widths = cut[0].indices.map { column in cut.map { $0[column].count }.max()! }
        return cut.map { line in
            zip(line, widths).enumerated().map { column, cell in
                let filler = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < leading ? cell.0 + filler : filler + cell.0
            }.joined(separator: "  ").replacing(#/\s+$/#, with: "")
        }.joined(separator: "\n")
    }
}

extension Profile.Stage {
    fileprivate mutating func add(_ other: Self) {
        elements += other.elements
        onReader += other.onReader
        onWorkers += other.onWorkers
        waitedFor += other.waitedFor
    }
}

extension Profile.Row {
    fileprivate mutating func add(_ other: Self) {
        calls += other.calls
        duration += other.duration
        flops += other.flops
        bytes += other.bytes
    }
}
