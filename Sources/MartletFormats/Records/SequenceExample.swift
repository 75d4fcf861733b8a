import Foundation
import MartletCore

/// `tf.train.SequenceExample`: features of a whole, its context, and named lists with a feature for each step, such as the
/// frames of a film or the words of a text.
///
/// ```swift
/// var example = SequenceExample()
/// example.context["label"] = .integers([1])
/// example.sequences["words"] = [.integers([12]), .integers([7]), .integers([30])]
/// let words = try example.tensor("words")                  // int64, shape (3, 1)
/// ```
///
/// Source: TensorFlow, `example.proto`.
public struct SequenceExample: Sendable, Equatable {
    /// The features of the whole.
    public var context: [String: Example.Feature]
    /// The features of the steps.
    public var sequences: [String: [Example.Feature]]

    /// Makes an example.
    public init(context: [String: Example.Feature] = [:], sequences: [String: [Example.Feature]] = [:]) {
        (self.context, self.sequences) = (context, sequences)
    }

    /// Reads the bytes of a record. Those of an `Example` give its features as the context.
    /// - Throws: `MartletError` when they are no `SequenceExample`.
    public init(serialized record: Data) throws {
        self.init()
        try record.withUnsafeBytes { bytes in
            var message = ProtobufReader(bytes, of: "tf.train.SequenceExample")
            while let field = try message.next() {
                if field.number == 1 { try context.read(field.message(), Example.Feature.init) }
                if field.number == 2 { try sequences.read(field.message(), SequenceExample.steps) }
            }
        }
    }

    /// The message `FeatureList`. A step without any list is an empty one.
    private static func steps(_ message: ProtobufReader) throws -> [Example.Feature]? {
        var (message, steps) = (message, [Example.Feature]())
        while let field = try message.next() {
            if field.number == 1 { steps.append(try Example.Feature(field.message()) ?? .bytes([])) }
        }
        return steps
    }

    /// The bytes of a record. The same features give the same bytes.
    public func serialized() -> Data {
        var message = ProtobufWriter()
        if !context.isEmpty { message.write(1, context.message { $0.message }) }
        if !sequences.isEmpty {
            message.write(
                2,
                sequences.message { steps in
                    var list = ProtobufWriter()
                    for step in steps { list.write(1, step.message) }
                    return list.bytes
                })
        }
        return Data(message.bytes)
    }

    /// The numbers of a sequence as a tensor whose first axis counts the steps.
    /// - Parameters:
    ///   - shape: the shape of a step, a vector when nil.
    /// - Throws: `MartletError` when there is no such sequence, it is empty and `shape` is nil, or steps hold bytes, or another
    ///   number or type of numbers than the others.
    public func tensor(_ name: String, shape: Shape? = nil) throws -> Tensor {
        guard let steps = sequences[name] else {
            throw MartletError("Expected a sequence \"\(name)\". Received an example with \(sequences.keys.sorted()).")
        }
        let tensors = try steps.map { try $0.tensor(name, shape) }
        guard let first = tensors.first else {
            guard let shape else { throw MartletError("Expected at least one step in the sequence \"\(name)\". It is empty.") }
            return Tensor([Float](), shape: Shape([0] + shape.dimensions))
        }
        if let place = tensors.firstIndex(where: { $0.spec != first.spec }) {
            throw MartletError(
                "Expected steps of one size and type in the sequence \"\(name)\", \(first.spec) as the first. Received "
                    + "\(tensors[place].spec) in step \(place).")
        }
        return try withErrors { Tensor.stack(tensors) }
    }

    /// The numbers of a feature of the context as a tensor. See `Example.tensor`.
    public func contextTensor(_ name: String, shape: Shape? = nil) throws -> Tensor {
        try Example(context).tensor(name, shape: shape)
    }
}
