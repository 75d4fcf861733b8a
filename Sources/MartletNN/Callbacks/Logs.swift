import OrderedCollections

/// The named values of an epoch or a batch, in the order in which they are shown: `loss`, `accuracy`, `val_loss`, ...
///
/// A value is a number. Some metrics have several numbers, such as an F1 score for each class. Callbacks and printed
/// output then use their mean, and `elements(of:)` returns all of them.
public struct Logs: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
    private var figures: OrderedDictionary<String, Double> = [:]
    private var lists: [String: [Double]] = [:]

    /// Makes empty logs.
    public init() {}

    public init(dictionaryLiteral elements: (String, Double)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// The value of a name, the mean if it has several numbers; nil when there is none. Assigning nil removes it.
    public subscript(name: String) -> Double? {
        get { figures[name] }
        set {
            figures[name] = newValue
            lists[name] = nil
        }
    }

    /// The numbers of a value that has several; nil for others.
    public func elements(of name: String) -> [Double]? { lists[name] }

    /// Sets a value of several numbers.
    public mutating func set(_ elements: [Double], for name: String) {
        figures[name] = Self.number(of: elements)
        lists[name] = elements
    }

    /// Sets the number at a place in the order of the names.
    mutating func set(_ value: Double, at place: Int) { figures.values[place] = value }

    /// The number that stands for several: their mean.
    static func number(of elements: [Double]) -> Double { elements.reduce(0, +) / Double(Swift.max(1, elements.count)) }

    /// The numbers, in the order of the names.
    var values: [Double] { Array(figures.values) }

    /// Adds values under their names, with `prefix` in front.
    mutating func add(_ others: Logs, prefix: String) {
        for (name, value) in others {
            self[prefix + name] = value
            lists[prefix + name] = others.lists[name]
        }
    }

    /// The names, in order.
    public var keys: [String] { Array(figures.keys) }
    /// The number of values.
    public var count: Int { figures.count }
    /// Whether there are none.
    public var isEmpty: Bool { figures.isEmpty }

    public func makeIterator() -> AnyIterator<(key: String, value: Double)> {
        var rest = figures.makeIterator()
        return AnyIterator { rest.next().map { ($0.key, $0.value) } }
    }
}
