import CKernels

/// `max(a, b)`
struct Maximum: BinaryOp {
    static let name = "maximum"
    static let code = MK_MAX
    var choosesElements: Bool { true }

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        // At a tie `a` gets it all, as in TensorFlow.
        let first = a .>= b
        return (needs[0] ? `where`(first, upstream, 0) : nil, needs[1] ? `where`(first, 0, upstream) : nil)
    }

    static var samples: [OpSample] { binarySamples(Maximum()) }
}

/// The larger of two elements, broadcast; NaN when one is. At a tie the gradient goes to `a`, as in TensorFlow.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a, b)
    return perform(Maximum(), a, b)
}

/// The larger of each element and a number.
public func maximum(_ a: Tensor, _ b: some TensorScalar) -> Tensor { maximum(a, a.partner(b)) }

/// The larger of a number and each element.
public func maximum(_ a: some TensorScalar, _ b: Tensor) -> Tensor { maximum(b.partner(a), b) }
