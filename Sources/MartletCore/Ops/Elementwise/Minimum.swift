import CKernels

/// `min(a, b)`
struct Minimum: BinaryOp {
    static let name = "minimum"
    static let code = MK_MIN
    var choosesElements: Bool { true }

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        // At a tie `a` gets it all, as in TensorFlow.
        let first = a .<= b
        return (needs[0] ? `where`(first, upstream, 0) : nil, needs[1] ? `where`(first, 0, upstream) : nil)
    }

    static var samples: [OpSample] { binarySamples(Minimum()) }
}

/// The smaller of two elements, broadcast; NaN when one is. At a tie the gradient goes to `a`, as in TensorFlow.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a, b)
    return perform(Minimum(), a, b)
}

/// The smaller of each element and a number.
public func minimum(_ a: Tensor, _ b: some TensorScalar) -> Tensor { minimum(a, a.partner(b)) }

/// The smaller of a number and each element.
public func minimum(_ a: some TensorScalar, _ b: Tensor) -> Tensor { minimum(b.partner(a), b) }
