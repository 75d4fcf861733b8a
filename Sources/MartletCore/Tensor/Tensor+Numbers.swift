extension Tensor {
    /// π. A number, so that it is of the dtype of the tensor it meets.
    public static var pi: Double { .pi }

    /// The sum with a number.
    public static func + (a: Tensor, b: Double) -> Tensor { a + a.partner(b) }
    /// The sum with a number.
    public static func + (a: Double, b: Tensor) -> Tensor { b.partner(a) + b }
    /// The difference from a number.
    public static func - (a: Tensor, b: Double) -> Tensor { a - a.partner(b) }
    /// The difference of a number and each element.
    public static func - (a: Double, b: Tensor) -> Tensor { b.partner(a) - b }
    /// The product with a number.
    public static func * (a: Tensor, b: Double) -> Tensor { a * a.partner(b) }
    /// The product with a number.
    public static func * (a: Double, b: Tensor) -> Tensor { b.partner(a) * b }
    /// The quotient by a number.
    public static func / (a: Tensor, b: Double) -> Tensor { a / a.partner(b) }
    /// The quotient of a number by each element.
    public static func / (a: Double, b: Tensor) -> Tensor { b.partner(a) / b }
}

extension Double {
    /// The only element of a tensor. Stops when there are more or none.
    public init(_ tensor: Tensor) { self = tensor.item(as: Double.self) }
}

extension Float {
    /// The only element of a tensor, converted as `cast(to:)` does. Stops when there are more or none.
    public init(_ tensor: Tensor) { self = tensor.item(as: Float.self) }
}

extension Int {
    /// The only element of a tensor, converted as `cast(to:)` does. Stops when there are more or none.
    public init(_ tensor: Tensor) { self = tensor.item(as: Int.self) }
}

extension Sequence where Element == Tensor {
    /// The sum of the tensors, element by element, broadcast; 0 of none.
    public func sum() -> Tensor {
        var rest = makeIterator()
        guard var sum = rest.next() else { return Tensor(0.0) }
        while let next = rest.next() { sum += next }
        return sum
    }

    /// Joins the tensors, beginning with a number: `losses.reduce(0, +)`.
    public func reduce(_ first: Double, _ next: (Tensor, Tensor) throws -> Tensor) rethrows -> Tensor {
        try reduce(Tensor(first), next)
    }
}
