import CKernels

/// `softmax(scale query keyᵀ + bias) value` for each head: inputs query [batch, queries, heads, depth], key [batch, keys,
/// key heads, depth], value [batch, keys, key heads, value depth] and, possibly, mask (bool) and bias that broadcast to
/// [batch, heads, queries, keys]. Outputs: the result [batch, queries, heads, value depth], and the logarithm of the sum
/// of each query's exponentials [batch, queries, heads], from which the backward pass gets the weights again.
struct Attention: KernelOp {
    static let name = "attention"

    let scale: Double
    var isCausal = false
    var hasMask = false
    var hasBias = false

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let query = inputs[0]
        try check(inputs)
        let places = query.shape.dimensions[..<3]
        return [
            TensorSpec(Shape(unchecked: places + [inputs[2].shape[3]]), query.dtype),
            TensorSpec(Shape(unchecked: Array(places)), query.dtype),
        ]
    }

    /// Fails unless query, key, value, and mask and bias at the end, fit together.
    func check(_ inputs: [TensorSpec]) throws(OpFailure) {
        let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
        let type = inputs[0].dtype
        guard type == .float32 || type == .float64, inputs[1].dtype == type, inputs[2].dtype == type else {
            throw OpFailure("Expected query, key and value of one floating-point dtype.")
        }
        guard q.rank == 4, k.rank == 4, v.rank == 4, q[0] == k[0], q[0] == v[0], k[1] == v[1], q[3] == k[3],
            k[2] == v[2], k[2] > 0 ? q[2] % k[2] == 0 : q[2] == 0
        else {
            throw OpFailure(
                "Expected a query (batch, queries, heads, depth), a key (batch, keys, key heads, depth) and a value "
                    + "(batch, keys, key heads, value depth), where the key heads divide the heads.")
        }
        let scores = [q[0], q[2], q[1], k[1]]
        for (index, dtype) in extraTypes(type).enumerated() {
            let extra = inputs[inputs.count - extraCount + index]
            guard extra.dtype == dtype, extra.shape.rank == 4,
                zip(extra.shape.dimensions, scores).allSatisfy({ $0 == $1 || $0 == 1 })
            else {
                throw OpFailure(
                    "Expected a \(dtype == .bool ? "mask" : "bias") (\(dtype)) that broadcasts to \(Shape(scores)): (batch, "
                        + "heads, queries, keys).")
            }
        }
    }

    private var extraCount: Int { (hasMask ? 1 : 0) + (hasBias ? 1 : 0) }
    private func extraTypes(_ type: DType) -> [DType] { (hasMask ? [.bool] : []) + (hasBias ? [type] : []) }

    /// Where among so many inputs the mask and the bias stand: they are the last.
    func maskPlace(_ count: Int) -> Int? { hasMask ? count - extraCount : nil }
    func biasPlace(_ count: Int) -> Int? { hasBias ? count - 1 : nil }

    func plan(_ inputs: [TensorSpec]) -> mk_attention_plan {
        let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
        var plan = mk_attention_plan()
        plan.type = inputs[0].dtype.c
        (plan.batch, plan.queries, plan.heads, plan.depth) = (Int64(q[0]), Int64(q[1]), Int64(q[2]), Int64(q[3]))
        (plan.keys, plan.key_heads, plan.value_depth) = (Int64(k[1]), Int64(k[2]), Int64(v[3]))
        plan.scale = scale
        plan.causal = isCausal
        if let mask = maskPlace(inputs.count) { plan.mask_strides = Self.strides(inputs[mask].shape) }
        if let bias = biasPlace(inputs.count) { plan.bias_strides = Self.strides(inputs[bias].shape) }
        return plan
    }

    /// Strides of a tensor of rank 4 that broadcasts.
    private static func strides(_ shape: Shape) -> (Int64, Int64, Int64, Int64) {
        let (a, b, c, d) = (Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), Int64(shape[3]))
        return (a == 1 ? 0 : b * c * d, b == 1 ? 0 : c * d, c == 1 ? 0 : d, d == 1 ? 0 : 1)
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (mask, bias) = (maskPlace(inputs.count), biasPlace(inputs.count))
        return Kernel(plan(inputs)) { plan, memory in
            mk_attention(
                plan, memory.input(0), memory.input(1), memory.input(2), mask.map { memory.input($0, as: UInt8.self) },
                bias.map(memory.input), memory.output(0), memory.output(1))
        }
    }

    /// The kernel gives the gradients of query, key and value; that of a bias, which is rare and would need the scores as a
    /// whole, comes from the formula, and so does what flows into the logarithms.
    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // The softmax takes 5 operations a pair.
        pairs(inputs) * (2 * inputs[0].shape[3] + 2 * inputs[2].shape[3] + 5)
    }

    /// How many pairs of a query and a key are weighed, over all heads.
    func pairs(_ inputs: [TensorSpec]) -> Int {
        let (q, keys) = (inputs[0].shape, inputs[1].shape[1])
        let seen = isCausal ? (0..<q[1]).reduce(0) { $0 + min($1 + 1, keys) } : q[1] * keys
        return q[0] * q[2] * seen
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let inputs = context.inputs
        if hasBias && context.needs[inputs.count - 1] { return context.differentiatingFormula(of: self) }
        var result = [Tensor?](repeating: nil, count: inputs.count)
        if let gradient = context.outputGradients[0] {
            let op = AttentionGradient(forward: self)
            let found = perform(op, inputs[..<3] + context.outputs + [gradient] + inputs[3...])
            for index in 0..<3 { result[index] = found[index] }
        }
        guard context.outputGradients[1] != nil else { return result }
        return adding(result, context.restricted { $0 == 1 }.differentiatingFormula(of: self))
    }

    static var samples: [OpSample] {
        let cases: [(AttentionSample, Attention)] = [
            (AttentionSample(), Self(scale: 0.5)),
            (AttentionSample(queries: 4, keys: 3), Self(scale: 1, isCausal: true)),
            (AttentionSample(heads: 4, keyHeads: 2, valueDepth: 2), Self(scale: 0.7)),
            (AttentionSample(mask: [2, 1, 3, 4]), Self(scale: 0.5, hasMask: true)),
            (AttentionSample(mask: [1, 2, 1, 4]), Self(scale: 0.5, isCausal: true, hasMask: true)),
            (AttentionSample(mask: [2, 1, 3, 1]), Self(scale: 0.5, hasMask: true)),
            (AttentionSample(bias: [1, 2, 3, 4]), Self(scale: 0.5, hasBias: true)),
            (AttentionSample(heads: 4, keyHeads: 2, mask: [2, 4, 3, 4], bias: [2, 1, 1, 4]),
             Self(scale: 0.5, isCausal: true, hasMask: true, hasBias: true)),
            (AttentionSample(batch: 1, queries: 1, keys: 1, heads: 1, keyHeads: 1, depth: 1), Self(scale: 1)),
            (AttentionSample(batch: 0), Self(scale: 1)), (AttentionSample(queries: 0), Self(scale: 1)),
            (AttentionSample(depth: 0), Self(scale: 1)),
        ]
        return cases.map { sample, op in OpSample(op, sample.inputs + sample.extras, label: sample.label(op)) }
    }
}

/// The gradients of query, key and value: inputs query, key, value, the result, the logarithms, the result's gradient,
/// and mask and bias as in the forward pass.
struct AttentionGradient: KernelOp {
    static let name = "attentionGradient"

    let forward: Attention

    var outputCount: Int { 3 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let results = try forward.outputs(for: Array(inputs[..<3] + inputs[6...]))
        guard inputs[3] == results[0], inputs[4] == results[1], inputs[5] == results[0] else {
            throw OpFailure("Expected the results of the forward pass and a gradient like the first.")
        }
        return Array(inputs[..<3])
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (mask, bias) = (forward.maskPlace(inputs.count), forward.biasPlace(inputs.count))
        return Kernel(forward.plan(inputs)) { plan, memory in
            mk_attention_gradient(
                plan, memory.input(0), memory.input(1), memory.input(2), mask.map { memory.input($0, as: UInt8.self) },
                bias.map(memory.input), memory.input(3), memory.input(4), memory.input(5), memory.output(0),
                memory.output(1), memory.output(2))
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // The scores again, and the gradients of query and key; those of the weights and of the value.
        forward.pairs(inputs) * (6 * inputs[0].shape[3] + 4 * inputs[2].shape[3] + 8)
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { context.differentiatingFormula(of: self) }

    static var samples: [OpSample] {
        let cases: [(AttentionSample, Attention)] = [
            (AttentionSample(), Attention(scale: 0.5)),
            (AttentionSample(queries: 2, keys: 3, heads: 2, keyHeads: 1, valueDepth: 1),
             Attention(scale: 0.7, isCausal: true)),
            (AttentionSample(mask: [2, 1, 3, 4], bias: [1, 1, 3, 4]),
             Attention(scale: 0.5, hasMask: true, hasBias: true)),
            (AttentionSample(batch: 0), Attention(scale: 1)),
        ]
        return cases.map { sample, op in
            let places = [sample.batch, sample.queries, sample.heads]
            let rest = [
                SampleInput.uniform(Shape(places + [sample.valueDepth]), seed: 5),
                SampleInput.uniform(Shape(places), in: 1...2, seed: 6),
                SampleInput.uniform(Shape(places + [sample.valueDepth]), seed: 7),
            ]
            return OpSample(Self(forward: op), sample.inputs + rest + sample.extras, label: sample.label(op))
        }
    }
}

/// Sizes of an attention and the inputs that go with them.
private struct AttentionSample {
    var batch = 2
    var queries = 3
    var keys = 4
    var heads = 2
    var keyHeads = 2
    var depth = 3
    var valueDepth = 3
    var mask: Shape?
    var bias: Shape?

    var inputs: [Tensor] {
        [
            SampleInput.uniform([batch, queries, heads, depth], seed: 1),
            SampleInput.uniform([batch, keys, keyHeads, depth], seed: 2),
            SampleInput.uniform([batch, keys, keyHeads, valueDepth], seed: 3),
        ]
    }

    /// About half of the mask is false: some queries see nothing.
    var extras: [Tensor] {
        [mask.map { SampleInput.uniform($0, seed: 8) .> 0.2 }, bias.map { SampleInput.uniform($0, seed: 4) }]
            .compactMap { $0 }
    }

    func label(_ op: Attention) -> String {
        "\(batch)x\(queries)x\(keys) heads \(heads)/\(keyHeads) depths \(depth)/\(valueDepth)"
            + (op.isCausal ? " causal" : "") + (mask.map { " mask \($0)" } ?? "") + (bias.map { " bias \($0)" } ?? "")
    }
}
