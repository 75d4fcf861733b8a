// Variables in arithmetic: each stands for its value, which tapes see as a read.

extension Variable {
    /// The sum, element by element, broadcast.
    public static func + (a: Variable, b: Variable) -> Tensor { a.value + b.value }
    /// The sum with a tensor.
    public static func + (a: Variable, b: Tensor) -> Tensor { a.value + b }
    /// The sum of a tensor and a variable.
    public static func + (a: Tensor, b: Variable) -> Tensor { a + b.value }
    /// The sum with a number.
    public static func + (a: Variable, b: some TensorScalar) -> Tensor { a.value + b }
    /// The sum of a number and a variable.
    public static func + (a: some TensorScalar, b: Variable) -> Tensor { a + b.value }
    /// The difference, element by element, broadcast.
    public static func - (a: Variable, b: Variable) -> Tensor { a.value - b.value }
    /// The difference with a tensor.
    public static func - (a: Variable, b: Tensor) -> Tensor { a.value - b }
    /// The difference of a tensor and a variable.
    public static func - (a: Tensor, b: Variable) -> Tensor { a - b.value }
    /// The difference with a number.
    public static func - (a: Variable, b: some TensorScalar) -> Tensor { a.value - b }
    /// The difference of a number and a variable.
    public static func - (a: some TensorScalar, b: Variable) -> Tensor { a - b.value }
    /// The product, element by element, broadcast.
    public static func * (a: Variable, b: Variable) -> Tensor { a.value * b.value }
    /// The product with a tensor.
    public static func * (a: Variable, b: Tensor) -> Tensor { a.value * b }
    /// The product of a tensor and a variable.
    public static func * (a: Tensor, b: Variable) -> Tensor { a * b.value }
    /// The product with a number.
    public static func * (a: Variable, b: some TensorScalar) -> Tensor { a.value * b }
    /// The product of a number and a variable.
    public static func * (a: some TensorScalar, b: Variable) -> Tensor { a * b.value }
    /// The quotient, element by element, broadcast.
    public static func / (a: Variable, b: Variable) -> Tensor { a.value / b.value }
    /// The quotient with a tensor.
    public static func / (a: Variable, b: Tensor) -> Tensor { a.value / b }
    /// The quotient of a tensor and a variable.
    public static func / (a: Tensor, b: Variable) -> Tensor { a / b.value }
    /// The quotient with a number.
    public static func / (a: Variable, b: some TensorScalar) -> Tensor { a.value / b }
    /// The quotient of a number and a variable.
    public static func / (a: some TensorScalar, b: Variable) -> Tensor { a / b.value }
    /// The value with the other sign.
    public static prefix func - (a: Variable) -> Tensor { -a.value }
}
