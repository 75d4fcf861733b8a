import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import TestSupport
import Testing

/// Models from other frameworks as models of Keras's layers.
@Suite(.ownSession) struct LayeredTests {
    /// Every layer, taken apart into operations and put together again, computes the same, also from a file.
    @Test(arguments: LayerModel.all) func layers(_ layer: LayerModel) throws {
        let model = try layer.model()
        let made = try model.layered()
        let inputs = layer.inputs(batch: 5)
        let expected = model.apply(inputs, training: false)
        try withFolder { folder in
            try made.save(to: folder + "/made.keras")
            let read = try Model.load(from: folder + "/made.keras")
            #expect(largestDifference(read.apply(inputs, training: false), expected) < 1e-4)
        }
    }

    @Test(arguments: KerasCase.all) func exportedAndBack(_ kerasCase: KerasCase) throws {
        try withFolder { folder in
            let (model, inputs) = (try kerasCase.model(), try kerasCase.inputs())
            try model.export(to: folder + "/a.onnx")
            try model.export(to: folder + "/a.tflite")
            try model.export(to: folder + "/a")
            for file in [
                try ONNXModel(onnx: folder + "/a.onnx"), try TFLiteModel(tflite: folder + "/a.tflite"),
                try TensorFlowModel(savedModel: folder + "/a"),
            ] as [Model] {
                try #expect(largestDifference(file.apply(inputs, training: false), kerasCase.predictions()) < 1e-4)
                let made = try file.layered()
                try #expect(largestDifference(made.apply(inputs, training: false), kerasCase.predictions()) < 1e-4)
            }
        }
    }

    /// The channels of ONNX come first, those of layers last: between layers nothing is transposed, and a normalization is in
    /// its convolution.
    @Test func imagesBecomeLayers() throws {
        let model = try ONNXModel(ONNXGraphs.images(), path: "made").layered()
        #expect(
            model.layers.map(\.className) == [
                "InputLayer", "Permute", "Conv2D", "Activation", "AveragePooling2D", "Permute", "Flatten", "Dense",
            ])
        #expect(model.trainableWeights.map(\.shape) == [[3, 3, 2, 4], [4], [36, 2]])
    }

    /// What is made trains as a model of layers does.
    @Test func trains() throws {
        let model = try ONNXModel(ONNXGraphs.perceptron(), path: "made").layered()
        #expect(model.layers.map(\.className) == ["InputLayer", "Dense", "Dense", "Softmax"])
        let x = RandomGenerator(seed: 1).normal([32, 4])
        let y = x.argmax(axis: 1) % 3
        try model.compile(optimizer: Adam(learningRate: 0.05), loss: .sparseCategoricalCrossentropy())
        let before = try model.evaluate(x, y, batchSize: 32)["loss"] ?? 0
        try model.fit(x, y, batchSize: 8, epochs: 20, verbosity: .silent)
        #expect(try model.evaluate(x, y, batchSize: 32)["loss"] ?? .infinity < 0.5 * before)
    }

    /// A recurrent network is written step by step in ONNX: one layer for all steps.
    @Test func stepsShareTheirWeights() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([6, 3]), GRU(4)])
            try model.export(to: folder + "/a.onnx")
            let made = try ONNXModel(onnx: folder + "/a.onnx").layered()
            #expect(made.parameterCount <= model.parameterCount + 12)
        }
    }

    /// A loop of a known count is written out. What depends on elements is refused, with the operators.
    @Test func loops() throws {
        let model = try ONNXModel(ONNXGraphs.loop(count: 5), path: "made").layered()
        #expect(model.apply([Tensor([1, -3], dtype: .float32)])[0].scalars(as: Float.self) == [32, -96])
        var file = ONNXGraphs.file([ONNX.Node("NonZero", ["x"], ["y"])])
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.symbol("batch"), .size(4)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .int64, [.size(2), .symbol("count")])]
        expectError("NonZero", "all elements") { try ONNXModel(file, path: "made").layered() }
    }

    /// Two inputs of one name could not be told apart.
    @Test func inputsOfOneName() throws {
        var file = ONNXGraphs.file([ONNX.Node("Add", ["x", "x"], ["y"])])
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.size(4)]), ONNX.ValueInfo("x", .float, [.size(4)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.size(4)])]
        expectError("inputs of different names", "\"x\" twice") { try ONNXModel(file, path: "made") }
    }
}

/// SavedModels that TensorFlow wrote, and damaged ones.
@Suite(.ownSession) struct TensorFlowModelTests {
    private static var folder: String { fixture("tflite/saved") }

    private func x() throws -> Tensor { try NPY.read(fixture("tflite/x.npy")) }

    @Test func predicts() throws {
        let model = try TensorFlowModel(savedModel: Self.folder)
        let expected = try NPY.read(fixture("tflite/saved.npy"))
        #expect(largestDifference([try model.predict(x())], [expected]) < 1e-5)
        // Of the normalization, mean and variance are not trained.
        #expect(model.nonTrainableWeights.count == 2)
        let made = try model.layered()
        #expect(largestDifference(made.apply([try x()], training: false), [expected]) < 1e-5)
    }

    @Test func gradients() throws {
        let model = try TensorFlowModel(savedModel: Self.folder)
        // Where all is 0, a bias of 0 is at the kink of relu.
        for weight in model.weights where weight.name.contains("bias") { weight.assign(weight.value + 0.1) }
        let report = try gradientCheck(model, x()[0..<2], RandomGenerator(seed: 1).normal([2, 5]), loss: .meanSquaredError())
        #expect(report.passed, "\(report)")
        #expect(report.entries.count == model.trainableWeights.count + 1)
    }

    @Test func trains() throws {
        let model = try TensorFlowModel(savedModel: Self.folder)
        try model.compile(optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy())
        let y = Tensor([0, 1, 2, 3])
        let before = try model.evaluate(x(), y)["loss"] ?? 0
        try model.fit(x(), y, epochs: 10, verbosity: .silent)
        #expect(try model.evaluate(x(), y)["loss"] ?? .infinity < before)
    }

    /// Each file is read or refused, whatever its bytes are.
    @Test(arguments: ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"])
    func damagedFiles(name: String) throws {
        try withFolder { folder in
            let copy = folder + "/saved"
            try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
            let counts = fuzz(try FileIO.read(copy + "/" + name)) { bytes in
                try FileIO.write(bytes, to: copy + "/" + name)
                let model = try withErrors { try TensorFlowModel(savedModel: copy) }
                _ = try withErrors { model.apply([try x()], training: false) }
            }
            #expect(counts.refused > counts.read / 4)
        }
    }

    /// A SavedModel of functions of which each calls the one before twice, the first one itself where nothing ends it.
    private static func doubled(_ levels: Int, ends: Bool = true) -> [UInt8] {
        func write(_ name: String, _ operation: String, _ input: String?, calling function: String? = nil) -> [UInt8] {
            ProtobufWriter.message { node in
                node.write(1, text: name)
                node.write(2, text: operation)
                if let input { node.write(3, text: input) }
                guard let function else { return }
                node.write(5) { entry in
                    entry.write(1, text: "f")
                    entry.write(2) { value in value.write(10) { $0.write(1, text: function) } }
                }
            }
        }
        func function(_ level: Int) -> [UInt8] {
            ProtobufWriter.message { function in
                function.write(1) { signature in
                    signature.write(1, text: "F\(level)")
                    signature.write(2) { $0.write(1, text: "a") }
                    signature.write(3) { $0.write(1, text: "b") }
                }
                let called = "F\(max(0, level - 1))"
                if level == 0 && ends {
                    function.write(3, write("last", "Neg", "a"))
                } else {
                    function.write(3, write("first", "PartitionedCall", "a", calling: called))
                    function.write(3, write("last", "PartitionedCall", "first:output:0", calling: called))
                }
                function.write(4) { result in
                    result.write(1, text: "b")
                    result.write(2, text: level == 0 && ends ? "last:y:0" : "last:output:0")
                }
            }
        }
        func end(_ name: String, _ tensor: String) -> [UInt8] {
            ProtobufWriter.message { entry in
                entry.write(1, text: name)
                entry.write(2) { info in
                    info.write(1, text: tensor)
                    info.write(2, integer: 1)
                    info.write(3) { shape in for size in [-1, 2] { shape.write(2) { $0.write(1, integer: size) } } }
                }
            }
        }
        return ProtobufWriter.message { model in
            model.write(2) { meta in
                meta.write(2) { graph in
                    graph.write(1, write("x", "Placeholder", nil))
                    graph.write(1, write("y", "PartitionedCall", "x", calling: "F\(levels - 1)"))
                    graph.write(2) { library in for level in 0..<levels { library.write(1, function(level)) } }
                }
                meta.write(5) { entry in
                    entry.write(1, text: "serving_default")
                    entry.write(2) { signature in
                        signature.write(1, end("x", "x:0"))
                        signature.write(2, end("y", "y:0"))
                    }
                }
            }
        }
    }

    /// A few functions that call each other twice run 2^n nodes: so many are refused when the file is read.
    @Test func functionsThatCallOthersTwice() throws {
        try withFolder { folder in
            func model(_ bytes: [UInt8]) throws -> TensorFlowModel {
                try FileIO.write(bytes, to: folder + "/saved_model.pb")
                return try TensorFlowModel(savedModel: folder)
            }
            let x = Tensor([[1, -2]], dtype: .float32)
            let (once, sixteenTimes) = (try model(Self.doubled(1)).predict(x), try model(Self.doubled(5)).predict(x))
            #expect(once.scalars(as: Float.self) == [-1, 2] && sixteenTimes.scalars(as: Float.self) == [1, -2])
            for levels in [25, 60] {
                expectError("nodes more than the file has") { try model(Self.doubled(levels)) }
            }
            expectError("never themselves") { try model(Self.doubled(1, ends: false)) }
        }
    }

    @Test func whatIsMissing() throws {
        try withFolder { folder in
            expectError("saved_model.pb") { try TensorFlowModel(savedModel: folder) }
            try FileManager.default.copyItem(
                atPath: Self.folder + "/saved_model.pb", toPath: folder + "/saved_model.pb")
            expectError("variables.index") { try TensorFlowModel(savedModel: folder) }
        }
    }
}
