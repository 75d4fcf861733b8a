import CKernels

/// `⌊a / b⌋`
struct FloorDivide: BinaryOp, NotDifferentiable {
    static let name = "floorDivide"
    static let code = MK_FLOOR_DIV

    static var samples: [OpSample] { binarySamples(FloorDivide(), b: 0.5...2) }
}

/// The largest whole number not above the quotient, broadcast, as Python's `//`. Integers stay integers, and divided by
/// 0 give 0. Has no gradient, as in TensorFlow.
public func floorDivide(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a, b)
    return perform(FloorDivide(), a, b)
}

/// The quotient by a number, rounded down.
public func floorDivide(_ a: Tensor, _ b: some TensorScalar) -> Tensor { floorDivide(a, a.partner(b)) }

/// The quotient of a number by each element, rounded down.
public func floorDivide(_ a: some TensorScalar, _ b: Tensor) -> Tensor { floorDivide(b.partner(a), b) }
