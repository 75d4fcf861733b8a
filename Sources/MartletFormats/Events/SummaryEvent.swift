import MartletCore

/// `tensorflow.Summary.Value`: a value under a tag.
///
/// Source: TensorFlow, `summary.proto`.
package struct SummaryValue: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// What TensorFlow 2 writes, and says in `plugin` what it is.
        case tensor(SummaryTensor)
        /// A scalar of TensorFlow 1 and of PyTorch.
        case number(Double)
        /// A histogram of TensorFlow 1 and of PyTorch: the upper edges of the buckets, and how many values are in each.
        case histogram(edges: [Double], counts: [Double])
        /// An image of TensorFlow 1 and of PyTorch, as a file.
        case image([UInt8])
        /// Sound, or nothing.
        case other
    }

    package var tag: String
    package var content: Content
    /// The plugin of TensorBoard that shows it, empty where only the content tells.
    package var plugin: String
    /// What the plugin has to know.
    package var pluginContent: [UInt8]
    /// What is shown in the place of the tag, empty for the tag.
    package var displayName: String
    /// Text in Markdown about the tag.
    package var description: String

    package init(
        _ tag: String, _ content: Content, plugin: String = "", pluginContent: [UInt8] = [], displayName: String = "",
        description: String = ""
    ) {
        (self.tag, self.content, self.plugin, self.pluginContent) = (tag, content, plugin, pluginContent)
        (self.displayName, self.description) = (displayName, description)
    }

    init(_ message: ProtobufReader) throws {
        self.init("", .other)
        var message = message
        while let field = try message.next() {
            switch field.number {
            case 1: tag = try field.string()
            case 2: content = .number(Double(try field.float()))
            case 4: content = .image(try SummaryValue.bytes(of: field.message(), 4))
            case 5: content = try SummaryValue.histogram(field.message())
            case 8: content = .tensor(try SummaryTensor(field.message()))
            case 9: try readMetadata(field.message())
            default: break
            }
        }
    }

    private mutating func readMetadata(_ message: ProtobufReader) throws {
        var message = message
        while let field = try message.next() {
            if field.number == 2 { displayName = try field.string() }
            if field.number == 3 { description = try field.string() }
            guard field.number == 1 else { continue }
            var data = try field.message()
            while let field = try data.next() {
                if field.number == 1 { plugin = try field.string() }
                if field.number == 2 { pluginContent = Array(try field.bytes()) }
            }
        }
    }

    private static func bytes(of message: ProtobufReader, _ number: Int) throws -> [UInt8] {
        var (message, result) = (message, [UInt8]())
        while let field = try message.next() { if field.number == number { result = Array(try field.bytes()) } }
        return result
    }

    private static func histogram(_ message: ProtobufReader) throws -> Content {
        var (message, edges, counts) = (message, [Double](), [Double]())
        while let field = try message.next() {
            if field.number == 6 { try field.doubles(into: &edges) }
            if field.number == 7 { try field.doubles(into: &counts) }
        }
        guard edges.count == counts.count else {
            throw message.malformed("a histogram of \(edges.count) edges and \(counts.count) counts")
        }
        return .histogram(edges: edges, counts: counts)
    }

    /// The message; contents of older kinds are not written.
    package func write(to message: inout ProtobufWriter) {
        message.write(1, text: tag)
        if case .number(let number) = content { message.write(2, float: Float(number)) }
        if case .tensor(let tensor) = content { message.write(8) { tensor.write(to: &$0) } }
        guard !plugin.isEmpty || !description.isEmpty else { return }
        message.write(9) { metadata in
            metadata.write(1) { data in
                data.write(1, text: plugin)
                if !pluginContent.isEmpty { data.write(2, pluginContent) }
            }
            if !displayName.isEmpty { metadata.write(2, text: displayName) }
            if !description.isEmpty { metadata.write(3, text: description) }
        }
    }
}

/// `tensorflow.Event`: a record of an event file.
///
/// Source: TensorFlow, `event.proto`.
package struct SummaryEvent: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// The first event of a file: `brain.Event:2`, and the program that writes it.
        case begin(version: String, writer: String)
        case values([SummaryValue])
        /// A graph of ops, a serialized `GraphDef`.
        case graph([UInt8])
        /// That a writer began (1) or ended (2).
        case session(Int)
        case other
    }

    /// Seconds since 1970.
    package var time: Double
    package var step: Int
    package var content: Content

    package init(time: Double, step: Int = 0, _ content: Content) {
        (self.time, self.step, self.content) = (time, step, content)
    }

    /// Reads a record.
    /// - Throws: `MartletError` when it is no event.
    package init(record: UnsafeRawBufferPointer) throws {
        self.init(time: 0, .other)
        var (message, version, writer) = (ProtobufReader(record, of: "tensorflow.Event"), String?.none, "")
        while let field = try message.next() {
            switch field.number {
            case 1: time = try field.double()
            case 2: step = Int(try field.integer())
            case 3: version = try field.string()
            case 4: content = .graph(Array(try field.bytes()))
            case 5: content = .values(try SummaryEvent.values(field.message()))
            case 7: content = .session(try SummaryEvent.status(field.message()))
            case 10:
                var source = try field.message()
                while let field = try source.next() { if field.number == 1 { writer = try field.string() } }
            default: break
            }
        }
        if let version { content = .begin(version: version, writer: writer) }
    }

    private static func values(_ message: ProtobufReader) throws -> [SummaryValue] {
        var (message, values) = (message, [SummaryValue]())
        while let field = try message.next() { if field.number == 1 { values.append(try SummaryValue(field.message())) } }
        return values
    }

    private static func status(_ message: ProtobufReader) throws -> Int {
        var (message, status) = (message, 0)
        while let field = try message.next() { if field.number == 1 { status = Int(try field.integer()) } }
        return status
    }

    /// The bytes of a record.
    package var record: [UInt8] {
        ProtobufWriter.message { message in
            message.write(1, double: time)
            if step != 0 { message.write(2, integer: step) }
            switch content {
            case .begin(let version, let writer):
                message.write(3, text: version)
                message.write(10) { $0.write(1, text: writer) }
            case .values(let values):
                message.write(5) { summary in for value in values { summary.write(1) { value.write(to: &$0) } } }
            case .graph(let graph): message.write(4, graph)
            case .session(let status): message.write(7) { $0.write(1, integer: status) }
            case .other: break
            }
        }
    }
}
