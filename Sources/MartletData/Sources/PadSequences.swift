import MartletCore

/// An end of a sequence.
public enum SequenceEnd: String, Sendable, CaseIterable, NamedChoice {
    /// The beginning.
    case pre
    /// The end.
    case post
}

/// Sequences of different lengths as one tensor, filled up or cut: Keras's `pad_sequences`.
///
/// ```swift
/// let x = padSequences([[7, 2], [5, 1, 4]], padding: .post)  // [[7, 2, 0], [5, 1, 4]]
/// ```
/// - Parameters:
///   - sequences: lists of numbers.
///   - maxLength: the length that all get; nil is that of the longest.
///   - dtype: the type of the tensor.
///   - padding: where shorter ones are filled up.
///   - truncating: where longer ones are cut.
///   - value: what fills up.
/// - Returns: a tensor of shape `(sequences.count, maxLength)`.
/// Stops when `maxLength` is negative.
public func padSequences(
    _ sequences: [[some TensorScalar]], maxLength: Int? = nil, dtype: DType = .int32, padding: SequenceEnd = .pre,
    truncating: SequenceEnd = .pre, value: Double = 0
) -> Tensor {
    let length = maxLength ?? sequences.map(\.count).max() ?? 0
    guard require(length >= 0, "padSequences", "Expected a length of at least 0. Received: \(length).") else { return .nothing }
    let (total, overflow) = sequences.count.multipliedReportingOverflow(by: length)
    do {
        try [Double].requireMemory(overflow ? .max / 4 : total, at: "padSequences")
    } catch {
        fail("padSequences", error.message)
        return .nothing
    }
    var numbers: [Double] = []
    numbers.reserveCapacity(sequences.count * length)
    for sequence in sequences {
        let kept = truncating == .pre ? sequence.suffix(length) : sequence.prefix(length)
        let filling = [Double](repeating: value, count: length - kept.count)
        if padding == .pre { numbers += filling }
        for number in kept { numbers.append(number.doubleValue) }
        if padding == .post { numbers += filling }
    }
    return Tensor(numbers, shape: [sequences.count, length]).cast(to: dtype)
}
