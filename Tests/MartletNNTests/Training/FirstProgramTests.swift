import Foundation
import Martlet
import TestSupport
import Testing

/// What users of Keras write first.
@Suite(.ownSession) struct FirstProgramTests {
    @Test func inputBeginsAStack() throws {
        let model = Sequential([Input(shape: [4, 2]), Flatten(), Dense(3)])
        #expect(model.layers.count == 2 && model.parameterCount == 27)
        #expect(Sequential([Input([5]), Dense(2)]).parameterCount == 12)
        let x = Input(shape: [3], name: "x")
        #expect(Model(inputs: x, outputs: Dense(2)(x)).parameterCount == 8 && x.shape == [nil, 3])
    }

    /// A layer whose weights have no names, as the guides of Keras write it.
    final class Linear: Layer, Configurable {
        var w: Variable!, b: Variable!
        override init(name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
            super.init(name: name, trainable: trainable, dtype: dtype)
        }
        convenience init(config: Configuration) throws { self.init(name: try config.name) }
        override func build(for shapes: [PartialShape]) throws {
            w = addWeight(shape: [shapes[0][-1]!, 2], initializer: .randomNormal)
            b = addWeight(shape: [2], initializer: .zeros)
            addWeight("variable_2", shape: [])
            addWeight(shape: [], trainable: false)
        }
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { matmul(x, w) + b }
    }

    @Test(arguments: ["weights.h5", "npz", "safetensors"]) func weightsWithoutNames(ending: String) throws {
        let (a, b) = (Linear(), Linear())
        let x = Tensor.ones([1, 3])
        let y = a(x)
        #expect(a.weights.map(\.name).sorted() == ["variable", "variable_1", "variable_2", "variable_3"])
        #expect(!b(x).allClose(to: y))
        try withFolder { folder in
            try a.saveWeights(to: "\(folder)/a.\(ending)")
            try b.loadWeights(from: "\(folder)/a.\(ending)")
        }
        #expect(b(x).scalars(as: Float.self) == y.scalars(as: Float.self))
    }

    /// Lists on one side only give what lists on both give.
    @Test func listsAndTensors() throws {
        func trained(_ fit: (Model) throws -> History) throws -> [Double] {
            try withSession(Session(seed: 1)) {
                let (a, b) = (Input([2]), Input([3]))
                let model = Model(inputs: [a, b], outputs: Dense(1)(Concatenate()([a, b])))
                try model.compile(optimizer: "sgd", loss: "mse")
                return try fit(model)["loss"]
            }
        }
        let random = RandomGenerator(seed: 3)
        let (a, b, y) = (random.normal([8, 2]), random.normal([8, 3]), random.normal([8, 1]))
        let lists = try trained { try $0.fit([a, b], [y], batchSize: 4, epochs: 2, verbosity: .silent, shuffle: false) }
        let single = try trained { try $0.fit([a, b], y, batchSize: 4, epochs: 2, verbosity: .silent, shuffle: false) }
        let slices = try trained {
            try $0.fit(Dataset.fromTensorSlices([a, b], y).batch(4), epochs: 2, verbosity: .silent)
        }
        #expect(lists.count == 2 && single == lists && slices == lists)

        let x = Input([2])
        let model = Model(inputs: [x], outputs: [Dense(1, name: "p")(x), Dense(2, name: "q")(x)])
        try model.compile(optimizer: "sgd", loss: "mse")
        let targets = [y, random.normal([8, 2])]
        let history = try model.fit(a, targets, epochs: 1, verbosity: .silent, validationData: (a, targets))
        let figures = try model.evaluate(a, targets)
        #expect(abs(history["val_loss"][0] - figures["loss"]!) < 1e-9)
    }

    static let functions: [(String, @Sendable (Tensor) -> Tensor, @Sendable (SymbolicTensor) -> SymbolicTensor, [Double])] = [
        ("elu", { elu($0) }, { elu($0) }, [-0.86466472, -0.39346934, 0, 0.5, 3]),
        ("selu", { selu($0) }, { selu($0) }, [-1.52016647, -0.69175819, 0, 0.52535049, 3.15210296]),
        ("gelu", { gelu($0) }, { gelu($0) }, [-0.04550026, -0.15426877, 0, 0.34573123, 2.99595031]),
        ("gelu tanh", { gelu($0, approximate: true) }, { gelu($0, approximate: true) },
            [-0.04540231, -0.15428600, 0, 0.34571400, 2.99636261]),
        ("silu", { silu($0) }, { swish($0) }, [-0.23840584, -0.18877033, 0, 0.31122967, 2.85772238]),
        ("mish", { mish($0) }, { mish($0) }, [-0.25250148, -0.22074378, 0, 0.37524524, 2.98653500]),
        ("celu", { celu($0, alpha: 2) }, { celu($0, alpha: 2) }, [-1.26424112, -0.44239843, 0, 0.5, 3]),
        ("leakyReLU", { leakyReLU($0) }, { leakyReLU($0) }, [-0.4, -0.1, 0, 0.5, 3]),
        ("leakyReLU 0.1", { leakyReLU($0, negativeSlope: 0.1) }, { leakyReLU($0, negativeSlope: 0.1) }, [-0.2, -0.05, 0, 0.5, 3]),
        ("relu6", { relu6($0 * 3) }, { relu6($0 * 3) }, [0, 0, 0, 1.5, 6]),
        ("softsign", { softsign($0) }, { softsign($0) }, [-0.66666667, -0.33333333, 0, 0.33333333, 0.75]),
        ("hardSigmoid", { hardSigmoid($0) }, { hardSigmoid($0) }, [0.16666667, 0.41666667, 0.5, 0.58333333, 1]),
        ("hardSwish", { hardSwish($0) }, { hardSwish($0) }, [-0.33333333, -0.20833333, 0, 0.29166667, 3]),
        ("logSigmoid", { logSigmoid($0) }, { logSigmoid($0) }, [-2.12692801, -0.97407698, -0.69314718, -0.47407698, -0.04858735]),
    ]

    /// Keras 3.15's numbers, of tensors and of functional models.
    @Test(arguments: functions.indices) func activationsAsFunctions(place: Int) {
        let (name, ofTensor, ofSymbol, expected) = Self.functions[place]
        let x = Tensor([-2, -0.5, 0, 0.5, 3.0])
        let symbol = Input([5])
        let model = Model(inputs: symbol, outputs: ofSymbol(symbol))
        for y in [ofTensor(x), model(x.expandingDims(at: 0)).flattened()] {
            #expect(y.allClose(to: Tensor(expected), relativeTolerance: 1e-6, absoluteTolerance: 1e-7), "\(name): \(y)")
        }
    }

    @Test func choicesAndObjectsByName() throws {
        let model = Sequential([
            InputLayer(8, 8, 1), RandomFlip("horizontal"), Conv2D(4, 3, padding: "same", kernelInitializer: .heNormal, kernelRegularizer: .l2),
            GlobalAveragePooling2D(), Dense(2, kernelConstraint: .maxNorm),
        ])
        #expect(model(Tensor.ones([2, 8, 8, 1])).shape == [2, 2])
        #expect(TextVectorization(maxTokens: 5, outputMode: "multi_hot").outputMode == .multiHot)
        let modes: [MonitorMode] = ["min", .max]
        #expect(modes == [.min, .max] && ("channels_first" as DataFormat) == .channelsFirst)
    }
}
