import Martlet
import MartletCore
import MartletFormats

/// A SavedModel of one file: a graph whose weights are constants, with the tag `serve` and the signature `serving_default`.
/// TensorFlow loads it without an object graph and without variables.
package enum SavedModel {
    /// The folder's file.
    static let fileName = "saved_model.pb"

    /// - Throws: `MartletError` for an operation that TensorFlow does not have, or a file of more than 2 GiB.
    static func file(_ source: ExportGraph) throws -> ExportedFile {
        let graph = try source.preparedForTensorFlow()
        let nodes = try TensorFlowGraph(graph)
        let bytes = message(graph, nodes)
        guard bytes.count < 1 << 31 else {
            throw MartletError("Expected weights of less than 2 GiB together: a graph holds no more.", at: graph.name)
        }
        let model = try TensorFlowModel(file: TensorFlowFile(bytes), at: graph.name)
        return ExportedFile(
            byteCount: bytes.count, operationCount: nodes.nodes.count + nodes.functions.reduce(0) { $0 + $1.nodes.count },
            read: { inputs in try withErrors { model.apply(inputs, training: false) } },
            write: { path in
                try FileIO.makeFolder(path)
                try FileIO.write(bytes, to: path + "/" + fileName)
            })
    }

    private static func message(_ graph: ExportGraph, _ nodes: TensorFlowGraph) -> [UInt8] {
        ProtobufWriter.message { model in
            model.write(1, integer: 1)
            model.write(2) { meta in
                meta.write(1) { info in
                    info.write(4, text: "serve")
                    info.write(5, text: "2.21.0")
                }
                meta.write(2) { definition in
                    for node in nodes.nodes { definition.write(1) { node.write(&$0) } }
                    definition.write(2) { library in
                        for function in nodes.functions { library.write(1) { function.write(&$0) } }
                    }
                    definition.write(4) { versions in versions.write(1, integer: 1882) }
                }
                meta.write(5) { entry in
                    entry.write(1, text: "serving_default")
                    entry.write(2) { signature in
                        write(1, graph.inputNames, nodes.inputs, graph.inputs, graph, &signature)
                        write(2, graph.outputNames, nodes.results, graph.outputs, graph, &signature)
                        signature.write(3, text: "tensorflow/serving/predict")
                    }
                }
            }
        }
    }

    /// The inputs or outputs of a signature.
    private static func write(
        _ field: Int, _ names: [String], _ nodes: [String], _ values: [Int], _ graph: ExportGraph,
        _ signature: inout ProtobufWriter
    ) {
        for (index, name) in names.enumerated() {
            signature.write(field) { entry in
                entry.write(1, text: name)
                entry.write(2) { info in
                    let value = graph.values[values[index]]
                    info.write(1, text: "\(nodes[index]):0")
                    info.write(2, integer: value.dtype.tensorFlowNumber)
                    info.write(3) { writeShape(value.shape.map(\.sizeOrUnknown), &$0) }
                }
            }
        }
    }
}
