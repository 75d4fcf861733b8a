import MartletCore
import MartletData

extension Sequence where Element: Sendable {
    /// Calls `body` with each element, at most `limit`. A `Dataset` that fails throws.
    func forEachBatch(limit: Int?, _ body: (Element) throws -> Void) throws {
        if let dataset = self as? Dataset<Element> { return try (limit.map { dataset.take($0) } ?? dataset).forEach(body) }
        for element in prefix(limit ?? .max) { try body(element) }
    }
}
