/// What stands for the gradient of a source that the target does not depend on.
public enum UnconnectedGradients: Sendable {
    /// nil
    case none
    /// zeros of the source's shape
    case zeros
}

extension GradientTape {
    /// The gradient of `target` with respect to `source`: the derivative of the sum of `target`'s elements, each
    /// weighted by its `outputGradient` (1 when nil). Nil when `target` does not depend on `source`, unless
    /// `unconnected` is `.zeros`.
    public func gradient(
        of target: Tensor, withRespectTo source: some GradientSource, outputGradient: Tensor? = nil,
        unconnected: UnconnectedGradients = .none
    ) -> Tensor? {
        gradients(
            of: [target], withRespectTo: [source], outputGradients: [outputGradient], unconnected: unconnected)[0]
    }

    /// The gradients of `target` with respect to each of `sources`.
    public func gradient(
        of target: Tensor, withRespectTo sources: [any GradientSource], outputGradient: Tensor? = nil,
        unconnected: UnconnectedGradients = .none
    ) -> [Tensor?] {
        gradients(of: [target], withRespectTo: sources, outputGradients: [outputGradient], unconnected: unconnected)
    }

    /// The gradients of the sum of several targets with respect to each of `sources`.
    ///
    /// - Parameters:
    ///   - targets: what is differentiated.
    ///   - sources: watched tensors and variables.
    ///   - outputGradients: the weight of each element of each target, ones where nil.
    ///   - unconnected: what stands for a source that no target depends on.
    /// - Returns: one gradient for each source, of its shape and dtype.
    public func gradients(
        of targets: [Tensor], withRespectTo sources: [any GradientSource], outputGradients: [Tensor?]? = nil,
        unconnected: UnconnectedGradients = .none
    ) -> [Tensor?] {
        let weights = outputGradients ?? targets.map { _ in nil }
        require(
            weights.count == targets.count, "GradientTape.gradient",
            "Expected one output gradient for each of \(targets.count) targets. Received: \(weights.count).")
        for (target, weight) in zip(targets, weights) {
            require(
                target.dtype.isFloatingPoint, "GradientTape.gradient",
                "Only floating-point tensors have gradients. Received: target \(target.spec).")
            guard let weight else { continue }
            require(
                weight.spec == target.spec, "GradientTape.gradient",
                "Expected an output gradient \(target.spec). Received: \(weight.spec).")
        }
        let found = backward(targets: targets, outputGradients: weights, sources: sources)
        guard unconnected == .zeros else { return found }
        return zip(found, sources).map { $0 ?? Tensor.zeros($1.spec.shape, dtype: $1.spec.dtype) }
    }

    /// The Jacobian of `target` with respect to `source`: shape `target.shape + source.shape`, nil when `target` does
    /// not depend on `source` and `unconnected` is `.none`. The tape must be persistent unless `target` has one
    /// element.
    public func jacobian(
        of target: Tensor, withRespectTo source: some GradientSource, unconnected: UnconnectedGradients = .none
    ) -> Tensor? {
        require(
            isPersistent || target.elementCount <= 1, "GradientTape.jacobian",
            "A Jacobian takes one backward pass for each element: make the tape with GradientTape(persistent: true).")
        let shape = Shape(target.shape.dimensions + source.spec.shape.dimensions)
        let count = target.elementCount
        var rows: [Tensor] = []
        for index in 0..<count {
            let selector = Tensor.basis(index, count: count, dtype: target.dtype).reshaped(to: target.shape)
            guard
                let row = gradient(
                    of: target, withRespectTo: source, outputGradient: selector, unconnected: unconnected)
            else { return nil }
            rows.append(row)
        }
        return rows.isEmpty ? .zeros(shape, dtype: source.spec.dtype) : Tensor.stack(rows).reshaped(to: shape)
    }

    /// The Jacobian of each sample of a batch: shape `[batch] + target.shape[1...] + source.shape[1...]`. Row i of
    /// `target` must depend on row i of `source` only. The tape must be persistent unless a sample of `target` has one
    /// element.
    public func batchJacobian(
        of target: Tensor, withRespectTo source: some GradientSource, unconnected: UnconnectedGradients = .none
    ) -> Tensor? {
        let sourceShape = source.spec.shape
        require(
            target.rank >= 1 && sourceShape.rank >= 1 && target.shape[0] == sourceShape[0],
            "GradientTape.batchJacobian",
            "Expected a target and a source with the same first axis. Received: \(target.shape) and \(sourceShape).")
        let batch = target.shape[0]
        let perSample = target.shape.dimensions.dropFirst().reduce(1, *)
        require(
            isPersistent || perSample <= 1, "GradientTape.batchJacobian",
            "A Jacobian takes one backward pass for each element: make the tape with GradientTape(persistent: true).")
        let shape = Shape([batch] + target.shape.dimensions.dropFirst() + sourceShape.dimensions.dropFirst())
        var columns: [Tensor] = []
        for index in 0..<perSample {
            let selector = Tensor.basis(index, count: perSample, dtype: target.dtype)
                .broadcast(to: [batch, perSample]).reshaped(to: target.shape)
            guard
                let column = gradient(
                    of: target, withRespectTo: source, outputGradient: selector, unconnected: unconnected)
            else { return nil }
            columns.append(column)
        }
        return columns.isEmpty
            ? .zeros(shape, dtype: source.spec.dtype) : Tensor.stack(columns, axis: 1).reshaped(to: shape)
    }
}
