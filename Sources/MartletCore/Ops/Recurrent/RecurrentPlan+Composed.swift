extension RecurrentPlan {
    /// The output and the last states of `RecurrentSequence` by plain ops, step after step: what second and higher
    /// derivatives are taken of.
    func composed(_ inputs: [Tensor]) -> [Tensor] {
        let (x, steps) = (inputs[0], inputs[0].shape[1])
        var states = Array(inputs[1..<kernel])
        let units = states[0].shape[1]
        let recurrent = inputs[kernel + 1]
        var gates = matmul(x, inputs[kernel])
        var recurrentBias: Tensor?
        if let bias {
            let both = inputs[bias]
            gates = gates + (both.rank == 2 ? both[0] : both)
            recurrentBias = both.rank == 2 ? both[1] : nil
        }
        var output = Tensor.zeros(states[0].shape, dtype: x.dtype)
        var outputs: [Tensor] = []
        // Split once: a slice's gradient is as large as what it is cut from.
        let inputsOfSteps = steps == 0 ? [] : gates.unstacked(axis: 1)
        let masks = steps == 0 ? nil : mask.map { inputs[$0].unstacked(axis: 1).map { $0.expandingDims(at: 1) } }
        for step in 0..<steps {
            let t = goBackwards ? steps - 1 - step : step
            var next = stepped(
                inputsOfSteps[t], states, recurrent: recurrent, recurrentBias: recurrentBias, units: units)
            var result = next[0]
            if let keep = masks?[t] {
                result = `where`(keep, result, zeroOutputForMask ? .zeros(like: output) : output)
                next = zip(next, states).map { `where`(keep, $0, $1) }
            }
            (states, output) = (next, result)
            outputs.append(output)
        }
        guard returnSequences else { return [output] + states }
        let all = outputs.isEmpty ? .zeros([x.shape[0], 0, units], dtype: x.dtype) : Tensor.stack(outputs, axis: 1)
        return [all] + states
    }

    /// The states after one step, of which the first is the output.
    private func stepped(
        _ gates: Tensor, _ states: [Tensor], recurrent: Tensor, recurrentBias: Tensor?, units: Int
    ) -> [Tensor] {
        func block(_ x: Tensor, _ number: Int) -> Tensor { x[.all, (number * units)..<((number + 1) * units)] }
        let h = states[0]
        switch kind {
        case .simple:
            return [(gates + matmul(h, recurrent)).tanh()]
        case .lstm:
            let z = gates + matmul(h, recurrent)
            let c = block(z, 1).sigmoid() * states[1] + block(z, 0).sigmoid() * block(z, 2).tanh()
            return [block(z, 3).sigmoid() * c.tanh(), c]
        case .gru(let resetAfter):
            var product = matmul(h, resetAfter ? recurrent : recurrent[.all, 0..<(2 * units)])
            if let recurrentBias { product = product + recurrentBias }
            let z = (block(gates, 0) + block(product, 0)).sigmoid()
            let r = (block(gates, 1) + block(product, 1)).sigmoid()
            let candidate = resetAfter ? r * block(product, 2) : matmul(r * h, block(recurrent, 2))
            return [z * h + (1 - z) * (block(gates, 2) + candidate).tanh()]
        }
    }
}
