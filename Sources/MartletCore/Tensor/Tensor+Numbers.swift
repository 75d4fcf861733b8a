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
