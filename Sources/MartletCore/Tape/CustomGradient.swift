/// A function with a derivative of its own: what `withCustomGradient` records.
struct CustomGradient: FormulaOp, @unchecked Sendable {
    static let name = "customGradient"

    let results: [Tensor]
    let backward: ([Tensor]) -> [Tensor?]

    func outputs(for inputs: [TensorSpec]) -> [TensorSpec] { results.map(\.spec) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let gradients = backward(context.outputs.indices.map(context.gradient(ofOutput:)))
        require(
            gradients.count == context.inputs.count, "withCustomGradient",
            "Expected a gradient, or nil, for each of \(context.inputs.count) inputs. Received: \(gradients.count).")
        return gradients
    }

    static var samples: [OpSample] { [] }

    // Each is the only one of its kind.
    static func == (a: CustomGradient, b: CustomGradient) -> Bool { a.results.map(\.id) == b.results.map(\.id) }
    func hash(into hasher: inout Hasher) { hasher.combine(results.map(\.id)) }
}

/// Computes `forward` and gives its results a derivative of your own.
///
/// `forward` is not recorded; in its place the tapes record the function that it returns beside its results. That
/// function takes the gradients of the results and returns the gradient of each input, nil for none. It is written with
/// tensors, so it can be differentiated again.
///
/// ```swift
/// // log(1 + e^x) whose derivative does not overflow
/// let y = withCustomGradient(of: x) { x in
///     let e = x.exp()
///     return ((1 + e).log(), { upstream in upstream * (1 - 1 / (1 + e)) })
/// }
/// ```
///
/// Source: [`tf.custom_gradient`](https://www.tensorflow.org/api_docs/python/tf/custom_gradient).
public func withCustomGradient(
    of inputs: [Tensor], _ forward: ([Tensor]) -> (results: [Tensor], gradient: ([Tensor]) -> [Tensor?])
) -> [Tensor] {
    let context = Context.current
    let (results, gradient) = context.withTapes([]) { forward(inputs) }
    // A result that is an input or another result itself needs a handle of its own to be told apart.
    let outputs = results.map { Tensor(sharing: $0, as: $0.spec) }
    let op = CustomGradient(results: outputs, backward: gradient)
    for tape in context.tapes { tape.record(op, inputs: inputs, outputs: outputs) }
    return outputs
}

/// Computes `forward` of one tensor and gives its result a derivative of your own.
public func withCustomGradient(
    of input: Tensor, _ forward: (Tensor) -> (result: Tensor, gradient: (Tensor) -> Tensor)
) -> Tensor {
    withCustomGradient(of: [input]) { inputs in
        let (result, gradient) = forward(inputs[0])
        return ([result], { [gradient($0[0])] })
    }[0]
}

extension Tensor {
    /// The same values, constant for every tape: no gradient flows through.
    public func stopGradient() -> Tensor { perform(StopGradient(), self) }
}
