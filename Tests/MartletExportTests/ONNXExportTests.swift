import Martlet
import TestSupport
import Testing

import MartletExport

/// Models to ONNX. `export` compares the file, as `ONNXModel` runs it, with the model's forward pass.
@Suite(.ownSession) struct ONNXExportTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let model: @Sendable () -> Model
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "perceptron") {
            Sequential([InputLayer([5]), Dense(8, activation: .relu), Dropout(0.5), Dense(3, activation: .softmax)])
        },
        Case(name: "images") {
            Sequential([
                InputLayer([9, 8, 3]), Conv2D(4, kernelSize: 3, padding: .same, activation: .relu), BatchNormalization(),
                MaxPooling2D(), Conv2D(6, kernelSize: 3, strides: 2, padding: .same), BatchNormalization(), ReLU(),
                AveragePooling2D(poolSize: 2, padding: .same), GlobalAveragePooling2D(), Dense(2),
            ])
        },
        Case(name: "depthwise") {
            Sequential([
                InputLayer([8, 8, 4]), DepthwiseConv2D(kernelSize: 3, padding: .same), Conv2D(8, kernelSize: 1, groups: 2),
                SeparableConv2D(3, kernelSize: 3), Conv2D(2, kernelSize: 2, dilationRate: 2), Flatten(), Dense(2),
            ])
        },
        Case(name: "transposed") {
            Sequential([
                InputLayer([4, 5, 2]), Conv2DTranspose(3, kernelSize: 3, strides: 2, padding: .same),
                Conv2DTranspose(2, kernelSize: 2, strides: 3), UpSampling2D(), ZeroPadding2D(1), Cropping2D(1),
            ])
        },
        Case(name: "lines") {
            Sequential([
                InputLayer([12, 3]), Conv1D(4, kernelSize: 3, padding: .causal), MaxPooling1D(), Dense(2, activation: .gelu),
            ])
        },
        Case(name: "volumes") { Sequential([InputLayer([4, 5, 6, 2]), Conv3D(3, kernelSize: 2), AveragePooling3D(poolSize: 2)]) },
        Case(name: "lstm") { Sequential([InputLayer([5, 3]), LSTM(4, returnSequences: true), LSTM(3)]) },
        Case(name: "gru") { Sequential([InputLayer([5, 3]), GRU(4, returnSequences: true), GRU(3, resetAfter: false)]) },
        Case(name: "bidirectional") { Sequential([InputLayer([5, 3]), Bidirectional(SimpleRNN(4, returnSequences: true))]) },
        Case(name: "attention") {
            let x = Input([6, 8])
            let y = MultiHeadAttention(numHeads: 2, keyDim: 4)([x, x])
            return Model(inputs: x, outputs: LayerNormalization()(Add()([x, y])))
        },
        Case(name: "embedding") {
            Sequential([InputLayer([7]), Embedding(5, 3), GlobalMaxPooling1D(), Dense(2, activation: .tanh)])
        },
        Case(name: "branches") {
            let x = Input([6, 6, 2])
            let a = Conv2D(3, kernelSize: 3, padding: .same, activation: .relu)(x)
            let b = Conv2D(3, kernelSize: 1, activation: .sigmoid)(x)
            let y = Concatenate()([Multiply()([a, b]), x])
            return Model(inputs: x, outputs: Dense(2)(GlobalAveragePooling2D()(y)))
        },
    ]

    @Test(arguments: cases) func sameAsTheModel(_ sample: Case) throws {
        try withFolder { folder in
            let path = folder + "/model.onnx"
            let report = try sample.model().export(to: path)
            #expect(report.largestDifference < 1e-5)
            let file = try ONNX.File(path: path)
            #expect(file.irVersion == 8 && file.opsets == ["": 17])
            guard case .tensor(_, let shape?)? = file.graph.inputs[0].type else { throw MartletError("Expected a shape.") }
            #expect(shape[0] == .symbol("batch"))
        }
    }

    /// Between layers on images nothing is transposed: once at the beginning, and once before what needs the channels last.
    @Test func fewTransposes() throws {
        try withFolder { folder in
            let path = folder + "/model.onnx"
            try ONNXExportTests.cases[1].model().export(to: path)
            let types = try ONNX.File(path: path).graph.nodes.map(\.type)
            #expect(types.count { $0 == "Transpose" } <= 2)
            #expect(!types.contains("BatchNormalization"))
        }
    }

    /// What is an input and an output at once has two names.
    @Test(arguments: ExportFormat.allCases) func inputsAsOutputs(_ format: ExportFormat) throws {
        try withFolder { folder in
            let x = Input([3], name: "x")
            let y = Dense(2)(x)
            let report = try Model(inputs: x, outputs: [y, x, y]).export(to: folder + "/model", format: format)
            #expect(Set(report.inputNames + report.outputNames).count == 4)
        }
    }

    /// There and back: the weights of an exported model can be trained on, and are written again.
    @Test func exportedModelsTrain() throws {
        try withFolder { folder in
            try ONNXExportTests.cases[0].model().export(to: folder + "/a.onnx")
            let model = try ONNXModel(onnx: folder + "/a.onnx")
            let generator = RandomGenerator(seed: 1)
            let (x, y) = (generator.normal([16, 5]), generator.integers([16], in: 0..<3))
            try model.compile(optimizer: Adam(learningRate: 0.05), loss: .sparseCategoricalCrossentropy())
            try model.fit(x, y, epochs: 3, verbosity: .silent)
            try model.write(to: folder + "/b.onnx")
            let (again, before) = (try ONNXModel(onnx: folder + "/b.onnx"), try ONNXModel(onnx: folder + "/a.onnx"))
            #expect(same(again(x), model(x)))
            #expect(!again(x).allClose(to: before(x)))
        }
    }

    // MARK: Integers

    /// With weights and activations in integers the file computes nearly what the model does, and every weight of a product
    /// is kept as `int8`, with a scale for each channel.
    @Test(arguments: cases) func integers(_ sample: Case) throws {
        try withFolder { folder in
            let path = folder + "/model.onnx"
            let model = sample.model()
            let generator = RandomGenerator(seed: 3)
            let inputs = try ExportGraph(of: model).inputs.indices.map { _ in
                let shape = [8] + model.inputs[0].shape.dimensions.dropFirst().map { $0! }
                let places = generator.integers(Shape(shape), in: 0..<5).cast(to: .float32)
                return sample.name == "embedding" ? places : generator.normal(Shape(shape))
            }
            let options = ExportOptions(quantization: .int8, calibration: [inputs], checkedInputs: inputs, tolerance: 0.1)
            try model.export(to: path, options: options)
            let graph = try ONNX.File(path: path).graph
            let initializers = Dictionary(graph.initializers.map { ($0.name, $0.value) }) { first, _ in first }
            let dequantized = Dictionary(
                graph.nodes.filter { $0.type == "DequantizeLinear" }.map { ($0.outputs[0], $0) }) { first, _ in first }
            for node in graph.nodes where ["Conv", "ConvTranspose", "Gemm", "MatMul"].contains(node.type) {
                let source = try #require(dequantized[node.inputs[1]])
                guard case .tensor(let weights, let type)? = initializers[source.inputs[0]] else {
                    // A product of two activations.
                    #expect(node.type == "MatMul")
                    continue
                }
                let axis = ["Conv": 0, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1][node.type]!
                #expect(type == .int8)
                let count = weights.shape[axis]
                #expect(try #require(initializers[source.inputs[1]]?.tensor).elementCount == count)
                if case .int(let place)? = source.attributes["axis"] { #expect(place == axis) } else { #expect(count == 1) }
                // The largest weight of each channel is the largest integer.
                let others = (0..<weights.rank).filter { $0 != axis }
                #expect((weights.abs().max(axes: others) .== 127).all().item(as: Bool.self))
                // What the product reads comes from integers, too.
                #expect(dequantized[node.inputs[0]] != nil)
            }
        }
    }

    /// A layer of two units, by hand: inputs from 0 to 2.55 in steps of 0.01, weights in steps of 1/127 and 0.5/127.
    @Test func integersByHand() throws {
        try withFolder { folder in
            let path = folder + "/model.onnx"
            let model = Sequential([InputLayer([2]), Dense(2)])
            try model.setWeights([Tensor([[1, 0.2], [-0.4, 0.5]] as [[Float]]), Tensor([0.1, 0] as [Float])])
            let x = Tensor([[0, 2.55], [2.55, 0.5]] as [[Float]])
            let options = ExportOptions(quantization: .int8, calibration: [[x]], checkedInputs: [x])
            try model.export(to: path, options: options)
            let initializers = try ONNX.File(path: path).graph.initializers
            func found(_ type: ONNX.ElementType, _ shape: Shape) -> [[Int]] {
                initializers.compactMap { _, value in
                    guard case .tensor(let tensor, type) = value, tensor.shape == shape else { return nil }
                    return tensor.scalars(as: Int.self)
                }
            }
            // 0.2 is 50.8 steps of 0.5 / 127, and 0.1 is 1270 steps of 0.01 / 127.
            #expect(found(.int8, [2, 2]) == [[127, 51, -51, 127]])
            #expect(found(.int32, [2]) == [[1270, 0]])
            #expect(found(.int8, []).contains([-128]))
            let scales = initializers.compactMap { _, value in
                value.tensor.flatMap { $0.dtype == .float32 && $0.rank == 0 ? Float($0.item()) : nil }
            }
            #expect(scales.contains { abs($0 - 0.01) < 1e-7 })
        }
    }

    /// Runtimes leave out a rounding that only another one reads, and then compute something else of the file.
    @Test func roundsOnce() throws {
        try withFolder { folder in
            let x = Input([8, 8, 2])
            let (a, b) = (Conv2D(3, kernelSize: 3, padding: .same)(x), Conv2DTranspose(3, kernelSize: 1)(x))
            let pooled = MaxPooling2D(poolSize: 2, strides: 1, padding: .same)(Conv2D(2, kernelSize: 1, activation: .tanh)(x))
            let inner = Concatenate()([a, Reshape([8, 8, 3])(b)])
            // In floating point, and read by two.
            let soft = Activation(.softplus)(x)
            let more = [MaxPooling2D(poolSize: 2, strides: 1, padding: .same)(soft), Conv2D(2, kernelSize: 1)(soft)]
            let all = Concatenate()([inner, pooled] + more)
            let y = Maximum()([all, Conv2D(12, kernelSize: 1, activation: .sigmoid)(x)])
            let z = Concatenate()([AveragePooling2D()(y), Conv2D(2, kernelSize: 2, strides: 2)(x)])
            let model = Model(inputs: x, outputs: z)
            let samples = RandomGenerator(seed: 4).normal([16, 8, 8, 2])
            let options = ExportOptions(
                quantization: .int8, calibration: [[samples]], checkedInputs: [samples], tolerance: 0.05)
            try model.export(to: folder + "/model.onnx", options: options)
            let nodes = try ONNX.File(path: folder + "/model.onnx").graph.nodes
            let dequantized = Dictionary(nodes.filter { $0.type == "DequantizeLinear" }.map { ($0.outputs[0], $0) }) { $1 }
            var again: [String] = []
            for node in nodes where node.type == "QuantizeLinear" {
                guard let before = dequantized[node.inputs[0]], Array(before.inputs[1...]) != Array(node.inputs[1...]) else {
                    continue
                }
                again += [node.inputs[0]]
            }
            // A mean has the integers of what it is of.
            #expect(again.count <= 1 && again.allSatisfy { $0.contains("average") })
            #expect(nodes.count { $0.type == "Concat" } == 3)
        }
    }

    /// The kernels of recurrent layers are rounded, though the layers compute in floating point.
    @Test func recurrentKernels() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([40, 16]), LSTM(48, returnSequences: true), GRU(32)])
            let x = RandomGenerator(seed: 2).normal([8, 40, 16])
            let whole = try model.export(to: folder + "/a.onnx").byteCount
            let options = ExportOptions(quantization: .int8, calibration: [[x]], checkedInputs: [x], tolerance: 0.02)
            #expect(Double(try model.export(to: folder + "/b.onnx", options: options).byteCount) < 0.35 * Double(whole))
        }
    }

    /// A trained network loses hardly any accuracy, and its layers are reported.
    @Test func integersOfDigits() throws {
        let (model, x, y) = try TFLiteTests.digitsModel()
        func accuracy(_ predictions: Tensor) -> Double {
            (predictions.argmax(axis: -1) .== y.cast(to: .int64)).cast(to: .float64).mean().item()
        }
        try withFolder { folder in
            let path = folder + "/digits.onnx"
            let batches = (0..<4).map { [x[(32 * $0)..<(32 * $0 + 32)]] }
            let options = ExportOptions(quantization: .int8, calibration: batches, checkedInputs: batches[0], tolerance: 0.1)
            let report = try model.export(to: path, options: options)
            #expect(report.layers.count >= 4 && report.layers.allSatisfy { $0.isQuantized && $0.signalToNoise > 20 })
            #expect(abs(accuracy(try ONNXModel(onnx: path).predict(x)) - accuracy(try model.predict(x))) < 0.01)
        }
    }

    /// Files of weights of 16 and of 8 bits are half and a quarter as large.
    @Test(arguments: [(ExportOptions.Quantization.float16, 0.51), (.int8, 0.27)]) func sizes(
        _ kind: ExportOptions.Quantization, _ share: Double
    ) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([256]), Dense(512, activation: .relu), Dense(64)])
            let x = RandomGenerator(seed: 2).normal([16, 256])
            let whole = try model.export(to: folder + "/a.onnx").byteCount
            let options = ExportOptions(quantization: kind, calibration: [[x]], checkedInputs: [x])
            #expect(Double(try model.export(to: folder + "/b.onnx", options: options).byteCount) < share * Double(whole))
        }
    }

    @Test(arguments: [ExportOptions.Quantization.dynamic, .int16x8]) func otherKindsAreRefused(
        _ kind: ExportOptions.Quantization
    ) throws {
        expectError("Expected one of none, float16, int8") {
            try ONNXExportTests.cases[0].model().export(to: "/nowhere/x.onnx", options: ExportOptions(quantization: kind))
        }
    }
}
