/// The gradients of `sources`, of which `function` computes tensors, from the gradients of these; zeros where none depends on
/// a source.
func gradients(at sources: [Tensor], upstream: [Tensor], _ function: () -> [Tensor]) -> [Tensor] {
    let tape = GradientTape(watchVariables: false)
    let results = tape.record {
        for source in sources { tape.watch(source) }
        return function()
    }
    return tape.gradients(
        of: results, withRespectTo: sources, outputGradients: upstream, unconnected: .zeros
    ).map { $0! }
}

extension GradientContext {
    /// The gradients of the inputs by differentiating `formula`, which computes the op's outputs with other ops: for what
    /// is asked of an op too seldom to deserve a kernel. Only outputs with a gradient need to be right.
    func differentiating(_ formula: ([Tensor]) -> [Tensor]) -> [Tensor?] {
        let tape = GradientTape(watchVariables: false)
        // One tensor may be several inputs: each has its own gradient only under a handle of its own.
        let own = inputs.map { perform(Reshape(shape: $0.shape), $0) }
        let sources = own.indices.filter { needs[$0] }
        let results = tape.record {
            for index in sources { tape.watch(own[index]) }
            return formula(own)
        }
        let targets = results.indices.filter { outputGradients[$0] != nil }
        let found = tape.gradients(
            of: targets.map { results[$0] }, withRespectTo: sources.map { own[$0] },
            outputGradients: targets.map { outputGradients[$0] })
        var gradients = [Tensor?](repeating: nil, count: inputs.count)
        for (index, gradient) in zip(sources, found) { gradients[index] = gradient }
        return gradients
    }

    /// The gradients of the inputs by differentiating the op's formula.
    func differentiatingFormula(of op: some Op) -> [Tensor?] { differentiating { op.formula($0)! } }

    /// The same op with gradients flowing into the chosen outputs only.
    func restricted(toOutputs isKept: (Int) -> Bool) -> GradientContext {
        GradientContext(
            inputs: inputs, outputs: outputs,
            outputGradients: outputGradients.enumerated().map { isKept($0.offset) ? $0.element : nil }, needs: needs)
    }
}

/// The sum of two lists of gradients, nil standing for 0.
func adding(_ a: [Tensor?], _ b: [Tensor?]) -> [Tensor?] {
    zip(a, b).map { first, second in
        guard let first, let second else { return first ?? second }
        return first + second
    }
}
