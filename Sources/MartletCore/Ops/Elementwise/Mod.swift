import CKernels

/// `a - b ⌊a / b⌋`
struct Mod: BinaryOp {
    static let name = "mod"
    static let code = MK_MOD

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        // Between its jumps the remainder is linear in both.
        (upstream, needs[1] ? -upstream * floorDivide(a, b) : nil)
    }

    static var samples: [OpSample] { binarySamples(Mod(), b: 0.5...2) }
}

extension Tensor {
    /// The remainder of `floorDivide`, with the sign of `b`, broadcast. Of integers by 0 it is 0.
    public static func % (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Mod(), a, b)
    }
    /// The remainder of the division by a number.
    public static func % (a: Tensor, b: some TensorScalar) -> Tensor { a % a.partner(b) }
    /// The remainder of the division of a number by each element.
    public static func % (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) % b }
    /// Replaces `a` by the remainder.
    public static func %= (a: inout Tensor, b: Tensor) { a = a % b }
    /// Replaces `a` by the remainder.
    public static func %= (a: inout Tensor, b: some TensorScalar) { a = a % b }
}

/// The remainder of `floorDivide`, with the sign of `b`, broadcast: the operator `%`.
public func mod(_ a: Tensor, _ b: Tensor) -> Tensor { a % b }

/// The remainder of the division by a number.
public func mod(_ a: Tensor, _ b: some TensorScalar) -> Tensor { a % b }

/// The remainder of the division of a number by each element.
public func mod(_ a: some TensorScalar, _ b: Tensor) -> Tensor { a % b }
