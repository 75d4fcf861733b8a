/// Deterministic `float64` inputs for op samples.
package enum SampleInput {
    /// Values spread over `range`, the same on every machine, no two alike for up to some thousands.
    /// - Parameters:
    ///   - kinks: places where the op has no derivative; values closer than `margin` are moved away.
    package static func uniform(
        _ shape: Shape, in range: ClosedRange<Double> = -2...2, seed: UInt64 = 1, awayFrom kinks: [Double] = [],
        margin: Double = 0.05
    ) -> Tensor {
        // Not a multiple of the step below: streams of neighbouring seeds would be each other, shifted.
        var state = seed &* 0xD134_2543_DE82_EF95
        let values = (0..<shape.elementCount).map { _ -> Double in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            let unit = Double((z ^ (z >> 31)) >> 11) * 0x1p-53
            let value = range.lowerBound + unit * (range.upperBound - range.lowerBound)
            guard let kink = kinks.first(where: { abs(value - $0) < margin }) else { return value }
            return value < kink ? kink - margin : kink + margin
        }
        return Tensor(values, shape: shape)
    }

    /// `number` different places in `0..<count`, spread over it but not evenly, so that no column of a matrix is
    /// favoured.
    static func spread(_ number: Int, over count: Int) -> [Int] {
        let stride = Double(count) / Double(Swift.max(number, 1))
        let shifts: [Double] = uniform([number], in: 0...1, seed: 7).scalars()
        return shifts.enumerated().map { Swift.min(Int((Double($0) + $1 * 0.999) * stride), count - 1) }
    }

    /// The values 0, step, 2 step, ... in an order that looks random: for ops that compare elements with each other
    /// (max, sort), which need every pair further apart than the check's step.
    package static func distinct(_ shape: Shape, step: Double = 0.1, seed: UInt64 = 1) -> Tensor {
        let keys: [Double] = uniform(shape, seed: seed).scalars()
        let order = keys.indices.sorted { keys[$0] < keys[$1] }
        var values = [Double](repeating: 0, count: keys.count)
        for (place, index) in order.enumerated() { values[index] = (Double(place) - Double(keys.count) / 2) * step }
        return Tensor(values, shape: shape)
    }
}

/// Samples of a unary op over `range`: several elements, one, none.
package func unarySamples(
    _ op: some UnaryOp, in range: ClosedRange<Double> = -2...2, awayFrom kinks: [Double] = [],
    secondOrder: Bool = true
) -> [OpSample] {
    [("2x3", [2, 3]), ("scalar", []), ("empty", [0, 2])].map { label, shape in
        OpSample(
            op, [SampleInput.uniform(shape, in: range, awayFrom: kinks)], label: label, secondOrder: secondOrder)
    }
}

/// Samples of a binary op: equal shapes, broadcasting either way and both, scalars, no elements.
package func binarySamples(
    _ op: some BinaryOp, a: ClosedRange<Double> = -2...2, b: ClosedRange<Double> = -2...2,
    awayFrom kinks: [Double] = [], secondOrder: Bool = true
) -> [OpSample] {
    let shapes: [(Shape, Shape)] = [
        ([2, 3], [2, 3]), ([2, 3], [3]), ([3, 1], [2]), ([], [2, 2]), ([2, 1, 2], [1, 3, 1]), ([0, 2], [2]),
    ]
    return shapes.map { left, right in
        OpSample(
            op,
            [
                SampleInput.uniform(left, in: a, seed: 1, awayFrom: kinks),
                SampleInput.uniform(right, in: b, seed: 2, awayFrom: kinks),
            ],
            label: "\(left) \(right)", secondOrder: secondOrder)
    }
}

/// Samples of a logical op: all four pairs, broadcasting, none.
package func logicalSamples(_ op: some BinaryOp) -> [OpSample] {
    let (a, b) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
    return [
        OpSample(op, [a, b], label: "all pairs"),
        OpSample(op, [a, Tensor([true], shape: [])], label: "scalar"),
        OpSample(op, [Tensor([Bool]()), Tensor([Bool]())], label: "empty"),
    ]
}
