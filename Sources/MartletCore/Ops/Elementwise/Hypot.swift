import CKernels

/// `√(a² + b²)`
struct Hypot: BinaryOp {
    static let name = "hypot"
    static let code = MK_HYPOT

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        let scale = upstream / y
        return (needs[0] ? scale * a : nil, needs[1] ? scale * b : nil)
    }

    static var samples: [OpSample] { binarySamples(Hypot(), b: 0.6...2) }
}

/// The length of the vector (a, b), broadcast, without overflow on the way.
public func hypot(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a, b)
    return perform(Hypot(), a.floating, b.floating)
}

/// The length of the vector of each element and a number.
public func hypot(_ a: Tensor, _ b: some TensorScalar) -> Tensor { hypot(a, a.partner(b)) }

/// The length of the vector of a number and each element.
public func hypot(_ a: some TensorScalar, _ b: Tensor) -> Tensor { hypot(b.partner(a), b) }
