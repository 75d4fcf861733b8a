/// The sizes of a tensor's axes, outermost first. A scalar's shape is `[]`.
public struct Shape: Hashable, Sendable, Sequence, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The size of each axis.
    public let dimensions: [Int]

    /// The largest rank that the kernels take.
    public static let maximumRank = 16

    /// Makes a shape. Stops when a size is negative, the rank passes `maximumRank`, or the number of elements
    /// overflows.
    public init(_ dimensions: [Int]) {
        guard let problem = Shape.problem(with: dimensions) else {
            self.dimensions = dimensions
            return
        }
        // While a configuration is read, a shape without elements stands for one that cannot be.
        let path = Context.current.layerPath
        let location = path.isEmpty ? nil : "layer " + path.joined(separator: "/")
        guard FailureScope.note(MartletError(problem, at: location)) else { stop("Shape", problem) }
        self.dimensions = [Int](repeating: 0, count: Swift.min(dimensions.count, Shape.maximumRank))
    }

    /// Makes a shape of sizes that come from outside (a file, a config).
    /// - Throws: `MartletError` when a size is negative, the rank passes `maximumRank`, or the number of elements
    ///   overflows.
    public init(validating dimensions: [Int]) throws(MartletError) {
        if let problem = Shape.problem(with: dimensions) { throw MartletError(problem) }
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// For shapes that a shape rule derived from valid ones.
    package init(unchecked dimensions: [Int]) { self.dimensions = dimensions }

    private static func problem(with dimensions: [Int]) -> String? {
        if dimensions.count > maximumRank {
            return "A tensor has at most \(maximumRank) axes. Received: \(dimensions.count) axes."
        }
        var count = 1
        for size in dimensions {
            if size < 0 { return "The size of an axis is 0 or more. Received: \(dimensions)." }
            // Zero-size axes must not hide an overflow of the others: strides are computed from them.
            let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(size, 1))
            if overflow || product > Int.max / 16 {
                return "The number of elements of a tensor must fit into memory. Received: \(dimensions)."
            }
            count = product
        }
        return nil
    }

    /// The number of axes.
    public var rank: Int { dimensions.count }

    /// The number of axes, as of a list of their sizes.
    public var count: Int { dimensions.count }

    /// The sizes, outermost first.
    public func makeIterator() -> IndexingIterator<[Int]> { dimensions.makeIterator() }

    /// The number of elements: the product of the sizes, 1 for a scalar.
    public var elementCount: Int {
        var count = 1
        for size in dimensions { count *= size }
        return count
    }

    /// The size of an axis; a negative axis counts from the end.
    public subscript(axis: Int) -> Int {
        let index = axis < 0 ? axis + dimensions.count : axis
        guard dimensions.indices.contains(index) else {
            fail("Shape", "Expected an axis of the shape \(self). Received: \(axis).")
            return 1
        }
        return dimensions[index]
    }

    /// As in Python: `(2, 3)`, `(5,)`, `()`.
    public var description: String {
        dimensions.count == 1 ? "(\(dimensions[0]),)" : "(" + dimensions.map(String.init).joined(separator: ", ") + ")"
    }

    /// The axis as a number in `0..<rank`, nil when it is not one of the shape's axes.
    package func normalizedAxis(_ axis: Int) -> Int? {
        let positive = axis < 0 ? axis + rank : axis
        return positive >= 0 && positive < rank ? positive : nil
    }

    /// The shape that both broadcast to by NumPy's rules, nil when they do not.
    public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
        if a == b { return a }
        let rank = Swift.max(a.rank, b.rank)
        var result = [Int](repeating: 1, count: rank)
        for i in 0..<rank {
            let x = i < a.rank ? a.dimensions[a.rank - 1 - i] : 1
            let y = i < b.rank ? b.dimensions[b.rank - 1 - i] : 1
            if x != y && x != 1 && y != 1 { return nil }
            result[rank - 1 - i] = x == 1 ? y : x
        }
        return Shape(unchecked: result)
    }

    /// Row-major strides in elements.
    package var strides: [Int] {
        var result = [Int](repeating: 1, count: rank)
        var stride = 1
        for axis in (0..<rank).reversed() {
            result[axis] = stride
            stride *= dimensions[axis]
        }
        return result
    }
}

