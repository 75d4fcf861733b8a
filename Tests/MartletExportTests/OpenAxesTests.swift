import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Models that leave other axes open than the batch's: their files run for all sizes.
@Suite(.ownSession) struct OpenAxesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Of inputs without the batch.
        let shapes: [PartialShape]
        /// For each run the sizes of the inputs, with the batch.
        let sizes: [[[Int]]]
        let make: @Sendable ([SymbolicTensor]) -> [SymbolicTensor]
        var isText = false

        /// Layers one behind the other.
        static func line(
            _ name: String, _ shape: PartialShape, _ sizes: [[Int]], isText: Bool = false,
            _ layers: @escaping @Sendable () -> [Layer]
        ) -> Case {
            Case(
                testDescription: name, shapes: [shape], sizes: sizes.map { [$0] },
                make: { inputs in layers().reduce(inputs) { [$1($0[0])] } }, isText: isText)
        }

        static let steps = [[2, 5, 3], [1, 18, 3]]
        static let images = [[2, 14, 11, 3], [1, 25, 40, 3]]
        static let all = [
            line("dense", [nil, 3], steps) { [Dense(4, activation: .relu), Dense(2)] },
            line("convolutions, causal and same", [nil, 3], steps) {
                [
                    Conv1D(4, kernelSize: 3, padding: .causal, dilationRate: 2),
                    Conv1D(4, kernelSize: 3, strides: 2, padding: .same), GlobalAveragePooling1D(),
                ]
            },
            line("poolings", [nil, 3], steps) {
                [MaxPooling1D(poolSize: 2), AveragePooling1D(poolSize: 3, strides: 2, padding: .same)]
            },
            line("recurrent both ways", [nil, 3], steps) {
                [Bidirectional(LSTM(3, returnSequences: true)), GRU(4, returnSequences: true, goBackwards: true), SimpleRNN(2)]
            },
            line("masked", [nil, 3], steps) { [Masking(), Bidirectional(GRU(3, returnSequences: true)), LSTM(2)] },
            line("texts", [nil], [[2, 5], [1, 18]], isText: true) {
                [Embedding(2, 4, maskZero: true), LSTM(3), Dense(2)]
            },
            line("sequence of samples", [nil, 4, 2], [[2, 5, 4, 2], [1, 9, 4, 2]]) {
                [TimeDistributed(LSTM(3)), TimeDistributed(Dense(2)), LayerNormalization()]
            },
            line("cut and turned", [nil, 3], steps) {
                [ZeroPadding1D(2), Cropping1D([1, 2]), Permute([2, 1]), Permute([2, 1]), UpSampling1D(size: 2)]
            },
            line("fully convolutional", [nil, nil, 3], images) {
                [
                    Conv2D(4, kernelSize: 3, strides: 2, padding: .same, activation: .relu), BatchNormalization(),
                    MaxPooling2D(padding: .same), Conv2DTranspose(2, kernelSize: 3, strides: 2, padding: .same),
                    UpSampling2D(), GroupNormalization(groups: 2),
                ]
            },
            line("pixels as steps", [nil, nil, 3], images) { [Reshape([-1, 3]), Dense(2), GlobalMaxPooling1D()] },
            line("volumes", [nil, nil, nil, 2], [[1, 5, 6, 7, 2], [2, 8, 4, 5, 2]]) {
                [MaxPooling3D(), AveragePooling3D(poolSize: 2, strides: 1), GlobalAveragePooling3D()]
            },
            Case(
                testDescription: "attention", shapes: [[nil, 4], [nil, 4]],
                sizes: [[[2, 5, 4], [2, 3, 4]], [[1, 6, 4], [1, 17, 4]]],
                make: { inputs in
                    let attention = MultiHeadAttention(numHeads: 2, keyDim: 3)
                    return [attention(inputs[0], inputs[1]), Concatenate(axis: 1)(inputs)]
                }),
            Case(
                testDescription: "attention to what is before", shapes: [[nil, 4]], sizes: [[[2, 5, 4]], [[1, 17, 4]]],
                make: { inputs in
                    let x = LayerNormalization()(inputs[0])
                    let attention = MultiHeadAttention(numHeads: 2, keyDim: 3)
                    return [Add()([inputs[0], attention(x, x, useCausalMask: true)])]
                }),
            Case(
                testDescription: "halved, doubled and joined", shapes: [[nil, nil, 3]],
                sizes: [[[2, 8, 12, 3]], [[1, 20, 4, 3]]],
                make: { inputs in
                    let whole = Conv2D(3, kernelSize: 3, padding: .same)(inputs[0])
                    let half = Conv2D(4, kernelSize: 3, padding: .same)(MaxPooling2D()(whole))
                    let quarter = Conv2D(4, kernelSize: 3, padding: .same)(MaxPooling2D()(half))
                    let up = Concatenate()([half, Conv2DTranspose(4, kernelSize: 2, strides: 2)(quarter)])
                    return [Concatenate()([whole, UpSampling2D()(up)])]
                }),
        ]

        func model() throws -> Model {
            let inputs = shapes.map { Input($0, dtype: isText ? .int32 : nil) }
            let model = Model(inputs: inputs, outputs: make(inputs))
            for (index, weight) in model.weights.enumerated() where weight.dtype.isFloatingPoint {
                let isVariance = weight.name.contains("variance")
                let values = RandomGenerator(seed: index).uniform(weight.shape, in: isVariance ? 0.5..<1 : -0.6..<0.6)
                weight.assign(values.cast(to: weight.dtype))
            }
            return model
        }

        func inputs(_ run: Int) -> [Tensor] {
            sizes[run].enumerated().map { place, size in
                let x = RandomGenerator(seed: 7 + place).normal(Shape(size))
                return isText ? (x .> 0).cast(to: .int32) : x
            }
        }
    }

    /// Reads a file; sizes are for one that leaves several open.
    private static func file(_ path: String, _ format: ExportFormat, _ sizes: [[Int]]) throws -> Model {
        switch format {
        case .tflite: try TFLiteModel(tflite: path, inputShapes: sizes.map { PartialShape(Array($0.dropFirst())).batched() })
        case .savedModel: try TensorFlowModel(savedModel: path)
        case .onnx: try ONNXModel(onnx: path)
        }
    }

    /// Of sizes that are none of those with which the file was made and checked, it computes what the model does.
    @Test(arguments: Case.all, ExportFormat.allCases) func computesTheSame(_ test: Case, _ format: ExportFormat) throws {
        try withFolder { folder in
            let model = try test.model()
            let path = folder + "/model"
            try model.export(to: path, format: format)
            for run in test.sizes.indices {
                let inputs = test.inputs(run)
                let file = try Self.file(path, format, test.sizes[run])
                let difference = largestDifference(
                    file.apply(inputs, training: false), model.apply(inputs, training: false))
                #expect(difference < 1e-4, "\(test.sizes[run])")
            }
        }
    }

    /// Rounded files stay open, too.
    @Test(arguments: [ExportOptions.Quantization.float16, .dynamic, .int8, .int16x8])
    func rounded(_ quantization: ExportOptions.Quantization) throws {
        try withFolder { folder in
            for name in ["recurrent both ways", "fully convolutional"] {
                let test = Case.all.first { $0.testDescription == name }!
                let model = try test.model()
                let path = folder + "/model.tflite"
                try model.export(
                    to: path, options: ExportOptions(quantization: quantization, calibration: [test.inputs(0), test.inputs(1)]))
                for run in test.sizes.indices {
                    let inputs = test.inputs(run)
                    let expected = model.apply(inputs, training: false)[0]
                    let file = try Self.file(path, .tflite, test.sizes[run])
                    let difference = largestDifference(file.apply(inputs, training: false), [expected])
                    let largest: Double = expected.abs().max().item()
                    #expect(difference < 0.1 * max(1, largest), "\(name), \(test.sizes[run])")
                }
            }
        }
    }

    /// Sizes that are the same have the same name in an ONNX file; what is given is not open.
    @Test func whatIsDeclared() throws {
        try withFolder { folder in
            let x = Input([nil, 3])
            let model = Model(inputs: [x], outputs: [Dense(2)(x), MaxPooling1D()(x)])
            try model.export(to: folder + "/open.onnx")
            let open = try ONNXModel(onnx: folder + "/open.onnx")
            #expect(open.fileInputs.map(\.shape) == [[nil, nil, 3]])
            #expect(open.fileOutputs.map(\.shape) == [[nil, nil, 2], [nil, nil, 3]])
            try model.export(to: folder + "/fixed.onnx", options: ExportOptions(inputShapes: [[nil, 6, 3]]))
            let fixed = try ONNXModel(onnx: folder + "/fixed.onnx")
            #expect(fixed.fileInputs.map(\.shape) == [[nil, 6, 3]])
            #expect(fixed.fileOutputs.map(\.shape) == [[nil, 6, 2], [nil, 3, 3]])
        }
    }

    /// What needs a size says which layer, and what to do.
    @Test func needsSizes() throws {
        try withFolder { folder in
            let images = Sequential([InputLayer([nil, nil, 3]), UpSampling2D(interpolation: .bilinear, name: "smooth")])
            expectError("smooth", "--input-shape") { try images.export(to: folder + "/m.onnx") }
            try images.export(to: folder + "/m.onnx", options: ExportOptions(inputShapes: [[nil, 4, 5, 3]]))
            let steps = Sequential([InputLayer([nil, 3]), RNN([LSTMCell(2), GRUCell(2)], name: "cells")])
            expectError("cells", "--input-shape") { try steps.export(to: folder + "/n.tflite") }
            expectError("input", "--input-shape") { try steps.layered() }
        }
    }
}
