import Foundation
import MartletCore

/// `tf.train.Example`: named lists of numbers or bytes, as files of records usually hold them.
///
/// ```swift
/// var example = Example()
/// example["x"] = .floats([0.5, 1])
/// example["label"] = .integers([3])
/// try TFRecord.write([example.serialized()], to: "data.tfrecord")
/// ```
///
/// Source: TensorFlow, `example.proto` and `feature.proto`; the encoding of protocol buffers.
public struct Example: Sendable, Equatable {
    /// A list of one of three types.
    public enum Feature: Sendable, Equatable {
        /// Bytes: images, text.
        case bytes([Data])
        /// `float32`.
        case floats([Float])
        /// `int64`.
        case integers([Int64])
    }

    /// The features by their names.
    public var features: [String: Feature]

    /// Makes an example.
    public init(_ features: [String: Feature] = [:]) { self.features = features }

    /// The feature of this name, nil when there is none.
    public subscript(_ name: String) -> Feature? {
        get { features[name] }
        set { features[name] = newValue }
    }

    /// Reads the bytes of a record.
    /// - Throws: `MartletError` when they are no `Example`.
    public init(serialized record: Data) throws {
        features = [:]
        try record.withUnsafeBytes { bytes in
            var message = ProtobufReader(bytes, of: "tf.train.Example")
            while let field = try message.next() {
                if field.number == 1 { try features.read(field.message(), Feature.init) }
            }
        }
    }

    /// The bytes of a record. The same features give the same bytes.
    public func serialized() -> Data {
        var message = ProtobufWriter()
        message.write(1, features.message { $0.message })
        return Data(message.bytes)
    }

    /// The numbers of a feature as a tensor.
    /// - Parameters:
    ///   - shape: the shape, a vector when nil.
    /// - Throws: `MartletError` when there is no such feature, or it holds bytes or another number of numbers.
    public func tensor(_ name: String, shape: Shape? = nil) throws -> Tensor {
        guard let feature = features[name] else {
            throw MartletError(
                "Expected a feature \"\(name)\". Received an example with \(features.keys.sorted()).")
        }
        return try feature.tensor(name, shape)
    }
}

extension Dictionary where Key == String {
    /// Reads a message of which each field 1 is an entry of a map. An entry without a value is none.
    mutating func read(_ message: ProtobufReader, _ value: (ProtobufReader) throws -> Value?) throws {
        var list = message
        while let field = try list.next() {
            guard field.number == 1 else { continue }
            var (entry, name, found) = (try field.message(), "", Value?.none)
            while let field = try entry.next() {
                if field.number == 1 { name = try field.string() }
                if field.number == 2 { found = try value(field.message()) }
            }
            if let found { self[name] = found }
        }
    }

    /// The message of a map, its entries in the order of their names.
    func message(_ value: (Value) -> [UInt8]) -> [UInt8] {
        var list = ProtobufWriter()
        for (name, element) in sorted(by: { $0.key < $1.key }) {
            var entry = ProtobufWriter()
            entry.write(1, Array(name.utf8))
            entry.write(2, value(element))
            list.write(1, entry.bytes)
        }
        return list.bytes
    }
}

extension Example.Feature {
    /// The numbers as a tensor, a vector when `shape` is nil.
    func tensor(_ name: String, _ shape: Shape?) throws -> Tensor {
        func shaped<Number: TensorElement>(_ numbers: [Number]) throws -> Tensor {
            let shape = shape ?? [numbers.count]
            guard shape.elementCount == numbers.count else {
                throw MartletError(
                    "Expected \(shape.elementCount) numbers in the feature \"\(name)\", for shape \(shape). Received "
                        + "\(numbers.count).")
            }
            return Tensor(numbers, shape: shape)
        }
        switch self {
        case .floats(let numbers): return try shaped(numbers)
        case .integers(let numbers): return try shaped(numbers)
        case .bytes: throw MartletError("Expected numbers in the feature \"\(name)\". Received bytes.")
        }
    }

    /// The message `Feature`: one of three lists. Nil for an empty one.
    init?(_ message: ProtobufReader) throws {
        var message = message
        var result: Example.Feature?
        while let field = try message.next() {
            var list = try field.message()
            switch field.number {
            case 1:
                var values: [Data] = []
                while let value = try list.next() { values.append(Data(try value.bytes())) }
                result = .bytes(values)
            case 2:
                var values: [Float] = []
                while let value = try list.next() { try value.floats(into: &values) }
                result = .floats(values)
            case 3:
                var values: [Int64] = []
                while let value = try list.next() { try value.integers(into: &values) }
                result = .integers(values)
            default: break
            }
        }
        guard let result else { return nil }
        self = result
    }

    var message: [UInt8] {
        var (list, feature) = (ProtobufWriter(), ProtobufWriter())
        switch self {
        case .bytes(let values):
            for value in values { list.write(1, Array(value)) }
            feature.write(1, list.bytes)
        case .floats(let values):
            if !values.isEmpty {
                list.write(1, values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) })
            }
            feature.write(2, list.bytes)
        case .integers(let values):
            var numbers = ProtobufWriter()
            for value in values { numbers.write(UInt64(bitPattern: value)) }
            if !values.isEmpty { list.write(1, numbers.bytes) }
            feature.write(3, list.bytes)
        }
        return feature.bytes
    }
}
