import Martlet
import TestSupport
import Testing

import MartletExport

/// Models to ONNX. `export` compares the file, as `ONNXModel` runs it, with the model's forward pass.
@Suite struct ONNXExportTests {
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
            #expect(!again(x).allClose(before(x)))
        }
    }
}
