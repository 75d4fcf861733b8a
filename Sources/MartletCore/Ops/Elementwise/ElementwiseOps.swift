extension OpRegistry {
    static let elementwise: [any Op.Type] = [
        Abs.self, Acos.self, Acosh.self, Add.self, Asin.self, Asinh.self, Atan.self, Atan2.self, Atanh.self, Cast.self,
        Ceil.self, Cos.self, Cosh.self, Digamma.self, Divide.self, Equal.self, Erf.self, Erfc.self, Erfinv.self,
        Exp.self, Exp2.self, Expm1.self, Floor.self, FloorDivide.self, Gate.self, Greater.self, GreaterEqual.self, Hypot.self,
        IsFinite.self, IsInfinite.self, IsNaN.self, Less.self, LessEqual.self, Lgamma.self, Log.self, Log1p.self,
        Log2.self, LogicalAnd.self, LogicalNot.self, LogicalOr.self, LogicalXor.self, Maximum.self, Minimum.self,
        Mod.self, Multiply.self, Negate.self, NotEqual.self, Polygamma.self, Pow.self, Reciprocal.self,
        ReciprocalSquareRoot.self, Relu.self, Round.self, Sigmoid.self, Sign.self, Sin.self, Sinh.self, Softplus.self,
        Square.self, SquareRoot.self, Subtract.self, Tan.self, Tanh.self, Trunc.self, Where.self,
    ]
}
