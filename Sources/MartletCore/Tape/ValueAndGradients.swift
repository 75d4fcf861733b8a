/// What `body` computes, and its gradients with respect to variables and tensors: a tape for one use.
///
/// ```swift
/// let (loss, gradients) = valueAndGradients(of: model.trainableVariables) { lossFunction(y, model(x, training: true)) }
/// optimizer.apply(gradients, to: model.trainableVariables)
/// ```
///
/// Stops, naming the first such source, when the value does not depend on one of them.
/// - Parameters:
///   - sources: variables, and tensors of a floating-point type that `body` uses.
///   - body: computes a floating-point tensor; of one that is not a scalar the gradients are those of its sum.
/// - Returns: the value, and a gradient for each source, of its shape and dtype.
public func valueAndGradients(
    of sources: [any GradientSource], _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
    let tape = GradientTape(watchVariables: false)
    let value = try tape.record {
        for source in sources {
            if let variable = source as? Variable { tape.watch(variable) }
            if let tensor = source as? Tensor { tape.watch(tensor) }
        }
        return try body()
    }
    return (value, tape.connectedGradients(of: value, withRespectTo: sources))
}
