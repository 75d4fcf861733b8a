import Martlet
import MartletCore
import MartletFormats

/// A node of a TensorFlow graph.
struct TensorFlowNode {
    /// The value of an attribute.
    enum Attribute {
        case type(DType)
        case integer(Int)
        case number(Float)
        case flag(Bool)
        case text(String)
        case integers([Int])
        case shape([Int])
        case tensor(Tensor)
        case function(String)
        case texts([String])
        /// What is read and not used, such as lists of types, and what is not supported.
        case other
    }

    var name: String
    var operation: String
    /// `node`, or `node:1` for another output than the first.
    var inputs: [String]
    var attributes: [(String, Attribute)]

    /// The message `NodeDef`.
    func write(_ writer: inout ProtobufWriter) {
        writer.write(1, text: name)
        writer.write(2, text: operation)
        for input in inputs { writer.write(3, text: input) }
        // Map entries in order, so that the same graph gives the same bytes.
        for (key, value) in attributes.sorted(by: { $0.0 < $1.0 }) {
            writer.write(5) { entry in
                entry.write(1, text: key)
                entry.write(2) { value.write(&$0) }
            }
        }
    }
}

extension TensorFlowNode.Attribute {
    /// The message `AttrValue`.
    fileprivate func write(_ writer: inout ProtobufWriter) {
        switch self {
        case .text(let text): writer.write(2, text: text)
        case .integer(let number): writer.write(3, integer: number)
        case .number(let number): writer.write(4, float: number)
        case .flag(let flag): writer.write(5, integer: flag ? 1 : 0)
        case .type(let type): writer.write(6, integer: type.tensorFlowNumber)
        case .shape(let sizes): writer.write(7) { writeShape(sizes, &$0) }
        case .tensor(let tensor):
            writer.write(8) { message in
                message.write(1, integer: tensor.dtype.tensorFlowNumber)
                message.write(2) { writeShape(tensor.shape.dimensions, &$0) }
                message.write(4, tensor.rawBytes)
            }
        case .integers(let numbers):
            writer.write(1) { list in
                list.write(3, ProtobufWriter.message { packed in
                    for number in numbers { packed.write(UInt64(bitPattern: Int64(number))) }
                })
            }
        case .function, .texts, .other: break
        }
    }
}

/// The message `TensorShapeProto`; -1 is an unknown size.
func writeShape(_ sizes: [Int], _ writer: inout ProtobufWriter) {
    for size in sizes { writer.write(2) { $0.write(1, integer: size) } }
}

extension DType {
    /// The type of numbers with TensorFlow's number; nil where Martlet has none.
    init?(tensorFlowNumber number: Int) {
        guard let type = Self.allCases.first(where: { $0.tensorFlowNumber == number }) else { return nil }
        self = type
    }

    /// TensorFlow's number of the type.
    var tensorFlowNumber: Int {
        switch self {
        case .float32: 1
        case .float64: 2
        case .int32: 3
        case .uint8: 4
        case .string: 7
        case .int64: 9
        case .bool: 10
        case .bfloat16: 14
        case .float16: 19
        }
    }
}
