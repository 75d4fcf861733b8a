import CKernels

/// Fails unless logits are [rows..., classes] and labels are `int64` [rows...].
private func check(_ logits: TensorSpec, _ labels: TensorSpec) throws(OpFailure) {
    guard logits.dtype == .float32 || logits.dtype == .float64, labels.dtype == .int64 else {
        throw OpFailure("Expected floating-point logits and integer labels.")
    }
    guard logits.shape.rank >= 1, labels.shape.dimensions == logits.shape.dimensions.dropLast() else {
        throw OpFailure("Expected logits (..., classes) and one label for each row: labels of the logits' shape "
            + "without its last axis.")
    }
}

/// Fails with the label of `row`, unless that is -1.
private func checkLabel(
    _ row: Int64, _ logits: TensorSpec, _ labels: TensorSpec, _ memory: KernelMemory
) throws(OpFailure) {
    if row < 0 { return }
    let value = memory.input(1, as: Int64.self)[Int(row)]
    var rest = Int(row)
    let position = labels.shape.strides.map { stride -> Int in
        defer { rest %= stride }
        return rest / stride
    }
    let classes = logits.shape[-1]
    throw OpFailure(
        "Expected labels from 0 to \(classes - 1), for \(classes) classes, not \(value) at position \(position).")
}

/// `-logSoftmax(logits)[label]` for each row.
struct SparseSoftmaxCrossEntropy: KernelOp {
    static let name = "sparseSoftmaxCrossEntropy"

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try check(inputs[0], inputs[1])
        return [TensorSpec(inputs[1].shape, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (logits, labels) = (inputs[0], inputs[1])
        return Kernel { (memory) throws(OpFailure) in
            let wrong = mk_sparse_cross_entropy(
                logits.dtype.c, memory.input(0), memory.input(1, as: Int64.self), memory.output(0),
                Int64(labels.shape.elementCount), Int64(logits.shape[-1]))
            try checkLabel(wrong, logits, labels, memory)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let isLabel = inputs[1].expandingDims(at: -1) .== Tensor.range(0..<inputs[0].shape[-1])
        return [-`where`(isLabel, inputs[0].logSoftmax(), 0).sum(axis: -1)]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 4 * inputs[0].shape.elementCount }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (logits, labels) = (context.inputs[0], context.inputs[1])
        return [perform(SparseSoftmaxCrossEntropyGradient(), logits, labels, context.gradient), nil]
    }

    static var samples: [OpSample] {
        crossEntropySamples.map { OpSample(Self(), [$0, $1], label: "\($0.shape)") }
    }
}

/// `(softmax(logits) - onehot(label)) g` for each row: inputs logits, labels, and the gradient g of the losses.
struct SparseSoftmaxCrossEntropyGradient: KernelOp {
    static let name = "sparseSoftmaxCrossEntropyGradient"

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try check(inputs[0], inputs[1])
        guard inputs[2] == TensorSpec(inputs[1].shape, inputs[0].dtype) else {
            throw OpFailure("Expected one gradient for each row, of the logits' dtype.")
        }
        return [inputs[0]]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (logits, labels) = (inputs[0], inputs[1])
        return Kernel { (memory) throws(OpFailure) in
            let wrong = mk_sparse_cross_entropy_backward(
                logits.dtype.c, memory.input(0), memory.input(1, as: Int64.self), memory.input(2), memory.output(0),
                Int64(labels.shape.elementCount), Int64(logits.shape[-1]))
            try checkLabel(wrong, logits, labels, memory)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let isLabel = inputs[1].expandingDims(at: -1) .== Tensor.range(0..<inputs[0].shape[-1])
        return [(inputs[0].softmax() - isLabel.cast(to: inputs[0].dtype)) * inputs[2].expandingDims(at: -1)]
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 6 * inputs[0].shape.elementCount }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (logits, labels, weights) = (context.inputs[0], context.inputs[1], context.inputs[2])
        let (g, p) = (context.gradient, logits.softmax())
        let target = Tensor.oneHot(labels, depth: logits.shape[-1], dtype: logits.dtype)
        return [
            context.needs[0] ? perform(SoftmaxGradient(axis: -1), g * weights.expandingDims(at: -1), p) : nil,
            nil,
            context.needs[2] ? (g * (p - target)).sum(axis: -1) : nil,
        ]
    }

    static var samples: [OpSample] {
        crossEntropySamples.map { logits, labels in
            OpSample(Self(), [logits, labels, SampleInput.uniform(labels.shape, seed: 5)], label: "\(logits.shape)")
        }
    }
}

private var crossEntropySamples: [(Tensor, Tensor)] {
    [
        (SampleInput.uniform([3, 4]), Tensor([3, 0, 1])),
        (SampleInput.uniform([2, 1, 3]), Tensor([2, 0], shape: [2, 1])),
        (SampleInput.uniform([2]), Tensor([1], shape: [])),
        (SampleInput.uniform([0, 3]), Tensor([Int](), shape: [0])),
    ]
}

/// The cross-entropy of each row of `logits` with the class that its label names: `-logSoftmax(logits)[label]`.
///
/// - Parameters:
///   - labels: class numbers from 0, of any numeric type: [...]. Stops at a label that is no class.
///   - logits: unnormalised log probabilities: [..., classes].
/// - Returns: the loss of each row, [...].
///
/// Source: [`tf.nn.sparse_softmax_cross_entropy_with_logits`](
/// https://www.tensorflow.org/api_docs/python/tf/nn/sparse_softmax_cross_entropy_with_logits).
public func sparseSoftmaxCrossEntropy(labels: Tensor, logits: Tensor) -> Tensor {
    perform(
        SparseSoftmaxCrossEntropy(), logits.floating, labels.dtype == .int64 ? labels : labels.cast(to: .int64))
}
