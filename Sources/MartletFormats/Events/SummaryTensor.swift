import MartletCore

/// `tensorflow.TensorProto`: numbers or bytes in a shape, as summaries hold them.
///
/// Source: TensorFlow, `tensor.proto`, `types.proto`.
package struct SummaryTensor: Sendable, Equatable {
    package enum Elements: Sendable, Equatable {
        /// Numbers of any type, row-major.
        case numbers([Double])
        /// Text, or files such as images.
        case bytes([[UInt8]])
    }

    /// The number of TensorFlow's type: 1 is `float32`, 2 `float64`, 7 text or bytes.
    package var type: Int
    package var shape: [Int]
    package var elements: Elements

    package init(type: Int, shape: [Int], elements: Elements) {
        (self.type, self.shape, self.elements) = (type, shape, elements)
    }

    /// `float32` numbers.
    package init(_ numbers: [Float], shape: [Int]) {
        self.init(type: 1, shape: shape, elements: .numbers(numbers.map(Double.init)))
    }

    /// `float64` numbers.
    package init(_ numbers: [Double], shape: [Int]) {
        self.init(type: 2, shape: shape, elements: .numbers(numbers))
    }

    /// Texts or bytes.
    package init(_ strings: [[UInt8]], shape: [Int]) {
        self.init(type: 7, shape: shape, elements: .bytes(strings))
    }

    /// The only number, nil when there are none or several.
    package var number: Double? {
        guard case .numbers(let numbers) = elements, numbers.count == 1 else { return nil }
        return numbers[0]
    }

    /// The most elements that a file may ask for without holding them: a value that is repeated counts for all that follow.
    private static let repetitionLimit = 1 << 20

    init(_ message: ProtobufReader) throws {
        var message = message
        var (type, shape, content) = (0, [Int](), UnsafeRawBufferPointer(start: nil, count: 0))
        var (floats, doubles, integers, strings) = ([Float](), [Double](), [Int64](), [[UInt8]]())
        while let field = try message.next() {
            switch field.number {
            case 1: type = Int(try field.integer())
            case 2: shape = try SummaryTensor.shape(field.message())
            case 4: content = try field.bytes()
            case 5: try field.floats(into: &floats)
            case 6: try field.doubles(into: &doubles)
            case 7, 10, 11, 13, 16, 17: try field.integers(into: &integers)
            case 8: strings.append(Array(try field.bytes()))
            default: break
            }
        }
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw message.malformed("a tensor of shape \(shape)") }
            count = product
        }
        /// Fills up with the last value, or with `zero`.
        func filled<Value>(_ values: [Value], _ zero: Value) throws -> [Value] {
            guard values.count <= count, values.count == count || count <= SummaryTensor.repetitionLimit else {
                throw message.malformed("\(values.count) values in a tensor of shape \(shape)")
            }
            return values + [Value](repeating: values.last ?? zero, count: count - values.count)
        }
        self.init(type: type, shape: shape, elements: .numbers([]))
        if type == 7 {
            elements = .bytes(try filled(strings, []))
        } else if !content.isEmpty {
            guard let numbers = SummaryTensor.numbers(content, type), numbers.count == count else {
                throw message.malformed("\(content.count) bytes in a tensor of shape \(shape) and type \(type)")
            }
            elements = .numbers(numbers)
        } else {
            let numbers =
                switch type {
                case 1: floats.map(Double.init)
                case 2: doubles
                case 19: integers.map { Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) }
                case 14: integers.map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16)) }
                default: integers.map(Double.init)
                }
            elements = .numbers(try filled(numbers, 0))
        }
    }

    private static func shape(_ message: ProtobufReader) throws -> [Int] {
        var (message, sizes) = (message, [Int]())
        while let field = try message.next() {
            guard field.number == 2 else { continue }
            var (dimension, size) = (try field.message(), 0)
            while let field = try dimension.next() { if field.number == 1 { size = Int(try field.integer()) } }
            sizes.append(size)
        }
        return sizes
    }

    /// The numbers of bytes in the machine's order; nil for types that are not numbers, and bytes of another size.
    private static func numbers(_ bytes: UnsafeRawBufferPointer, _ type: Int) -> [Double]? {
        func read<Element: BitwiseCopyable>(_: Element.Type, _ value: (Element) -> Double) -> [Double]? {
            let size = MemoryLayout<Element>.size
            guard bytes.count % size == 0 else { return nil }
            return stride(from: 0, to: bytes.count, by: size).map {
                value(bytes.loadUnaligned(fromByteOffset: $0, as: Element.self))
            }
        }
        return switch type {
        case 1: read(Float.self) { Double($0) }
        case 2: read(Double.self) { $0 }
        case 3: read(Int32.self) { Double($0) }
        case 4, 10: read(UInt8.self) { Double($0) }
        case 5: read(Int16.self) { Double($0) }
        case 6: read(Int8.self) { Double($0) }
        case 9: read(Int64.self) { Double($0) }
        case 14: read(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case 17: read(UInt16.self) { Double($0) }
        case 19: read(UInt16.self) { Double(Float16(bitPattern: $0)) }
        case 22: read(UInt32.self) { Double($0) }
        case 23: read(UInt64.self) { Double($0) }
        default: nil
        }
    }

    /// The message: numbers as bytes, as TensorFlow writes them, `float64` where they are not `float32`; texts one by one.
    package func write(to message: inout ProtobufWriter) {
        message.write(1, integer: type == 1 || type == 7 ? type : 2)
        message.write(2) { SummaryTensor.write(shape, to: &$0) }
        switch elements {
        case .bytes(let strings): for string in strings { message.write(8, string) }
        case .numbers(let numbers) where type == 1:
            if !numbers.isEmpty { message.write(4, numbers.map { Float($0) }.withUnsafeBytes(Array.init)) }
        case .numbers(let numbers):
            if !numbers.isEmpty { message.write(4, numbers.withUnsafeBytes(Array.init)) }
        }
    }

    /// `TensorShapeProto`.
    package static func write(_ shape: [Int], to message: inout ProtobufWriter) {
        for size in shape { message.write(2) { if size != 0 { $0.write(1, integer: size) } } }
    }
}
