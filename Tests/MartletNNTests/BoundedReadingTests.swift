import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Configurations whose few bytes ask for much time or memory.
@Suite(.ownSession) struct BoundedReadingTests {
    /// Texts of a configuration with a name of a given length in one of its places, and the name of the place.
    static func named(_ name: String) -> [(place: String, json: String)] {
        func stack(_ layer: String, _ more: String = "") -> String {
            #"{"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer", "config": {"batch_shape": "#
                + #"[null, 4], "name": "i"}}, \#(layer)]}\#(more)}"#
        }
        let dense = #"{"class_name": "Dense", "config": {"units": 2}}"#
        func functional(_ layers: String, _ output: String) -> String {
            #"{"class_name": "Functional", "config": {"layers": [{"class_name": "InputLayer", "name": "x", "config": {"name": "#
                + #""x", "batch_shape": [null, 4]}, "inbound_nodes": []}\#(layers)], "input_layers": [["x", 0, 0]], "#
                + #""output_layers": [["\#(output)", 0, 0]]}}"#
        }
        return [
            ("class", stack(#"{"class_name": "\#(name)", "config": {}}"#)),
            ("model", #"{"class_name": "\#(name)", "config": {}}"#),
            ("activation", stack(#"{"class_name": "Dense", "config": {"units": 2, "activation": "\#(name)"}}"#)),
            ("initializer", stack(#"{"class_name": "Dense", "config": {"units": 2, "kernel_initializer": "\#(name)"}}"#)),
            ("dtype", stack(#"{"class_name": "Dense", "config": {"units": 2, "dtype": "\#(name)"}}"#)),
            ("padding", stack(#"{"class_name": "MaxPooling1D", "config": {"padding": "\#(name)"}}"#)),
            ("layer", stack(#"{"class_name": "Dense", "config": {"name": "\#(name)", "units": 0}}"#)),
            ("built layer", stack(#"{"class_name": "Conv2D", "config": {"name": "\#(name)", "filters": 1, "kernel_size": 1}}"#)),
            ("twice", functional(#", {"name": "\#(name)"}, {"name": "\#(name)"}"#, "x")),
            ("output", functional("", name)),
            ("optimizer", stack(dense, #", "compile_config": {"optimizer": "\#(name)", "loss": "mse"}"#)),
            ("loss", stack(dense, #", "compile_config": {"optimizer": "sgd", "loss": "\#(name)"}"#)),
            (
                "metric",
                stack(
                    dense, #", "compile_config": {"optimizer": "sgd", "loss": "mse", "metrics": [{"class_name": "\#(name)"}]}"#)
            ),
            ("text", name),
        ]
    }

    @Test func longNamesAreShortened() throws {
        for (place, json) in Self.named(String(repeating: "Name", count: 20_000)) {
            do {
                // A compilation that cannot be read leaves a model that says why it does not train.
                let model = try Model.fromJSON(json)
                _ = try model.evaluate(.ones([2, 4]), .ones([2, 4]))
                Issue.record("Expected an error of the \(place).")
            } catch {
                #expect(error is MartletError && "\(error)".utf8.count < 2_000, "\(place)")
                let quoted = String(repeating: "Name", count: 25)
                let message = (error as? MartletError)?.message ?? ""
                #expect(message.contains("\"\(quoted)…\"") || !message.contains(quoted), "\(place): \(error)")
            }
        }
    }

    @Test func errorsQuoteAHundredCharacters() {
        let name = String(repeating: "é", count: 100)
        #expect(MartletError("Received: \"\(name)\".").message == "Received: \"\(name)\".")
        #expect(MartletError("Received: \"\(name)e\".").message == "Received: \"\(name)…\".")
        #expect(MartletError("m", at: "layer \(name + name + name)").location == "layer \(name + name)" + name.prefix(55) + "…")
        let marks = "a" + String(repeating: "\u{301}", count: 1_000_000)
        #expect(MartletError("\"\(marks)\"", at: marks).description.utf8.count < 1_000)
        let sentence = String(repeating: "one \"two\" three ", count: 200)
        #expect(MartletError(sentence).message == sentence)
        #expect(MartletError(sentence + sentence).message.utf8.count < 4_000)
    }

    @Test func aLongNameIsReadAndShown() throws {
        let name = String(repeating: "n", count: 100_000)
        let model = Sequential([InputLayer([4]), Dense(2, name: name)], name: name)
        #expect(model.summaryText().utf8.count < 10_000)
        #expect(try Model.fromJSON(model.toJSON()).layers[0].name == name)
    }

    /// The description of a functional model of one input `x` and the layers `layers`.
    static func functional(_ name: String, _ layers: [String], output: String) -> String {
        #"{"module": "keras", "class_name": "Functional", "name": "\#(name)", "config": {"name": "\#(name)", "layers": ["#
            + #"{"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [null, 2], "name": "x"}, "inbound_nodes": []}, "#
            + layers.joined(separator: ", ")
            + #"], "input_layers": [["x", 0, 0]], "output_layers": [["\#(output)", 0, 0]]}"#
    }

    static func calls(_ inputs: [[(String, Int)]]) -> String {
        let calls = inputs.map { "[" + $0.map { #"["\#($0)", \#($1), 0]"# }.joined(separator: ", ") + "]" }
        return #", "inbound_nodes": [\#(calls.joined(separator: ", "))]}"#
    }

    static func layer(_ className: String, _ name: String, _ config: String, _ inputs: [[(String, Int)]]) -> String {
        #"{"class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"\#(config)}"# + calls(inputs)
    }

    /// Models of which each calls the one inside it twice; the innermost doubles its input.
    static func nested(_ levels: Int) -> String {
        var json = functional("m0", [layer("Rescaling", "r", #", "scale": 2"#, [[("x", 0)]])], output: "r")
        for level in 1..<levels {
            // An output of a model inside counts the model's own graph as its first call.
            json = functional("m\(level)", [json + calls([[("x", 0)], [("m\(level - 1)", 0)]])], output: "m\(level - 1)")
                .replacing(#""output_layers": [["m\#(level - 1)", 0, 0]]"#, with: #""output_layers": [["m\#(level - 1)", 2, 0]]"#)
        }
        return json + "}"
    }

    @Test func callsOfModelsAreCounted() throws {
        let model = try Model.fromJSON(Self.nested(4))
        // 2 to the power of 2 · 2 · 2.
        #expect(model(Tensor([[1.0, 3]])).scalars() == [256, 768])
        for levels in [20, 31] {
            do {
                _ = try Model.fromJSON(Self.nested(levels))
                Issue.record("Expected an error.")
            } catch {
                #expect("\(error)".contains("at most 100000 calls of layers"), "\(error)")
            }
        }
    }

    /// Layers may be listed in any order: here each before those that it needs. Layer `a` is called on every other result, so
    /// its calls wait for one another's.
    @Test func layersInReverseOrder() throws {
        let count = 1_000
        var layers: [String] = []
        var (last, shared) = (("x", 0), [[(String, Int)]]())
        for number in 0..<count {
            layers.append(Self.layer("Rescaling", "r\(number)", #", "scale": 1, "offset": \#(number)"#, [[last]]))
            last = ("r\(number)", 0)
            if number % 2 == 1 {
                shared.append([last])
                last = ("a", shared.count - 1)
            }
        }
        layers.append(Self.layer("Rescaling", "a", #", "scale": 1, "offset": 0.5"#, shared))
        let sum = layers.count - 1
        layers.append(Self.layer("Add", "sum", #", "trainable": true"#, [(0..<sum).map { ("r\($0)", 0) }]))
        var expected = 0.0
        var value = 1.0
        for number in 0..<count {
            value += Double(number)
            expected += value
            if number % 2 == 1 { value += 0.5 }
        }
        for order in [layers, layers.reversed()] {
            let model = try Model.fromJSON(Self.functional("m", order, output: "sum") + "}")
            #expect(model.layers.count == count + 3)
            #expect(model(Tensor([[1.0, 1.0]])).cast(to: .float64)[0, 1].item() / expected - 1 < 1e-6)
        }
        let lost = layers.filter { !$0.contains("\"name\": \"r500\"") }
        do {
            _ = try Model.fromJSON(Self.functional("m", lost, output: "sum") + "}")
            Issue.record("Expected an error.")
        } catch {
            #expect("\(error)".contains("need tensors that no layer"))
        }
    }

    @Test func aLongChainIsDropped() throws {
        var x = Input([2])
        for _ in 0..<30_000 { x = Identity()(x) }
        #expect(x.shape == [nil, 2])
    }

    static let metrics = [
        #"{"class_name": "AUC", "config": {"num_thresholds": 100000000}}"#,
        #"{"class_name": "AUC", "config": {"num_thresholds": 4611686018427387904}}"#,
        #"{"class_name": "AUC", "config": {"multi_label": true, "num_labels": 1000000000}}"#,
        #"{"class_name": "AUC", "config": {"multi_label": true, "num_labels": 4611686018427387904}}"#,
        #"{"class_name": "MeanIoU", "config": {"num_classes": 100000}}"#,
        #"{"class_name": "OneHotMeanIoU", "config": {"num_classes": 9223372036854775807}}"#,
        #"{"class_name": "IoU", "config": {"num_classes": 1000000, "target_class_ids": [0, 99999]}}"#,
        #"{"class_name": "PrecisionAtRecall", "config": {"recall": 0.5, "num_thresholds": 1000000000}}"#,
        #"{"class_name": "SpecificityAtSensitivity", "config": {"sensitivity": 0.5, "num_thresholds": 9223372036854775807}}"#,
        (0..<50).map { #"{"class_name": "AUC", "config": {"name": "m\#($0)", "num_thresholds": 200000}}"# }
            .joined(separator: ", "),
    ]

    @Test(arguments: metrics) func stateOfMetricsIsBounded(metric: String) throws {
        let start = #"{"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer", "config": "#
            + #"{"batch_shape": [null, 4]}}, {"class_name": "Identity", "config": {}}]}, "compile_config": "#
        for key in ["metrics", "weighted_metrics"] {
            let model = try Model.fromJSON(start + #"{"optimizer": "sgd", "loss": "mse", "\#(key)": [\#(metric)]}}"#)
            let error = #expect(throws: MartletError.self) { try model.evaluate(.ones([2, 4]), .ones([2, 4])) }
            // Some are refused as numbers, others for their memory.
            let message = error?.message ?? ""
            #expect(["metrics of a configuration may take", "at most 2147483648"].contains(where: message.contains), "\(message)")
        }
        if !metric.contains("}}, ") { #expect(throws: MartletError.self) { try Metric.make(from: JSONValue(parsing: metric)) } }
    }

    @Test func usualMetricsAreRead() throws {
        let auc = try Metric.make(from: JSONValue(parsing: #"{"class_name": "AUC", "config": {"num_thresholds": 100000}}"#))
        #expect(auc.variables.map(\.shape) == [Shape](repeating: [100_000], count: 4))
        let iou = try Metric.make(from: JSONValue(parsing: #"{"class_name": "MeanIoU", "config": {"num_classes": 1000}}"#))
        #expect(iou.variables.map(\.shape) == [[1000, 1000]])
    }

    /// A small file whose entries unpack to far more than the model can use.
    @Test(arguments: ["config.json", "model.weights.h5"]) func entriesOfAModelAreBounded(entry: String) throws {
        let archive = try ZipArchive(FileIO.read(KerasFileTests.path("stack.keras")), name: "seed")
        let entries = try archive.names.map { name in
            let more = [UInt8](repeating: entry == "config.json" ? 0x20 : 0, count: name == entry ? 12_000_000 : 0)
            return (name: name, bytes: try archive.read(name) + more)
        }
        let bytes = try ZipWriter.bytes(of: entries, compressed: true, name: "large")
        do {
            _ = try Model.load(keras: bytes, name: "large.keras")
            Issue.record("Expected an error.")
        } catch {
            #expect("\(error)".contains("large.keras:\(entry)") && "\(error)".contains("Expected at most"), "\(error)")
        }
    }
}
