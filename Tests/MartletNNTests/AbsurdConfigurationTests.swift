import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Configurations in files whose numbers no model can have. Each throws when it is loaded, naming the file; none stops the
/// program, and none asks for the memory that its numbers name.
@Suite(.ownSession) struct AbsurdConfigurationTests {
    /// A layer's class, its configuration, and the shape of a sample.
    struct Case: CustomTestStringConvertible {
        let layer: String
        let config: String
        let input: String
        var testDescription: String { "\(layer) \(config) on \(input)" }

        init(_ layer: String, _ config: String, on input: String) {
            (self.layer, self.config, self.input) = (layer, config, input)
        }
    }

    static let huge = "2147483647"

    static let layers: [Case] = [
        Case("InputLayer", "{}", on: "[\(huge), \(huge), \(huge)]"),
        Case("InputLayer", "{}", on: "[-1]"),
        Case("Flatten", "{}", on: "[4611686018427387904]"),
        Case("Dense", #"{"units": 4611686018427387904}"#, on: "[4]"),
        Case("Dense", #"{"units": 2147483647}"#, on: "[2147483647]"),
        Case("Dense", #"{"units": 0}"#, on: "[4]"),
        Case("Dense", #"{"units": -3}"#, on: "[4]"),
        Case("Reshape", #"{"target_shape": [2147483647, 2147483647, 2147483647]}"#, on: "[4]"),
        Case("Reshape", #"{"target_shape": [-2]}"#, on: "[4]"),
        Case("Reshape", #"{"target_shape": [-1, -1]}"#, on: "[4]"),
        Case("Reshape", #"{"target_shape": [0, -1]}"#, on: "[4]"),
        Case("Reshape", #"{"target_shape": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]}"#, on: "[4]"),
        Case("Permute", #"{"dims": [1, 1]}"#, on: "[4, 4]"),
        Case("Permute", #"{"dims": [9223372036854775807]}"#, on: "[4]"),
        Case("RepeatVector", #"{"n": -1}"#, on: "[4]"),
        Case("RepeatVector", #"{"n": 2147483647}"#, on: "[1000000]"),
        Case("UpSampling1D", #"{"size": 2147483647}"#, on: "[1000000, 4]"),
        Case("UpSampling2D", #"{"size": [2147483647, 2147483647]}"#, on: "[8, 8, 4]"),
        Case("UpSampling2D", #"{"size": 0}"#, on: "[8, 8, 4]"),
        Case("UpSampling3D", #"{"size": [65536, 65536, 65536]}"#, on: "[8, 8, 8, 4]"),
        Case("ZeroPadding1D", #"{"padding": [-1, 1]}"#, on: "[8, 4]"),
        Case("ZeroPadding2D", #"{"padding": 2147483647}"#, on: "[8, 8, 4]"),
        Case("Cropping2D", #"{"cropping": 2147483647}"#, on: "[8, 8, 4]"),
        Case("Resizing", #"{"height": 2147483647, "width": 2147483647}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 2147483647, "kernel_size": 3}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 0}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 2147483647, "dilation_rate": 2147483647}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 3, "strides": -1}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 3, "strides": [1]}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 3, "groups": 0}"#, on: "[8, 8, 4]"),
        Case("Conv2D", #"{"filters": 4, "kernel_size": 3, "groups": 2147483647}"#, on: "[8, 8, 4]"),
        Case("Conv1D", #"{"filters": 4, "kernel_size": 2147483647, "padding": "causal"}"#, on: "[8, 4]"),
        Case("Conv2DTranspose", #"{"filters": 4, "kernel_size": 2147483647, "strides": 2147483647}"#, on: "[1000000, 8, 4]"),
        Case("Conv2DTranspose", #"{"filters": 4, "kernel_size": 3, "output_padding": -9}"#, on: "[8, 8, 4]"),
        Case("DepthwiseConv2D", #"{"kernel_size": 3, "depth_multiplier": 2147483647}"#, on: "[8, 8, 2147483]"),
        Case("MaxPooling2D", #"{"pool_size": 0}"#, on: "[8, 8, 4]"),
        Case("AveragePooling2D", #"{"pool_size": 2, "strides": -2}"#, on: "[8, 8, 4]"),
        Case("GlobalMaxPooling1D", "{}", on: "[0, 4]"),
        Case("Embedding", #"{"input_dim": 2147483647, "output_dim": 2147483647}"#, on: "[4]"),
        Case("LSTM", #"{"units": 2147483647}"#, on: "[8, 4]"),
        Case("GRU", #"{"units": -1}"#, on: "[8, 4]"),
        Case("BatchNormalization", #"{"axis": 2147483647}"#, on: "[8, 4]"),
        Case("LayerNormalization", #"{"axis": [-9]}"#, on: "[8, 4]"),
        Case("LayerNormalization", #"{"axis": [1, 1]}"#, on: "[8, 4]"),
        Case("LayerNormalization", #"{"axis": [1, -2]}"#, on: "[8, 4]"),
        Case("UnitNormalization", #"{"axis": [1, 1]}"#, on: "[8, 4]"),
        Case("Normalization", #"{"axis": [1, 1]}"#, on: "[8, 4]"),
        Case("Softmax", #"{"axis": [1, 1]}"#, on: "[8, 4]"),
        Case("GroupNormalization", #"{"groups": 0}"#, on: "[8, 4]"),
        Case("Softmax", #"{"axis": 99}"#, on: "[8, 4]"),
    ]

    /// Loads a configuration in a file with a few weights, which bound what it may ask for.
    private func expectThrows(_ json: String, _ name: String) throws {
        let archive = try ZipArchive(FileIO.read(KerasFileTests.path("stack.keras")), name: "seed")
        let entries = try archive.names.map { entry in
            (name: entry, bytes: entry == "config.json" ? Array(json.utf8) : try archive.read(entry))
        }
        let bytes = try ZipWriter.bytes(of: entries, name: "absurd")
        do {
            _ = try Model.load(keras: bytes, name: "absurd.keras")
            Issue.record("Expected an error of \(name).")
        } catch {
            let location = (error as? MartletError)?.location ?? ""
            #expect(location.contains("absurd.keras:config.json"), "\(name): \(error)")
        }
    }

    @Test(arguments: layers) func layerThrows(_ item: Case) throws {
        let layer = item.layer == "InputLayer" ? "" : #", {"class_name": "\#(item.layer)", "config": \#(item.config)}"#
        let shape = item.input.replacing("[", with: "[null, ", maxReplacements: 1)
        let json = #"""
            {"class_name": "Sequential", "config": {"layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": \#(shape)}}
            \#(layer)]}}
            """#
        try expectThrows(json, item.testDescription)
    }

    /// Operations of functional models: class, attributes, and the shape of a sample.
    static let operations: [Case] = [
        Case("Max", #"{"axis": 1}"#, on: "[0, 4]"),
        Case("Argmax", #"{"axis": 1}"#, on: "[0, 4]"),
        Case("Min", #"{"axis": 7}"#, on: "[4]"),
        Case("Sum", #"{"axis": [1, 1]}"#, on: "[4]"),
        Case("Cast", "{}", on: "[4]"),
        Case("Cast", #"{"dtype": "complex7"}"#, on: "[4]"),
        Case("Stack", #"{"axis": -4}"#, on: "[4]"),
        Case("OneHot", #"{"num_classes": 2147483647, "axis": -4}"#, on: "[4]"),
        Case("OneHot", #"{"num_classes": 2147483647}"#, on: "[1000000]"),
        Case("Tile", #"{"repeats": [1, 2147483647]}"#, on: "[1000000]"),
        Case("Repeat", #"{"repeats": 2147483647, "axis": 1}"#, on: "[1000000]"),
        Case("Repeat", #"{"repeats": -1, "axis": 1}"#, on: "[4]"),
        Case("Pad", #"{"pad_width": [[0, 0], [2147483647, 2147483647]], "mode": "reflect"}"#, on: "[4]"),
        Case("Reshape", #"{"newshape": [2147483647, 2147483647, 2147483647]}"#, on: "[4]"),
        Case("ExpandDims", #"{"axis": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}"#, on: "[4]"),
        Case("Split", #"{"indices_or_sections": 0, "axis": 1}"#, on: "[4]"),
        Case("Split", #"{"indices_or_sections": [3, 1], "axis": 1}"#, on: "[4]"),
        Case("GetItem", #"{"key": [9, 9, 9]}"#, on: "[4]"),
        Case("TopK", #"{"k": 9}"#, on: "[4]"),
        Case("Einsum", #"{"subscripts": "->"}"#, on: "[4]"),
        Case("Transpose", #"{"axes": [0, 0]}"#, on: "[4]"),
    ]

    /// Layers that take two inputs: of two axes between batch and features.
    static let attention: [Case] = [
        "[1, 1]", "[1, -3]", "[0]", "[3]", "[-1]", "[1, 2, 1]", "[9223372036854775807]",
    ].map {
        Case("MultiHeadAttention", #"{"num_heads": 1, "key_dim": 1, "attention_axes": \#($0)}"#, on: "[2, 3, 4]")
    }

    @Test(arguments: operations) func operationThrows(_ item: Case) throws {
        try expectThrows(call(of: item, "keras.src.ops.numpy", operands: 1), item.testDescription)
    }

    @Test(arguments: attention) func attentionThrows(_ item: Case) throws {
        try expectThrows(call(of: item, "keras.layers", operands: 2), item.testDescription)
    }

    /// Constants in calls of layers are tensors like others, whose sizes have to fit.
    @Test(arguments: [
        ("Multiply", "others", #"{"class_name": "__numpy__", "config": {"value": [[1.0, 2.0, 3.0]], "dtype": "float32"}}"#),
        ("Multiply", "others", #"{"class_name": "__numpy__", "config": {"value": [["a"]], "dtype": "float32"}}"#),
        ("Multiply", "others", #"{"class_name": "__numpy__", "config": {"value": [[1.0], []], "dtype": "float32"}}"#),
        ("Multiply", "others", #"{"class_name": "__numpy__", "config": {"value": [[1.0]], "dtype": "float7"}}"#),
        ("LSTM", "mask", "[[1, 0, 1, 1, 1]]"), ("LSTM", "initial_state", "[[1.0, 2.0, 3.0]]"),
    ]) func constantsThatDoNotFitThrow(layer: String, argument: String, constant: String) throws {
        let config = layer == "LSTM" ? #"{"units": 1}"# : "{}"
        let whole = call(of: Case(layer, config, on: "[3, 4]"), "keras.layers", operands: 1)
        try expectThrows(
            whole.replacing(#""kwargs": {}"#, with: #""kwargs": {"\#(argument)": \#(constant)}"#), "\(layer) with \(constant)")
    }

    /// A functional model with a call of one input.
    private func call(of item: Case, _ module: String, operands: Int) -> String {
        let shape = item.input.replacing("[", with: "[null, ", maxReplacements: 1)
        let tensor = #"""
            {"class_name": "__keras_tensor__", "config": {"shape": \#(shape), "dtype": "float32", "keras_history": ["x", 0, 0]}}
            """#
        let tensors = [String](repeating: tensor, count: operands).joined(separator: ",")
        return #"""
            {"class_name": "Functional", "config": {"name": "m", "layers": [
            {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": \#(shape)}, "inbound_nodes": []},
            {"module": "\#(module)", "class_name": "\#(item.layer)", "name": "y", "config": \#(item.config),
             "inbound_nodes": [{"args": [\#(tensors)], "kwargs": {}}]}],
            "input_layers": [["x", 0, 0]], "output_layers": [["y", 0, 0]]}}
            """#
    }

    @Test func nestingIsBounded() throws {
        let deep = String(repeating: #"{"class_name": "Sequential", "config": {"layers": ["#, count: 5000)
        try expectThrows(deep, "5,000 models in one another")
        try expectThrows(String(repeating: "[", count: 1_000_000), "a million arrays")
    }
}
