import MartletCore

/// The L2 norm of all elements of all tensors together.
/// - Parameter tensors: floating-point tensors, such as gradients. Those that are nil do not count.
/// - Returns: a scalar; 0 of the default float type when there are no tensors.
public func globalNorm(_ tensors: [Tensor?]) -> Tensor {
    let squares = tensors.compactMap { $0?.square().sum() }
    return squares.isEmpty ? Tensor(0.0) : squares.dropFirst().reduce(squares[0], +).squareRoot()
}

/// Scales each tensor by itself to at most an L2 norm, as `tf.clip_by_norm` does.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients. Those that are nil stay so.
///   - norm: the largest norm. Stops when it is not positive.
public func clipByNorm(_ tensors: [Tensor?], _ norm: Double) -> [Tensor?] {
    clip(tensors, OptimizerOptions(clipNorm: norm))
}

/// Scales each tensor by itself to at most an L2 norm, as `tf.clip_by_norm` does.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients.
///   - norm: the largest norm. Stops when it is not positive.
public func clipByNorm(_ tensors: [Tensor], _ norm: Double) -> [Tensor] { OptimizerOptions(clipNorm: norm).clip(tensors) }

/// Scales all tensors by one factor, so that their `globalNorm` is at most `norm`, as `tf.clip_by_global_norm` does.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients. Those that are nil stay so.
///   - norm: the largest norm. Stops when it is not positive.
/// - Returns: the scaled tensors, all NaN when the norm is not finite.
public func clipByGlobalNorm(_ tensors: [Tensor?], _ norm: Double) -> [Tensor?] {
    clip(tensors, OptimizerOptions(globalClipNorm: norm))
}

/// Scales all tensors by one factor, so that their `globalNorm` is at most `norm`, as `tf.clip_by_global_norm` does.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients.
///   - norm: the largest norm. Stops when it is not positive.
/// - Returns: the scaled tensors, all NaN when the norm is not finite.
public func clipByGlobalNorm(_ tensors: [Tensor], _ norm: Double) -> [Tensor] {
    OptimizerOptions(globalClipNorm: norm).clip(tensors)
}

/// Clips each element to `-value...value`.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients. Those that are nil stay so.
///   - value: the largest absolute value. Stops when it is not positive.
public func clipByValue(_ tensors: [Tensor?], _ value: Double) -> [Tensor?] {
    clip(tensors, OptimizerOptions(clipValue: value))
}

/// Clips each element to `-value...value`.
/// - Parameters:
///   - tensors: floating-point tensors, such as gradients.
///   - value: the largest absolute value. Stops when it is not positive.
public func clipByValue(_ tensors: [Tensor], _ value: Double) -> [Tensor] { OptimizerOptions(clipValue: value).clip(tensors) }

private func clip(_ tensors: [Tensor?], _ options: OptimizerOptions) -> [Tensor?] {
    var clipped = options.clip(tensors.compactMap { $0 }).makeIterator()
    return tensors.map { $0 == nil ? nil : clipped.next() }
}
