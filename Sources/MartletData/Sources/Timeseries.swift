import MartletCore

/// Batches of windows of a series, each with what is to be predicted from it: Keras's `timeseries_dataset_from_array`.
///
/// ```swift
/// // From 24 steps, the step after them.
/// let windows = try timeseriesDatasetFromArray(series, targets: series[24...], sequenceLength: 24)
/// ```
/// - Parameters:
///   - data: the series, one step after the other along the first axis.
///   - targets: one for each window: that of the window which begins at step `i` is `targets[i]`. Windows without one are left
///     out.
///   - sequenceLength: the number of steps in a window.
///   - sequenceStride: how many steps later the next window begins.
///   - samplingRate: the distance between the steps of a window.
///   - batchSize: the number of windows in a batch.
///   - shuffle: whether each reading has another exact permutation of the windows.
///   - seed: of the permutations. Nil takes one that follows from `setRandomSeed`.
///   - startIndex: the first step that is used.
///   - endIndex: the step behind the last one that is used; nil is the end.
/// - Throws: `MartletError` for a series without steps, numbers out of range, or when no window fits in.
public func timeseriesDatasetFromArray(
    _ data: Tensor, targets: Tensor, sequenceLength: Int, sequenceStride: Int = 1, samplingRate: Int = 1, batchSize: Int = 128,
    shuffle: Bool = false, seed: Int? = nil, startIndex: Int = 0, endIndex: Int? = nil
) throws -> Dataset<(Tensor, Tensor)> {
    let windows = try Windows(
        data, targets, length: sequenceLength, stride: sequenceStride, rate: samplingRate, batchSize: batchSize,
        startIndex: startIndex, endIndex: endIndex)
    return windows.places(shuffle: shuffle, seed: seed)
        .map { place in (windows.window(at: place), targets[place]) }.batch(batchSize)
}

/// Batches of windows of a series, without targets.
/// - Throws: `MartletError` for a series without steps, numbers out of range, or when no window fits in.
public func timeseriesDatasetFromArray(
    _ data: Tensor, sequenceLength: Int, sequenceStride: Int = 1, samplingRate: Int = 1, batchSize: Int = 128,
    shuffle: Bool = false, seed: Int? = nil, startIndex: Int = 0, endIndex: Int? = nil
) throws -> Dataset<Tensor> {
    let windows = try Windows(
        data, nil, length: sequenceLength, stride: sequenceStride, rate: samplingRate, batchSize: batchSize,
        startIndex: startIndex, endIndex: endIndex)
    return windows.places(shuffle: shuffle, seed: seed).map(windows.window).batch(batchSize)
}

/// The windows of a series.
private struct Windows: Sendable {
    let data: Tensor
    /// The number of steps from the beginning of a window to its end, and the distance between those it has.
    let span: Int, rate: Int
    let first: Int, stride: Int, count: Int

    init(
        _ data: Tensor, _ targets: Tensor?, length: Int, stride: Int, rate: Int, batchSize: Int, startIndex: Int, endIndex: Int?
    ) throws {
        let numbers = [
            ("sequenceLength", length), ("sequenceStride", stride), ("samplingRate", rate), ("batchSize", batchSize),
        ]
        for (name, value) in numbers where value < 1 {
            throw MartletError("Expected a number of at least 1. Received: \(value).", at: name)
        }
        for (name, tensor) in [("data", data), ("targets", targets ?? data)] where tensor.rank == 0 {
            throw MartletError("Expected an axis of steps. Received: \(tensor.spec).", at: name)
        }
        let steps = data.shape[0]
        guard startIndex >= 0, startIndex < steps else {
            throw MartletError("Expected a step among 0..<\(steps). Received: \(startIndex).", at: "startIndex")
        }
        let end = endIndex ?? steps
        guard end > startIndex, end <= steps else {
            throw MartletError("Expected a number in \(startIndex + 1)...\(steps). Received: \(end).", at: "endIndex")
        }
        let (product, overflow) = (length - 1).multipliedReportingOverflow(by: rate)
        // Places and targets are counted from the first step that is used, as in Keras.
        var places = overflow || product >= end - startIndex ? 0 : end - startIndex - product
        if let targets { places = min(places, max(0, min(end, targets.shape[0]) - startIndex)) }
        guard places > 0 else {
            let also = targets.map { ", with a target each of \($0.shape[0])" } ?? ""
            throw MartletError(
                "Expected steps for at least one window of \(length) steps at distance \(rate)\(also). "
                    + "Received: \(end - startIndex) steps.", at: "sequenceLength")
        }
        (self.data, span, self.rate, first, self.stride) = (data, product + 1, rate, startIndex, stride)
        count = (places - 1) / stride + 1
    }

    /// The steps at which windows begin.
    func places(shuffle: Bool, seed: Int?) -> Dataset<Int> {
        let numbers = Dataset.range(count)
        let order = shuffle ? numbers.shuffle(bufferSize: .all, seed: seed) : numbers
        return order.map { [first, stride] in first + $0 * stride }
    }

    func window(at place: Int) -> Tensor { data[.stride(from: place, to: place + span, by: rate)] }
}
