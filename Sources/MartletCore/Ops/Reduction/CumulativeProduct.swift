import CKernels

/// `yᵢ = Π xₖ` over k up to i
struct CumulativeProduct: ScanOp {
    static let name = "cumulativeProduct"
    static let code = MK_CUMPROD
    let axis: Int
    let exclusive: Bool
    let reverse: Bool

    /// `dxᵢ = (Π xₖ before i) · Rᵢ` with `Rᵢ = gᵢ + xᵢ₊₁ Rᵢ₊₁`, a recurrence from the other end in place of the
    /// division by `xᵢ` that would fail at zeros. In an exclusive product `gᵢ` acts from i + 1 on.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, upstream) = (context.inputs[0], context.gradient)
        if exclusive {
            return [context.outputs[0] * linearRecurrence(x, upstream, axis: axis, reverse: !reverse)]
        }
        let before = x.cumulativeProduct(axis: axis, exclusive: true, reverse: reverse)
        return [before * (upstream + linearRecurrence(x, x * upstream, axis: axis, reverse: !reverse))]
    }

    static var samples: [OpSample] {
        let zeros = Tensor([1.5, 0, 0.5, 0, -2], shape: [5])
        return samples(exclusive: [false, true]) { SampleInput.uniform($0) }
            + [false, true].map {
                OpSample(Self(axis: 0, exclusive: $0, reverse: false), [zeros], label: "zeros, exclusive \($0)")
            }
    }
}

extension Tensor {
    /// The product of the elements along `axis` up to each one, itself included unless `exclusive`; from the end when
    /// `reverse`. `bool` and `uint8` are multiplied as `int64`. The gradient is right where elements are 0, too.
    public func cumulativeProduct(axis: Int, exclusive: Bool = false, reverse: Bool = false) -> Tensor {
        CumulativeProduct.apply(to: self, axis: axis, exclusive: exclusive, reverse: reverse)
    }
}
