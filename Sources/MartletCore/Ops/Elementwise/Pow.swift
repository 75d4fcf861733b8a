import CKernels

/// `aᵇ`
struct Pow: BinaryOp {
    static let name = "pow"
    static let code = MK_POW

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        var da: Tensor?
        var db: Tensor?
        if needs[0] {
            // At 0⁰, which is the constant 1, the formula would be 0 · 0⁻¹.
            let isConstant = (a .== 0).logicalAnd(b .== 0)
            da = upstream * (b * a.pow(`where`(isConstant, 1, b - 1)))
        }
        if needs[1] {
            // log a exists above 0 only; elsewhere, as in TensorFlow, the exponent gets 0.
            let isPositive = a .> 0
            db = upstream * `where`(isPositive, y * `where`(isPositive, a, 1).log(), 0)
        }
        return (da, db)
    }

    static var samples: [OpSample] { binarySamples(Pow(), a: 0.5...2) }
}

extension Tensor {
    /// Each element to the power of the other's, broadcast. Integers stay integers and wrap; to a negative power they
    /// give 0, save for 1 and -1. The exponent's gradient is 0 where the base is not positive, as in TensorFlow.
    public func pow(_ exponent: Tensor) -> Tensor {
        let (a, b) = Tensor.promoted(self, exponent)
        return perform(Pow(), a, b)
    }

    /// Each element to the power of a number.
    public func pow(_ exponent: some TensorScalar) -> Tensor {
        exponent.integerValue == 2 ? square() : pow(partner(exponent))
    }
}

/// A number to the power of each element.
public func pow(_ base: some TensorScalar, _ exponent: Tensor) -> Tensor { exponent.partner(base).pow(exponent) }
