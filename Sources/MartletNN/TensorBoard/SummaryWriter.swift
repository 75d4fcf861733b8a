import Foundation
import MartletCore
import MartletFormats

/// Writes event files for TensorBoard, from training loops of one's own. For `fit` there is `TensorBoard`.
///
/// ```swift
/// let writer = try SummaryWriter(logDirectory: "logs/run-1")
/// for step in 0..<100 { try writer.scalar("loss", 1 / Double(step + 1), step: step) }
/// try writer.close()
/// ```
///
/// `tensorboard --logdir logs` shows it; `martlet logs logs` prints it, and `EventLog` reads it. A file is called and made as
/// those of `tf.summary`; each writer begins a new one. Values of one tag should come in the order of their steps.
///
/// Events wait in memory, and are written when there are more than `maxQueue` of them or, with the next event, after
/// `flushMillis`. `flush`, `close` and the end of the object write what waits. Threads may share a writer.
///
/// Source: [`tf.summary`](https://www.tensorflow.org/api_docs/python/tf/summary).
public final class SummaryWriter: Sendable {
    /// The folder of the file: a run.
    public let logDirectory: String
    /// The file.
    public let path: String
    private let maxQueue: Int
    private let flushSeconds: Double
    private let state: Guarded<State>

    /// The field of a summary with one scalar, and the place of its number.
    private typealias ScalarBytes = (bytes: [UInt8], place: Int)

    private struct State {
        let file: EventFile
        /// By the clock of the events.
        var lastFlush: Double
        var isClosed = false
        /// Whether a trial of hyperparameters was begun, whose end `close` notes.
        var hasTrial = false
        /// For each tag the bytes of a scalar, which differ in the number only.
        var scalars: [String: ScalarBytes] = [:]
        /// The same for the tags that the last step had together.
        var group: (tags: [String], scalars: [ScalarBytes]) = ([], [])
        /// Steps of the group that have no events yet, and the numbers of each: a training notes them in less than it takes to
        /// make events, which are made of many at once.
        var steps: [(time: Double, step: Int)] = []
        var numbers: [Double] = []
        var record: [UInt8] = []

        /// The events that wait.
        var count: Int { file.pendingCount + numbers.count }
    }

    /// Begins a file.
    /// - Parameters:
    ///   - logDirectory: the folder of the run, made where it is missing.
    ///   - maxQueue: the most events that wait in memory.
    ///   - flushMillis: the most milliseconds that events wait while others come.
    ///   - filenameSuffix: the end of the file's name.
    /// - Throws: `MartletError` when the file cannot be made, or a number is below 0.
    public convenience init(
        logDirectory: String, maxQueue: Int = 10, flushMillis: Int = 120_000, filenameSuffix: String = ".v2"
    ) throws {
        try self.init(logDirectory, maxQueue: maxQueue, flushMillis: flushMillis, suffix: filenameSuffix, writer: "martlet")
    }

    init(
        _ logDirectory: String, maxQueue: Int = 10, flushMillis: Int = 120_000, suffix: String = ".v2", writer: String
    ) throws {
        for (name, value) in [("maxQueue", maxQueue), ("flushMillis", flushMillis)] where value < 0 {
            throw MartletError("Expected a number of at least 0. Received: \(value).", at: name)
        }
        guard !suffix.contains("/") else {
            throw MartletError("Expected the end of a file's name. Received: \"\(suffix)\".", at: "filenameSuffix")
        }
        let file = try EventFile(in: logDirectory, suffix: suffix, writer: writer)
        (self.logDirectory, path) = (logDirectory, file.path)
        (self.maxQueue, flushSeconds) = (maxQueue, Double(flushMillis) / 1000)
        state = Guarded(State(file: file, lastFlush: EventFile.now))
    }

    // The file writes what waits in it when it ends.
    deinit { try? state.withLock { try makeEvents(&$0) } }

    // MARK: - Values

    /// Adds a number. TensorBoard draws the numbers of a tag as a curve.
    /// - Parameters:
    ///   - name: the tag; a slash groups tags.
    ///   - value: is rounded to `float32`.
    ///   - step: the place on the curve's axis.
    ///   - description: text in Markdown about the tag.
    /// - Throws: `MartletError` when the writer is closed, the name is empty, or the file cannot be written.
    public func scalar(_ name: String, _ value: Double, step: Int, description: String? = nil) throws {
        guard !name.isEmpty else { throw SummaryWriter.noName }
        try state.withLock { state in
            let key = description.map { "\(name)\0\($0)" } ?? name
            let known = state.scalars[key]
            let scalar = known ?? SummaryWriter.bytesOfScalar(name, description)
            if known == nil { state.scalars[key] = scalar }
            let time = EventFile.now
            try makeEvents(&state)
            try add(scalar, value, step, time: time, &state)
            try flushInTime(&state, time)
        }
    }

    /// Adds numbers of one step, each under its tag.
    func scalars(_ tags: [String], _ values: [Double], step: Int) throws {
        try state.withLock { state in
            guard !state.isClosed else { throw closed }
            if state.group.tags != tags {
                try makeEvents(&state)
                state.group = (tags, tags.map { SummaryWriter.bytesOfScalar($0, nil) })
            }
            let time = EventFile.now
            state.steps.append((time, step))
            state.numbers += values
            try flushInTime(&state, time)
        }
    }

    /// Makes events of the steps that have none yet.
    private func makeEvents(_ state: inout State) throws {
        guard !state.steps.isEmpty else { return }
        defer {
            state.steps.removeAll(keepingCapacity: true)
            state.numbers.removeAll(keepingCapacity: true)
        }
        let count = state.group.scalars.count
        for row in state.steps.indices {
            let (time, step) = state.steps[row]
            for place in 0..<count {
                try add(state.group.scalars[place], state.numbers[row * count + place], step, time: time, &state)
            }
        }
    }

    /// Adds the same as the record of a `SummaryEvent`, without its messages in messages.
    private func add(_ scalar: ScalarBytes, _ value: Double, _ step: Int, time: Double, _ state: inout State) throws {
        state.record.removeAll(keepingCapacity: true)
        state.record.append(1 << 3 | 1)
        withUnsafeBytes(of: time.bitPattern.littleEndian) { state.record += $0 }
        if step != 0 {
            state.record.append(2 << 3)
            var rest = UInt64(bitPattern: Int64(step))
            while rest >= 0x80 {
                state.record.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            state.record.append(UInt8(rest))
        }
        let place = state.record.count + scalar.place
        state.record += scalar.bytes
        withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bits in
            for byte in 0..<4 { state.record[place + byte] = bits[byte] }
        }
        try append(state.record, &state)
    }

    /// The field of a summary with one scalar, and the place of its number.
    private static func bytesOfScalar(_ name: String, _ description: String?) -> ScalarBytes {
        let value = SummaryValue(
            name, .tensor(SummaryTensor([Float(0)], shape: [])), plugin: "scalars", description: description ?? "")
        let message = ProtobufWriter.message { value.write(to: &$0) }
        let field = ProtobufWriter.message { $0.write(5) { $0.write(1, message) } }
        let tag = ProtobufWriter.message { $0.write(1, text: name) }
        // After the tag: the tensor's key and size, its type, its shape, and the key and size of its bytes.
        return (field, field.count - message.count + tag.count + 2 + 2 + 2 + 2)
    }

    /// Adds how the elements of a tensor are distributed.
    /// - Parameters:
    ///   - name: the tag.
    ///   - values: numbers of any shape. Those that are not finite are left out.
    ///   - buckets: the number of buckets, of one width, between the smallest and the largest element.
    /// - Throws: `MartletError` when the values are strings, the number of buckets is below 1, and as `scalar` does.
    public func histogram(
        _ name: String, _ values: Tensor, step: Int, buckets: Int = 30, description: String? = nil
    ) throws {
        let rows = try HistogramBuckets.rows(of: values, count: buckets)
        try add(name, SummaryTensor(rows, shape: [rows.count / 3, 3]), plugin: "histograms", step, description)
    }

    /// Adds images.
    /// - Parameters:
    ///   - name: the tag.
    ///   - images: shape `(count, height, width, channels)`, of 1 to 4 channels: grey, grey and alpha, colours, colours and
    ///     alpha; also one image, `(height, width, channels)` or `(height, width)`. Floating-point values go from 0 to 1,
    ///     integers from 0 to 255; what lies outside becomes the nearest of them.
    ///   - maxOutputs: the most images that are written.
    /// - Throws: `MartletError` when the tensor is of another shape or of strings, and as `scalar` does.
    public func image(
        _ name: String, _ images: Tensor, step: Int, maxOutputs: Int = 3, description: String? = nil
    ) throws {
        let files = try SummaryImages(images, limit: maxOutputs)
        let texts = ["\(files.width)", "\(files.height)"].map { Array($0.utf8) }
        try add(
            name, SummaryTensor(texts + files.files, shape: [2 + files.files.count]), plugin: "images", step, description)
    }

    /// Adds a drawing in SVG. TensorBoard up to 2.20 shows it beside the images; 2.21 shows images of pixels only.
    /// - Parameters:
    ///   - name: the tag; a slash groups tags.
    ///   - svg: the text of the drawing, from `<svg` or `<?xml` on. Its size in pixels is that of its root element.
    /// - Throws: `MartletError` when the text begins with something else, and as `scalar` does.
    public func figure(_ name: String, svg: String, step: Int, description: String? = nil) throws {
        // By this TensorBoard up to 2.20 tells drawings from other images.
        guard svg.hasPrefix("<svg ") || svg.hasPrefix("<?xml ") else {
            throw MartletError(
                "Expected an SVG drawing, which begins with <svg or <?xml. Received: \"\(svg.prefix(20))\".", at: name)
        }
        let root = svg[(svg.range(of: "<svg")?.lowerBound ?? svg.endIndex)...].prefix { $0 != ">" }
        func size(_ attribute: String) -> [UInt8] {
            let pixels = root.firstRange(of: " \(attribute)=\"").flatMap { place in
                Double(root[place.upperBound...].prefix { $0.isNumber || $0 == "." })
            }
            return Array(String(Int(min(pixels ?? 0, 1e6).rounded())).utf8)
        }
        try add(
            name, SummaryTensor([size("width"), size("height"), Array(svg.utf8)], shape: [3]), plugin: "images", step,
            description)
    }

    /// Adds text, which TensorBoard shows as Markdown.
    /// - Throws: `MartletError` as `scalar` does.
    public func text(_ name: String, _ text: String, step: Int, description: String? = nil) throws {
        try add(name, SummaryTensor([Array(text.utf8)], shape: []), plugin: "text", step, description)
    }

    /// Adds texts. TensorBoard shows a vector or a matrix as a table.
    /// - Parameter texts: a tensor of strings.
    /// - Throws: `MartletError` when it holds numbers, and as `scalar` does.
    public func text(_ name: String, _ texts: Tensor, step: Int, description: String? = nil) throws {
        guard texts.dtype == .string else {
            throw MartletError("Expected a tensor of strings. Received: \(texts.spec).", at: name)
        }
        let tensor = SummaryTensor(texts.utf8Strings(), shape: texts.stringShape.dimensions)
        try add(name, tensor, plugin: "text", step, description)
    }

    /// Adds the curve of precision over recall of a binary classifier.
    /// - Parameters:
    ///   - name: what is shown; the tag is `<name>/pr_curves`.
    ///   - labels: what is true: 0 or false, or another number.
    ///   - predictions: probabilities, of the labels' shape; what lies outside of 0 to 1 becomes the nearest of them.
    ///   - thresholds: the number of thresholds, from 0 to 1 in equal steps.
    ///   - weights: a weight for each prediction, 1 when nil.
    /// - Throws: `MartletError` when the shapes differ, a prediction is not a number, there are fewer than 2 thresholds, and as
    ///   `scalar` does.
    public func prCurve(
        _ name: String, labels: Tensor, predictions: Tensor, step: Int, thresholds: Int = 201, weights: Tensor? = nil,
        description: String? = nil
    ) throws {
        let curve = try PrecisionRecall.rows(labels, predictions, weights, thresholds)
        let content = ProtobufWriter.message { $0.write(2, integer: thresholds) }
        // The plugin's own functions make this tag.
        try add(
            name.isEmpty ? "" : name + "/pr_curves", SummaryTensor(curve, shape: [6, thresholds]), plugin: "pr_curves",
            content: content, displayName: name, step, description)
    }

    /// Adds the hyperparameters of this run, for TensorBoard's table of runs, and numbers that the run has reached. The table
    /// shows the last number of each tag of the run. `close` notes that the run has ended.
    /// - Parameters:
    ///   - values: the hyperparameters by name.
    ///   - metrics: numbers that are added as scalars, in the same run.
    ///   - step: the step of `metrics`.
    ///   - group: runs of one group count as one trial; nil is a group of the values, so that the same values are one trial.
    /// - Throws: `MartletError` as `scalar` does.
    public func hyperParameters(
        _ values: [String: HyperParameter], metrics: [String: Double] = [:], step: Int = 0, group: String? = nil
    ) throws {
        let time = EventFile.now
        let content = HyperParameter.begin(values, group: group, time: time)
        try add("_hparams_/session_start_info", SummaryTensor([Float](), shape: [0]), plugin: "hparams", content: content, 0)
        state.withLock { $0.hasTrial = true }
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) { try scalar(name, value, step: step) }
    }

    /// Adds a model: its configuration, which TensorBoard shows as layers (of `Sequential` and functional models), and a graph of
    /// the calls of its layers.
    /// - Throws: `MartletError` as `scalar` does.
    public func graph(_ model: Model) throws {
        if model is Sequential || model.graph != nil, let json = try? model.toJSON() {
            try add("keras", SummaryTensor([Array(json.utf8)], shape: []), plugin: "graph_keras_model", content: [0x31], 0)
        }
        try add(SummaryEvent(time: EventFile.now, .graph(ModelGraph(model).message)))
    }

    // MARK: - The file

    /// Writes what waits in memory.
    /// - Throws: `MartletError` when the file cannot be written.
    public func flush() throws { try state.withLock { try flush(&$0) } }

    /// Writes what waits, and ends the file. Nothing can be added afterwards; closing again does nothing.
    /// - Throws: `MartletError` when the file cannot be written.
    public func close() throws { try close(last: nil) }

    /// - Parameter last: an event for the end.
    func close(last: SummaryEvent?) throws {
        let hasTrial = state.withLock { state in
            defer { state.hasTrial = false }
            return state.hasTrial && !state.isClosed
        }
        if hasTrial {
            let content = HyperParameter.end(time: EventFile.now)
            try add("_hparams_/session_end_info", SummaryTensor([Float](), shape: [0]), plugin: "hparams", content: content, 0)
        }
        try state.withLock { state in
            guard !state.isClosed else { return }
            try makeEvents(&state)
            if let last { try state.file.append(last.record) }
            state.isClosed = true
            try flush(&state)
        }
    }

    /// Writes what waits, and gives the size of the file.
    func flushedByteCount() throws -> Int {
        try state.withLock { state in
            try flush(&state)
            return state.file.byteCount
        }
    }

    private static let noName = MartletError("Expected a name. Received: \"\".", at: "SummaryWriter")

    private func add(
        _ name: String, _ tensor: SummaryTensor, plugin: String, content: [UInt8] = [], displayName: String = "",
        _ step: Int, _ description: String? = nil
    ) throws {
        guard !name.isEmpty else { throw SummaryWriter.noName }
        let value = SummaryValue(
            name, .tensor(tensor), plugin: plugin, pluginContent: content, displayName: displayName,
            description: description ?? "")
        try add(SummaryEvent(time: EventFile.now, step: step, .values([value])))
    }

    private func add(_ event: SummaryEvent) throws {
        let record = event.record
        try state.withLock { state in
            try makeEvents(&state)
            try append(record, &state)
            try flushInTime(&state, EventFile.now)
        }
    }

    private func append(_ record: [UInt8], _ state: inout State) throws {
        guard !state.isClosed else { throw closed }
        try state.file.append(record)
    }

    private var closed: MartletError {
        MartletError("Expected a writer that is open. It was closed: make another one.", at: path)
    }

    private func flushInTime(_ state: inout State, _ now: Double) throws {
        let waited = now - state.lastFlush
        // Below 0 the clock was set back, and it is not known how long.
        if state.count > maxQueue || waited >= flushSeconds || waited < 0 { try flush(&state) }
    }

    private func flush(_ state: inout State) throws {
        state.lastFlush = EventFile.now
        try makeEvents(&state)
        try state.file.flush()
    }
}

extension SummaryWriter: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "SummaryWriter(\(path.debugDescription))" }
    public var debugDescription: String { description }
}
