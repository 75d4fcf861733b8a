import OrderedCollections

/// Names and figures of an epoch or a batch, in the order in which they are shown: `loss`, `accuracy`, `val_loss`, ...
///
/// A figure is a number. Those of some metrics are several, such as an F1 score of each class: what counts then, for
/// callbacks and in print, is their mean, and `elements(of:)` gives them all.
public struct Logs: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
    private var figures: OrderedDictionary<String, Double> = [:]
    private var lists: [String: [Double]] = [:]

    /// No figures yet.
    public init() {}

    public init(dictionaryLiteral elements: (String, Double)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// The figure of a name, of several numbers their mean; nil when there is none. Assigning nil removes it.
    public subscript(name: String) -> Double? {
        get { figures[name] }
        set {
            figures[name] = newValue
            lists[name] = nil
        }
    }

    /// The numbers of a figure that has several; nil for others.
    public func elements(of name: String) -> [Double]? { lists[name] }

    /// Sets a figure of several numbers.
    public mutating func set(_ elements: [Double], for name: String) {
        figures[name] = elements.reduce(0, +) / Double(Swift.max(1, elements.count))
        lists[name] = elements
    }

    /// Adds figures under their names with `prefix` in front.
    mutating func add(_ others: Logs, prefix: String) {
        for (name, value) in others {
            self[prefix + name] = value
            lists[prefix + name] = others.lists[name]
        }
    }

    /// The names, in order.
    public var keys: [String] { Array(figures.keys) }
    /// The number of figures.
    public var count: Int { figures.count }
    /// Whether there are none.
    public var isEmpty: Bool { figures.isEmpty }

    public func makeIterator() -> AnyIterator<(key: String, value: Double)> {
        var rest = figures.makeIterator()
        return AnyIterator { rest.next().map { ($0.key, $0.value) } }
    }
}
