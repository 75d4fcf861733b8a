import Martlet
import MartletCore

extension ExportOptions {
    /// Makes options whose samples for calibration come from a `Dataset`, or what else `fit` takes.
    ///
    /// ```swift
    /// let samples = Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all, seed: 1).batch(32)
    /// let options = try ExportOptions(quantization: .int8, calibration: samples)
    /// ```
    ///
    /// - Parameters:
    ///   - inputShapes: the shape of each input, batch axis (nil) included, for a model that does not know them.
    ///   - quantization: how weights and activations are rounded: `int8` or `int16x8`.
    ///   - source: batches of samples that are like those that the model will see, in an order that mixes their kinds. Targets
    ///     are not read.
    ///   - batches: how many batches are read, at most.
    ///   - tolerance: the largest difference between file and model. The file is compared on the first batch.
    /// - Throws: what the data set throws, or `MartletError` when it has no batch.
    public init(
        inputShapes: [PartialShape]? = nil, quantization: Quantization, calibration source: some BatchSource, batches: Int = 16,
        tolerance: Double? = nil
    ) throws {
        guard batches > 0 else {
            throw MartletError("Expected at least 1 batch to calibrate with. Received: \(batches).", at: "calibration")
        }
        let read = try source.readBatches()
        var found: [[Tensor]] = []
        while found.count < batches, let batch = try read() { found.append(batch.inputs) }
        guard let first = found.first else {
            throw MartletError("Expected a data set with batches to calibrate with. Received none.", at: "calibration")
        }
        self.init(
            inputShapes: inputShapes, quantization: quantization, calibration: found, checkedInputs: first,
            tolerance: tolerance)
    }
}
