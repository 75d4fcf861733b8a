import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// What nobody holds is freed: models, their layers, their weights, and what trains them.
@Suite(.ownSession) struct LifetimeTests {
    final class Pair: Model {
        let first = Dense(3, activation: .tanh)
        let second = [Dense(2), Dense(1)]
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { second.reduce(first(x)) { $1($0) } }
    }

    static let kinds = ["stack", "graph", "nested", "shared", "subclass", "recurrent", "attention", "untrained graph"]

    static func make(_ kind: String) -> Model {
        let x = Input([4, 2])
        switch kind {
        case "stack": return Sequential([Flatten(), Dense(3, activation: .relu), BatchNormalization(), Dense(1)])
        case "nested":
            let z = Input([4, 2])
            let inner = Model(inputs: z, outputs: Dense(3)(z))
            return Model(inputs: x, outputs: Sequential([InputLayer([4, 3]), Flatten(), Dense(1)])(inner(x)))
        case "shared":
            let layer = Dense(2)
            return Model(inputs: x, outputs: Dense(1)(Flatten()(Add()([layer(x), layer(layer(x))]))))
        case "subclass": return Sequential([Flatten(), Pair()])
        case "recurrent":
            let y = Bidirectional(LSTM(3, returnSequences: true))(x)
            return Model(inputs: x, outputs: Dense(1)(RNN([GRUCell(2), SimpleRNNCell(2)])(y)))
        case "attention":
            return Model(inputs: x, outputs: Dense(1)(Flatten()(MultiHeadAttention(numHeads: 1, keyDim: 2)(x, x))))
        default: return Model(inputs: x, outputs: Dense(1)(Flatten()(x)))
        }
    }

    final class Weak {
        weak var object: AnyObject?
        let name: String
        init(_ object: AnyObject, _ name: String) { (self.object, self.name) = (object, name) }
    }

    static func parts(of layer: Layer) -> [Weak] {
        [Weak(layer, layer.name)] + layer.weights.map { Weak($0, $0.path) } + layer.sublayers.flatMap(parts)
    }

    static func parts(of model: Model) -> [Weak] {
        let optimizer = model.optimizer.map { [Weak($0, $0.name)] + $0.variables.map { Weak($0, $0.path) } } ?? []
        return parts(of: model as Layer) + optimizer
    }

    @Test(arguments: kinds) func dropped(_ kind: String) throws {
        let x = Tensor.ones([3, 4, 2])
        var all: [Weak] = []
        try withFolder { folder in
            let model = Self.make(kind)
            if kind != "untrained graph" {
                try model.compile(optimizer: Adam(), loss: .meanSquaredError(), metrics: [.meanAbsoluteError()])
                try model.fit(
                    x, .ones([3, 1]), epochs: 1, verbosity: .silent, validationSplit: 0.4, callbacks: [EarlyStopping()])
                _ = try model.predict(x)
                let step = compiled { (x: Tensor) -> Tensor in model(x) }
                _ = step(x)
            }
            all += Self.parts(of: model)
            if kind == "subclass" {
                try model.saveWeights(to: "\(folder)/a.weights.h5")
                try model.loadWeights(from: "\(folder)/a.weights.h5")
            } else {
                try model.save(to: "\(folder)/a.keras")
                let again = try Model.load(from: "\(folder)/a.keras")
                if kind != "untrained graph" { try again.fit(x, .ones([3, 1]), verbosity: .silent) }
                all += Self.parts(of: again)
            }
        }
        #expect(all.count > 3)
        #expect(all.filter { $0.object != nil }.map(\.name) == [])
    }

    /// Long chains of calls take no stack when they go.
    @Test func longGraphs() {
        weak var layer: Layer?
        do {
            let x = Input([1])
            let shared = Identity()
            layer = shared
            let model = Model(inputs: x, outputs: (0..<5000).reduce(x) { y, _ in shared(y) })
            #expect(model.layers.count == 2)
        }
        #expect(layer == nil)
    }
}
