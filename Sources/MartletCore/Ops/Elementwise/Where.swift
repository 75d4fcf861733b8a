import CKernels

/// `condition ? a : b`
struct Where: ElementwiseOp, MovingOp {
    static let name = "where"
    static let isLinear = true
    var instruction: mk_op { MK_SELECT }
    var choosesElements: Bool { true }

    func outputType(for inputs: [DType]) -> DType? {
        inputs[0] == .bool && inputs[1] == inputs[2] ? inputs[1] : nil
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (condition, upstream) = (context.inputs[0], context.gradient)
        return [
            nil,
            context.needs[1] ? `where`(condition, upstream, 0).sum(toShape: context.inputs[1].shape) : nil,
            context.needs[2] ? `where`(condition, 0, upstream).sum(toShape: context.inputs[2].shape) : nil,
        ]
    }

    static var samples: [OpSample] {
        let shapes: [(Shape, Shape, Shape)] = [
            ([2, 3], [2, 3], [2, 3]), ([3], [2, 1], []), ([2, 1], [3], [2, 3]), ([], [2], [2]), ([0], [1], [0]),
        ]
        return shapes.map { condition, a, b in
            OpSample(
                Where(),
                [
                    SampleInput.uniform(condition, seed: 3) .> 0, SampleInput.uniform(a, seed: 1),
                    SampleInput.uniform(b, seed: 2),
                ],
                label: "\(condition) \(a) \(b)")
        }
    }
}

/// The element of `a` where `condition` is true (a number: not zero), that of `b` elsewhere; all broadcast.
///
/// Each element's gradient goes to the one that was chosen. The other gets 0, whatever its own derivative: to keep a
/// NaN out of a gradient, choose a harmless argument before the function that has a pole, not only a result after it.
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a, b)
    return perform(Where(), condition.cast(to: .bool), a, b)
}

/// The element of `a` where `condition` is true, a number elsewhere.
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: some TensorScalar) -> Tensor {
    `where`(condition, a, a.partner(b))
}

/// A number where `condition` is true, the element of `b` elsewhere.
public func `where`(_ condition: Tensor, _ a: some TensorScalar, _ b: Tensor) -> Tensor {
    `where`(condition, b.partner(a), b)
}

/// A number where `condition` is true, another elsewhere: of the default float type, or `int64` for two integers.
public func `where`<Number: TensorScalar>(_ condition: Tensor, _ a: Number, _ b: Number) -> Tensor {
    `where`(condition, Tensor(a), Tensor(b))
}
