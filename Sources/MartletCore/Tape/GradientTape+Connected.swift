extension GradientTape {
    /// The gradient of `target` with respect to each of `sources`, all of which it must depend on: the ordinary case of a
    /// training loop.
    ///
    /// ```swift
    /// let gradients = tape.connectedGradients(of: loss, withRespectTo: model.trainableVariables)
    /// optimizer.apply(clipByGlobalNorm(gradients, 1), to: model.trainableVariables)
    /// ```
    ///
    /// Stops, naming the first such variable, when `target` does not depend on one of them. `gradient(of:withRespectTo:)` gives
    /// nil there.
    /// - Parameters:
    ///   - target: what is differentiated, a floating-point tensor computed inside `record`.
    ///   - sources: watched tensors and variables.
    ///   - outputGradient: the weight of each element of `target`, ones when nil.
    /// - Returns: one gradient for each source, of its shape and dtype.
    public func connectedGradients(
        of target: Tensor, withRespectTo sources: [any GradientSource], outputGradient: Tensor? = nil
    ) -> [Tensor] {
        let found = gradient(of: target, withRespectTo: sources, outputGradient: outputGradient)
        if let index = found.firstIndex(where: { $0 == nil }) {
            let source = sources[index]
            let name = (source as? Variable).map { "variable \"\($0.path)\"" } ?? "source \(index)"
            let missing = found.lazy.filter { $0 == nil }.count
            fail(
                "GradientTape.connectedGradients",
                "Expected a target that depends on \(name) (\(source.spec.text)). Received: one that does not, nor on "
                    + "\(missing - 1) others of \(found.count). Compute it from them inside record(_:), leave them out, or ask "
                    + "gradient(of:withRespectTo:), which gives nil there.")
        }
        return zip(found, sources).map { $0 ?? .substitute($1.spec) }
    }

    /// The gradient of `target` with respect to `source`, on which it must depend. Stops when it does not.
    /// - Parameters:
    ///   - target: what is differentiated, a floating-point tensor computed inside `record`.
    ///   - source: a watched tensor or a variable.
    ///   - outputGradient: the weight of each element of `target`, ones when nil.
    /// - Returns: a tensor of the source's shape and dtype.
    public func connectedGradient(
        of target: Tensor, withRespectTo source: some GradientSource, outputGradient: Tensor? = nil
    ) -> Tensor {
        connectedGradients(of: target, withRespectTo: [source], outputGradient: outputGradient)[0]
    }
}
