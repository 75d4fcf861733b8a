import CKernels

/// What a formula on elements computes with: tensors, an operation at a time, or the values of an `ElementwiseProgram`,
/// which runs the whole formula in one pass over memory. Both give the same bits.
package protocol ElementwiseArithmetic {
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    static func + (a: Self, b: Double) -> Self
    static func * (a: Self, b: Double) -> Self
    static prefix func - (a: Self) -> Self
    func square() -> Self
    func squareRoot() -> Self
    func abs() -> Self
    func sign() -> Self
    /// The larger of two elements; NaN when one is.
    func larger(_ other: Self) -> Self
    func clipped(min: Double?, max: Double?) -> Self
    func power(_ exponent: Double) -> Self
}

extension Tensor: ElementwiseArithmetic {
    package func larger(_ other: Tensor) -> Tensor { maximum(self, other) }
    package func power(_ exponent: Double) -> Tensor { pow(exponent) }
}

extension ElementwiseProgram.Value: ElementwiseArithmetic {
    package static func + (a: Self, b: Self) -> Self { a.builder.apply(MK_ADD, a, b) }
    package static func - (a: Self, b: Self) -> Self { a.builder.apply(MK_SUB, a, b) }
    package static func * (a: Self, b: Self) -> Self { a.builder.apply(MK_MUL, a, b) }
    package static func / (a: Self, b: Self) -> Self { a.builder.apply(MK_DIV, a, b) }
    package static func + (a: Self, b: Double) -> Self { a + a.builder.constant(b) }
    package static func * (a: Self, b: Double) -> Self { a * a.builder.constant(b) }
    package static prefix func - (a: Self) -> Self { a.builder.apply(MK_NEG, a) }
    package func square() -> Self { builder.apply(MK_SQUARE, self) }
    package func squareRoot() -> Self { builder.apply(MK_SQRT, self) }
    package func abs() -> Self { builder.apply(MK_ABS, self) }
    package func sign() -> Self { builder.apply(MK_SIGN, self) }
    package func larger(_ other: Self) -> Self { builder.apply(MK_MAX, self, other) }
    package func power(_ exponent: Double) -> Self { builder.apply(MK_POW, self, builder.constant(exponent)) }
    package func clipped(min: Double?, max: Double?) -> Self {
        var result = self
        if let min { result = builder.apply(MK_MAX, result, builder.constant(min)) }
        if let max { result = builder.apply(MK_MIN, result, builder.constant(max)) }
        return result
    }
}
