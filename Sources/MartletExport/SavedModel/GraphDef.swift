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
        /// What is only read.
        case numbers([Float])
        case shape([Int])
        case tensor(Tensor)
        case function(String)
        case texts([String])
        /// Types by TensorFlow's numbers, which has more.
        case types([Int])
        case shapes([[Int]])
        /// What is read and not used, and what is not supported.
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
        case .types(let types):
            writer.write(1) { list in
                list.write(6, ProtobufWriter.message { packed in
                    for type in types { packed.write(UInt64(type)) }
                })
            }
        case .shapes(let shapes): writer.write(1) { list in for sizes in shapes { list.write(7) { writeShape(sizes, &$0) } } }
        case .function(let name): writer.write(10) { $0.write(1, text: name) }
        case .texts, .numbers, .other: break
        }
    }
}

/// A function of a TensorFlow graph's library, that its nodes call.
struct TensorFlowFunction {
    var name: String
    /// The types of `argument_0` and so on, and of `result_0`, by TensorFlow's numbers.
    var arguments: [Int]
    var results: [Int]
    var nodes: [TensorFlowNode]
    /// What the results are: an argument, or `node:output:0`.
    var values: [String]

    static func argument(_ place: Int) -> String { "argument_\(place)" }

    /// The message `FunctionDef`.
    func write(_ writer: inout ProtobufWriter) {
        func result(_ place: Int) -> String { "result_\(place)" }
        writer.write(1) { signature in
            signature.write(1, text: name)
            for (field, types, label) in [(2, arguments, Self.argument), (3, results, result)] {
                for (place, type) in types.enumerated() {
                    signature.write(field) { argument in
                        argument.write(1, text: label(place))
                        argument.write(3, integer: type)
                    }
                }
            }
        }
        for node in nodes { writer.write(3) { node.write(&$0) } }
        for (place, value) in values.enumerated() {
            writer.write(4) { entry in
                entry.write(1, text: result(place))
                entry.write(2, text: value)
            }
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
