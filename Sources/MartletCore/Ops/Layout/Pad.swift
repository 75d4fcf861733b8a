import CKernels

/// What is put around a tensor by `padded`.
public enum PadMode: Sendable, Hashable {
    /// one value
    case constant(Double)
    /// the elements mirrored at the border's element, which is not repeated: `c b | a b c | b a`
    case reflect
    /// the elements mirrored at the border: `b a | a b c | c b`
    case symmetric
    /// the border's element again and again: `a a | a b c | c c`
    case edge
}

/// A constant around the input.
struct Pad: KernelOp, MovingOp {
    static let name = "pad"

    let before: [Int]
    let after: [Int]
    let value: Double

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let sizes = inputs[0].shape.dimensions
        guard before.count == sizes.count, (before + after).allSatisfy({ $0 >= 0 }) else {
            throw OpFailure("Expected pads of 0 or more, one pair for each of the \(sizes.count) axes.")
        }
        return [TensorSpec(Shape(sizes.indices.map { before[$0] + sizes[$0] + after[$0] }), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, dimensions) = (inputs[0].dtype, inputs[0].shape.dimensions)
        return Kernel { [before, after, value] memory in
            withElement(value, of: type) { fill in
                mk_pad_constant(
                    type.byteCount, memory.input(0), memory.output(0), Int32(before.count), dimensions, before, after, fill)
            }
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let shape = context.inputs[0].shape
        let begin = zip(before, shape.dimensions).map { $1 == 0 ? 0 : $0 }
        return [
            perform(
                Slice(begin: begin, step: [Int](repeating: 1, count: shape.rank), sizes: shape.dimensions),
                context.gradient)
        ]
    }

    static var samples: [OpSample] {
        [
            OpSample(Pad(before: [1, 0], after: [0, 2], value: 0), [SampleInput.uniform([2, 3])], label: "zero"),
            OpSample(Pad(before: [2], after: [1], value: -3), [SampleInput.uniform([2])], label: "constant"),
            OpSample(Pad(before: [], after: [], value: 1), [SampleInput.uniform([])], label: "scalar"),
            OpSample(Pad(before: [1, 0], after: [1, 0], value: 1), [SampleInput.uniform([0, 2])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// This tensor with `pads[a].before` elements put before and `pads[a].after` after it along each axis a.
    /// Stops when there is not one pair for each axis, or when a mode that mirrors has nothing to mirror.
    public func padded(_ pads: [(before: Int, after: Int)], mode: PadMode = .constant(0)) -> Tensor {
        let kind: mk_pad_mode
        switch mode {
        case .constant(let value):
            return perform(Pad(before: pads.map(\.before), after: pads.map(\.after), value: value), self)
        case .reflect: kind = MK_PAD_REFLECT
        case .symmetric: kind = MK_PAD_SYMMETRIC
        case .edge: kind = MK_PAD_EDGE
        }
        guard
            require(
                pads.count == rank && pads.allSatisfy { $0.before >= 0 && $0.after >= 0 }, "pad",
                "Expected pads of 0 or more, one pair for each of the \(rank) axes. Received: \(pads) for \(spec).")
        else { return .substitute(spec) }
        var result = self
        for (axis, (before, after)) in pads.enumerated() where before + after > 0 {
            let size = shape[axis]
            let (padded, overflow) = size.addingReportingOverflow(before &+ after)
            guard
                require(
                    size > (mode == .reflect ? 1 : 0), "pad",
                    "Expected at least \(mode == .reflect ? 2 : 1) elements along axis \(axis) for mode \(mode). "
                        + "Received: \(spec)."),
                require(!overflow && padded >= size, "pad", "Expected smaller pads. Received: \(pads)."),
                let map = Tensor(filledLater: TensorSpec(Shape([padded]), .int64), "pad")
            else { return .substitute(spec) }
            mk_pad_map(
                kind, Int64(size), Int64(before), Int64(after), map.mutablePointer.assumingMemoryBound(to: Int64.self))
            result = result.gathered(at: map, axis: axis)
        }
        return result
    }
}
