import CKernels

/// `arg(b + ia)`
struct Atan2: BinaryOp {
    static let name = "atan2"
    static let code = MK_ATAN2

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        let scale = upstream / (a.square() + b.square())
        return (needs[0] ? scale * b : nil, needs[1] ? -scale * a : nil)
    }

    static var samples: [OpSample] { binarySamples(Atan2(), b: 0.6...2) }
}

/// The angle in -π...π of the point (x, y) seen from the origin, broadcast.
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor {
    let (y, x) = Tensor.promoted(y, x)
    return perform(Atan2(), y.floating, x.floating)
}

/// The angle of points with one x.
public func atan2(_ y: Tensor, _ x: some TensorScalar) -> Tensor { atan2(y, y.partner(x)) }

/// The angle of points with one y.
public func atan2(_ y: some TensorScalar, _ x: Tensor) -> Tensor { atan2(x.partner(y), x) }
