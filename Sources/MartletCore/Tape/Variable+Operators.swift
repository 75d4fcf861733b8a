// The operators of tensors, of variables. Made by scripts/variables.py.

extension Variable {
    /// As of the variable's value.
    public static func + (a: Tensor, b: Variable) -> Tensor { a + b.value }
    /// As of the variable's value.
    public static func + (a: Variable, b: Tensor) -> Tensor { a.value + b }
    /// As of the variable's value.
    public static func + (a: Variable, b: Variable) -> Tensor { a.value + b.value }
    /// As of the variable's value.
    public static func + (a: Variable, b: some TensorScalar) -> Tensor { a.value + b }
    /// As of the variable's value.
    public static func + (a: some TensorScalar, b: Variable) -> Tensor { a + b.value }
    /// As of the variable's value.
    public static func / (a: Tensor, b: Variable) -> Tensor { a / b.value }
    /// As of the variable's value.
    public static func / (a: Variable, b: Tensor) -> Tensor { a.value / b }
    /// As of the variable's value.
    public static func / (a: Variable, b: Variable) -> Tensor { a.value / b.value }
    /// As of the variable's value.
    public static func / (a: Variable, b: some TensorScalar) -> Tensor { a.value / b }
    /// As of the variable's value.
    public static func / (a: some TensorScalar, b: Variable) -> Tensor { a / b.value }
    /// As of the variable's value.
    public static func .== (a: Tensor, b: Variable) -> Tensor { a .== b.value }
    /// As of the variable's value.
    public static func .== (a: Variable, b: Tensor) -> Tensor { a.value .== b }
    /// As of the variable's value.
    public static func .== (a: Variable, b: Variable) -> Tensor { a.value .== b.value }
    /// As of the variable's value.
    public static func .== (a: Variable, b: some TensorScalar) -> Tensor { a.value .== b }
    /// As of the variable's value.
    public static func .== (a: some TensorScalar, b: Variable) -> Tensor { a .== b.value }
    /// As of the variable's value.
    public static func .> (a: Tensor, b: Variable) -> Tensor { a .> b.value }
    /// As of the variable's value.
    public static func .> (a: Variable, b: Tensor) -> Tensor { a.value .> b }
    /// As of the variable's value.
    public static func .> (a: Variable, b: Variable) -> Tensor { a.value .> b.value }
    /// As of the variable's value.
    public static func .> (a: Variable, b: some TensorScalar) -> Tensor { a.value .> b }
    /// As of the variable's value.
    public static func .> (a: some TensorScalar, b: Variable) -> Tensor { a .> b.value }
    /// As of the variable's value.
    public static func .>= (a: Tensor, b: Variable) -> Tensor { a .>= b.value }
    /// As of the variable's value.
    public static func .>= (a: Variable, b: Tensor) -> Tensor { a.value .>= b }
    /// As of the variable's value.
    public static func .>= (a: Variable, b: Variable) -> Tensor { a.value .>= b.value }
    /// As of the variable's value.
    public static func .>= (a: Variable, b: some TensorScalar) -> Tensor { a.value .>= b }
    /// As of the variable's value.
    public static func .>= (a: some TensorScalar, b: Variable) -> Tensor { a .>= b.value }
    /// As of the variable's value.
    public static func .< (a: Tensor, b: Variable) -> Tensor { a .< b.value }
    /// As of the variable's value.
    public static func .< (a: Variable, b: Tensor) -> Tensor { a.value .< b }
    /// As of the variable's value.
    public static func .< (a: Variable, b: Variable) -> Tensor { a.value .< b.value }
    /// As of the variable's value.
    public static func .< (a: Variable, b: some TensorScalar) -> Tensor { a.value .< b }
    /// As of the variable's value.
    public static func .< (a: some TensorScalar, b: Variable) -> Tensor { a .< b.value }
    /// As of the variable's value.
    public static func .<= (a: Tensor, b: Variable) -> Tensor { a .<= b.value }
    /// As of the variable's value.
    public static func .<= (a: Variable, b: Tensor) -> Tensor { a.value .<= b }
    /// As of the variable's value.
    public static func .<= (a: Variable, b: Variable) -> Tensor { a.value .<= b.value }
    /// As of the variable's value.
    public static func .<= (a: Variable, b: some TensorScalar) -> Tensor { a.value .<= b }
    /// As of the variable's value.
    public static func .<= (a: some TensorScalar, b: Variable) -> Tensor { a .<= b.value }
    /// As of the variable's value.
    public static func % (a: Tensor, b: Variable) -> Tensor { a % b.value }
    /// As of the variable's value.
    public static func % (a: Variable, b: Tensor) -> Tensor { a.value % b }
    /// As of the variable's value.
    public static func % (a: Variable, b: Variable) -> Tensor { a.value % b.value }
    /// As of the variable's value.
    public static func % (a: Variable, b: some TensorScalar) -> Tensor { a.value % b }
    /// As of the variable's value.
    public static func % (a: some TensorScalar, b: Variable) -> Tensor { a % b.value }
    /// As of the variable's value.
    public static func * (a: Tensor, b: Variable) -> Tensor { a * b.value }
    /// As of the variable's value.
    public static func * (a: Variable, b: Tensor) -> Tensor { a.value * b }
    /// As of the variable's value.
    public static func * (a: Variable, b: Variable) -> Tensor { a.value * b.value }
    /// As of the variable's value.
    public static func * (a: Variable, b: some TensorScalar) -> Tensor { a.value * b }
    /// As of the variable's value.
    public static func * (a: some TensorScalar, b: Variable) -> Tensor { a * b.value }
    /// As of the variable's value.
    public static func .!= (a: Tensor, b: Variable) -> Tensor { a .!= b.value }
    /// As of the variable's value.
    public static func .!= (a: Variable, b: Tensor) -> Tensor { a.value .!= b }
    /// As of the variable's value.
    public static func .!= (a: Variable, b: Variable) -> Tensor { a.value .!= b.value }
    /// As of the variable's value.
    public static func .!= (a: Variable, b: some TensorScalar) -> Tensor { a.value .!= b }
    /// As of the variable's value.
    public static func .!= (a: some TensorScalar, b: Variable) -> Tensor { a .!= b.value }
    /// As of the variable's value.
    public static func - (a: Tensor, b: Variable) -> Tensor { a - b.value }
    /// As of the variable's value.
    public static func - (a: Variable, b: Tensor) -> Tensor { a.value - b }
    /// As of the variable's value.
    public static func - (a: Variable, b: Variable) -> Tensor { a.value - b.value }
    /// As of the variable's value.
    public static func - (a: Variable, b: some TensorScalar) -> Tensor { a.value - b }
    /// As of the variable's value.
    public static func - (a: some TensorScalar, b: Variable) -> Tensor { a - b.value }
    /// As of the variable's value.
    public static prefix func - (a: Variable) -> Tensor { -a.value }
}
