import Martlet
import MartletCore
import MartletNN
import TestSupport
import Testing

/// Gradients of tables that were read at some rows: what updates make of them compiled, where they are rows and places,
/// against eager steps, where they are arrays; and `sparseUpdates` against PyTorch and a formula.
@Suite(.ownSession) struct SparseGradientTests {
    static func bytes(_ tensor: Tensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

    /// A table, and losses of it whose gradients come from reading rows, from elsewhere, or from both.
    struct Use: Sendable, CustomTestStringConvertible {
        let name: String
        let loss: @Sendable (_ table: Variable, _ indices: Tensor, _ factors: Tensor) -> Tensor

        var testDescription: String { name }

        /// The factors' rows times those that were read: their gradients are the factors.
        static let read = Use(name: "read once") { table, indices, factors in
            (table.value.gathered(at: indices) * factors).sum()
        }

        static let all = [
            read,
            Use(name: "read twice") { table, indices, factors in
                (table.value.gathered(at: indices) * factors).sum()
                    + (table.value.gathered(at: indices.reversed()) * factors.square()).sum()
            },
            Use(name: "of two axes") { table, indices, factors in
                let pairs = indices[..<(indices.shape[0] / 2 * 2)].reshaped([-1, 2])
                return table.value.gathered(at: pairs).square().sum()
            },
            Use(name: "and penalized") { table, indices, factors in
                (table.value.gathered(at: indices) * factors).sum() + table.value.square().sum() * 0.01
            },
            Use(name: "and in a product") { table, indices, factors in
                (table.value.gathered(at: indices) * factors).sum()
                    + matmul(factors, table.value.transposed()).tanh().sum()
            },
            Use(name: "with its own rows as factors") { table, indices, factors in
                // As many rows as the table has: the rows' gradients are the table itself.
                let every = indices[..<1] + Tensor(Array(0..<table.shape[0]).map { $0 * 7 % table.shape[0] })
                let places = every % table.shape[0]
                return (table.value.gathered(at: places) * table.value.stopGradient()).sum()
            },
        ]
    }

    static let optimizers: [(String, @Sendable () -> Optimizer)] = [
        ("SGD", { SGD() }), ("momentum", { SGD(momentum: 0.9, nesterov: true) }), ("Adam", { Adam() }),
        ("AMSGrad", { Adam(amsgrad: true, clipValue: 0.5) }), ("AdamW", { AdamW() }), ("RMSprop", { RMSprop() }),
        ("centered", { RMSprop(momentum: 0.5, centered: true) }), ("Adagrad", { Adagrad() }), ("Adamax", { Adamax() }),
        ("Nadam", { Nadam() }), ("Lion", { Lion() }), ("Adadelta", { Adadelta() }), ("Ftrl", { Ftrl() }),
        ("clipped", { Adam(clipNorm: 0.3) }), ("climbing", { SGD(learningRate: -0.1) }),
        ("boundless", { SGD(learningRate: Double.infinity) }), ("scaled", { SGD(lossScaleFactor: 8) }),
        ("accumulating", { SGD(gradientAccumulationSteps: 2) }), ("averaging", { Adam(useEMA: true) }),
    ]

    /// Rows and their width: in one part, in several, of one element, in bands.
    static let shapes: [Shape] = [[5, 3], [300, 32], [5000, 1], [3, 9000], [1, 1]]

    /// A table with zeros of both signs and numbers that are no numbers among its elements.
    static func table(_ shape: Shape, _ dtype: DType) -> Variable {
        var values = RandomGenerator(seed: 5).normal(shape).scalars(as: Double.self)
        for (place, value) in [(1, -0.0), (2, 0), (4, .infinity), (5, .nan)] where place < values.count {
            values[place] = value
        }
        return Variable(Tensor(values, shape: shape).cast(to: dtype))
    }

    /// A step of training on a table, and what it leaves in the table and in the optimizer.
    static func step(
        _ use: Use, _ optimizer: Optimizer, _ table: Variable
    ) -> (Tensor, Tensor) -> Tensor {
        { indices, factors in
            let tape = GradientTape()
            let loss = tape.record { optimizer.scaleLoss(use.loss(table, indices, factors)) }
            optimizer.apply([tape.gradient(of: loss, withRespectTo: table)], to: [table])
            return loss
        }
    }

    /// The inputs of some steps: indices of either sign, some of them several times, of other rows each time.
    static func inputs(_ shape: Shape, _ dtype: DType, steps: Int = 4) -> [(indices: Tensor, factors: Tensor)] {
        let generator = RandomGenerator(seed: 9)
        let count = shape[0] == 5000 ? 700 : 6
        return (0..<steps).map { step in
            let indices = generator.integers([count], in: -shape[0]..<shape[0], dtype: step % 2 == 0 ? .int32 : .int64)
            let factors = generator.normal([count, shape[1]]) * (generator.uniform([count, 1]) .> 0.2).cast(to: .float32)
            return (indices, factors.cast(to: dtype))
        }
    }

    @Test(arguments: Use.all, optimizers.indices)
    func compiledUpdatesHaveTheBitsOfDenseGradients(_ use: Use, _ number: Int) throws {
        let (name, make) = Self.optimizers[number]
        for (shape, dtype) in Self.shapes.map({ ($0, .float32) }) + [([300, 32], .float64), ([300, 32], .float16)]
            as [(Shape, DType)]
        {
            let (mine, other) = (Self.table(shape, dtype), Self.table(shape, dtype))
            let (optimizer, reference) = (make(), make())
            let eager = Self.step(use, reference, other)
            let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in Self.step(use, optimizer, mine)(x, y) }
            for (step, (indices, factors)) in Self.inputs(shape, dtype).enumerated() {
                _ = (graph(indices, factors), eager(indices, factors))
                for (a, b) in zip([mine] + optimizer.variables, [other] + reference.variables) {
                    let isSame = Self.bytes(a.value) == Self.bytes(b.value)
                    #expect(isSame, "\(name), \(use.name), \(dtype)\(shape), step \(step), \(a.name)")
                }
            }
        }
    }

    /// The names of the ops that a compiled step runs, with the bytes of their outputs.
    static func ops(
        _ use: Use, _ optimizer: Optimizer, _ table: Variable
    ) throws -> [(name: String, bytes: Int)] {
        let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in Self.step(use, optimizer, table)(x, y) }
        let (indices, factors) = Self.inputs(table.shape, table.dtype)[0]
        _ = graph(indices, factors)
        let found = try #require(graph.executable?.graph)
        return found.nodes.map { node in
            let (inputs, outputs) = (node.inputs.map { found.specs[$0] }, node.outputs.map { found.specs[$0] })
            return (type(of: node.op).name, node.op.bytes(inputs, outputs))
        }
    }

    @Test(arguments: Use.all, [false, true]) func noArrayIsMadeOfRows(_ use: Use, _ sparse: Bool) throws {
        // A sum of gradients is an array.
        if ["read twice", "and penalized", "and in a product"].contains(use.name) { return }
        for optimizer in [SGD(sparseUpdates: sparse), Adam(sparseUpdates: sparse)] as [Optimizer] {
            let names = try Self.ops(use, optimizer, Self.table([300, 32], .float32)).map(\.name)
            #expect(names.contains("fusedRows") && !names.contains("scatterAdd"), "\(use.name): \(names)")
        }
    }

    @Test func plainUpdatesTouchOnlyTheRowsThatWereRead() throws {
        let table = Self.table([300, 32], .float32)
        let whole = 300 * 32 * 4
        func bytes(_ optimizer: Optimizer) throws -> Int {
            try #require(Self.ops(.read, optimizer, table).first { $0.name == "fusedRows" }).bytes
        }
        #expect(try bytes(SGD()) < whole / 10)
        #expect(try bytes(Adam(sparseUpdates: true)) < whole / 2)
        #expect(try bytes(Adam()) > 6 * whole)
    }

    @Test func gradientsThatAreHandedOutAreArrays() throws {
        let table = Self.table([50, 4], .float32)
        let optimizer = SGD()
        let step = compiled { (indices: Tensor, factors: Tensor) -> Tensor in
            let tape = GradientTape()
            let loss = tape.record { Use.read.loss(table, indices, factors) }
            let gradient = tape.gradient(of: loss, withRespectTo: table)!
            optimizer.apply([gradient], to: [table])
            return gradient
        }
        let found = step(Tensor([3, -1, 3]), Tensor([[1.0, 2, 3, 4], [5, 6, 7, 8], [0.5, 0.5, 0.5, 0.5]]))
        var wanted = [Double](repeating: 0, count: 200)
        wanted.replaceSubrange(12..<16, with: [1.5, 2.5, 3.5, 4.5])
        wanted.replaceSubrange(196..<200, with: [5, 6, 7, 8])
        #expect(found.scalars(as: Double.self) == wanted)
    }

    @Test(arguments: [false, true]) func valuesThatAreHeldStayWhatTheyWere(_ sparse: Bool) throws {
        for make in [{ SGD(sparseUpdates: $0) }, { Adam(sparseUpdates: $0) }] as [(Bool) -> Optimizer] {
            for eagerly in [false, true] {
                let (mine, other) = (Self.table([300, 32], .float32), Self.table([300, 32], .float32))
                let (optimizer, reference) = (make(sparse), make(sparse))
                let free = Self.step(.read, reference, other)
                let held = Self.step(.read, optimizer, mine)
                let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in held(x, y) }
                for (indices, factors) in Self.inputs([300, 32], .float32) {
                    let before = ([mine] + optimizer.variables).map(\.value)
                    let copies = before.map(Self.bytes)
                    _ = (eagerly ? held(indices, factors) : graph(indices, factors), free(indices, factors))
                    #expect(before.map(Self.bytes) == copies)
                    #expect(Self.bytes(mine.value) == Self.bytes(other.value))
                }
            }
        }
    }

    @Test(.serialized, arguments: [1, 2, 5]) func anyNumberOfThreads(_ threads: Int) {
        func train() -> [[UInt8]] {
            Self.optimizers[..<3].flatMap { _, make in
                let (optimizer, table) = (make(), Self.table([20_000, 32], .float32))
                let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in Self.step(.read, optimizer, table)(x, y) }
                for (indices, factors) in Self.inputs([20_000, 32], .float32) { _ = graph(indices, factors) }
                return ([table] + optimizer.variables).map { Self.bytes($0.value) }
            }
        }
        let before = Settings.threadCount
        defer { Settings.threadCount = before }
        let wanted = train()
        Settings.threadCount = threads
        let isSame = train() == wanted
        #expect(isSame)
    }

    // MARK: - Sparse updates

    /// PyTorch 2.13, `SparseAdam(lr=0.1, eps=1e-7)` and `Adagrad(lr=0.1, initial_accumulator_value=0.1, eps=0)` of a sparse
    /// `Embedding` in float64. The second step has a gradient of 0 in a row that was read.
    @Test(arguments: [false, true]) func sparseUpdatesAreThoseOfPyTorch(_ eagerly: Bool) {
        let steps: [([Int], [[Double]])] = [
            ([0, 2, 0], [[1, -2], [0.5, 0.25], [-0.5, 4]]), ([2, 3], [[0, -1], [3, 0.75]]), ([0], [[2, 1]]),
        ]
        let wanted: [(Optimizer, [[Double]])] = [
            (
                Adam(learningRate: 0.1, sparseUpdates: true),
                [
                    [0.400000632, -1.099999842, 0.25, 2.0, -0.849999368, 0.025001265, 1.5, -0.5],
                    [0.400000632, -1.099999842, 0.25, 2.0, -0.917004769, 0.080951443, 1.425586396, -0.574413369],
                    [0.324080339, -1.18002386, 0.25, 2.0, -0.917004769, 0.080951443, 1.425586396, -0.574413369],
                ]
            ),
            (
                Adagrad(learningRate: 0.1, epsilon: 0, sparseUpdates: true),
                [
                    [0.415484575, -1.09877296, 0.25, 2.0, -0.834515425, 0.062982633, 1.5, -0.5],
                    [0.415484575, -1.09877296, 0.25, 2.0, -0.834515425, 0.155730412, 1.400550968, -0.592144268],
                    [0.319591914, -1.143053704, 0.25, 2.0, -0.834515425, 0.155730412, 1.400550968, -0.592144268],
                ]
            ),
        ]
        for (optimizer, trajectory) in wanted {
            let table = Variable(Tensor([[0.5, -1.0], [0.25, 2], [-0.75, 0.125], [1.5, -0.5]], dtype: .float64))
            let step = Self.step(.read, optimizer, table)
            let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in step(x, y) }
            for ((indices, factors), wanted) in zip(steps, trajectory) {
                let (x, y) = (Tensor(indices), Tensor(factors.map { $0 }, dtype: .float64))
                _ = eagerly ? step(x, y) : graph(x, y)
                for (a, b) in zip(table.value.scalars(as: Double.self), wanted) {
                    // The learning rate is a float32.
                    #expect(abs(a - b) < 3e-8, "\(optimizer.name)")
                }
            }
        }
    }

    /// v ← momentum v - rate g and w ← w + v in the rows that were read, in doubles.
    @Test func momentumRestsInRowsThatWereNotRead() {
        let (rate, momentum, decay) = (0.25, 0.5, 0.125)
        let optimizer = SGD(
            learningRate: rate, momentum: momentum, weightDecay: decay, sparseUpdates: true)
        let table = Variable(RandomGenerator(seed: 2).normal([40, 3], dtype: .float64))
        var (w, v) = (table.value.scalars(as: Double.self), [Double](repeating: 0, count: 120))
        let step = Self.step(.read, optimizer, table)
        for (indices, factors) in Self.inputs([40, 3], .float64) {
            _ = step(indices, factors)
            let (places, g) = (indices.scalars(as: Int.self), factors.scalars(as: Double.self))
            for row in Set(places.map { ($0 + 40) % 40 }) {
                for column in 0..<3 {
                    let e = row * 3 + column
                    let sum = places.indices.filter { (places[$0] + 40) % 40 == row }
                        .reduce(0.0) { $0 + g[$1 * 3 + column] }
                    v[e] = momentum * v[e] - rate * sum
                    w[e] += v[e] - w[e] * decay * rate
                }
            }
            for (a, b) in zip(table.value.scalars(as: Double.self), w) { #expect(abs(a - b) < 1e-12) }
        }
    }

    @Test(arguments: Use.all) func sparseUpdatesHaveTheSameBitsCompiled(_ use: Use) {
        let makers: [@Sendable () -> Optimizer] = [
            { SGD(momentum: 0.9, sparseUpdates: true) }, { Adam(sparseUpdates: true) },
            { AdamW(clipValue: 0.3, sparseUpdates: true) }, { RMSprop(clipNorm: 0.5, sparseUpdates: true) },
            { Nadam(lossScaleFactor: 4, sparseUpdates: true) },
            { LossScaleOptimizer(Adam(sparseUpdates: true), dynamicGrowthSteps: 2) },
        ]
        for make in makers {
            for (shape, dtype) in [([300, 32], .float32), ([3, 9000], .float64), ([5, 3], .float16)] as [(Shape, DType)] {
                let (mine, other) = (Self.table(shape, dtype), Self.table(shape, dtype))
                let (optimizer, reference) = (make(), make())
                let eager = Self.step(use, reference, other)
                let graph = compiled { (x: Tensor, y: Tensor) -> Tensor in Self.step(use, optimizer, mine)(x, y) }
                for (indices, factors) in Self.inputs(shape, dtype) {
                    _ = (graph(indices, factors), eager(indices, factors))
                    for (a, b) in zip([mine] + optimizer.variables, [other] + reference.variables) {
                        let isSame = Self.bytes(a.value) == Self.bytes(b.value)
                        #expect(isSame, "\(optimizer.name), \(dtype)\(shape), \(a.name)")
                    }
                }
            }
        }
    }

    /// More reads than an op has lists for.
    @Test func manyReads() {
        func train(sparse: Bool, compiling: Bool) -> [Double] {
            let table = Variable(RandomGenerator(seed: 4).normal([40, 2]))
            let optimizer = SGD(learningRate: 0.5, sparseUpdates: sparse)
            func step(_ indices: Tensor) -> Tensor {
                let tape = GradientTape()
                let loss = tape.record {
                    (0..<11).map { table.value.gathered(at: indices[$0]).square().sum() }.reduce(Tensor(0.0), +)
                }
                optimizer.apply([tape.gradient(of: loss, withRespectTo: table)], to: [table])
                return loss
            }
            let indices = RandomGenerator(seed: 6).integers([11, 2], in: 0..<40)
            _ = compiling ? compiled { (x: Tensor) -> Tensor in step(x) }(indices) : step(indices)
            return table.value.scalars(as: Double.self)
        }
        let wanted = train(sparse: false, compiling: false)
        for compiling in [false, true] {
            #expect(train(sparse: true, compiling: compiling) == wanted)
            #expect(train(sparse: false, compiling: compiling) == wanted)
        }
    }

    /// Keras makes an optimizer of a configuration with a key that it does not know only by an error.
    @Test func configurationsAreKerass() {
        for (sparse, dense) in [(Adam(sparseUpdates: true), Adam()), (SGD(sparseUpdates: true), SGD())]
            as [(Optimizer, Optimizer)]
        {
            #expect(sparse.options.sparseUpdates && sparse.config == dense.config)
        }
    }
}
