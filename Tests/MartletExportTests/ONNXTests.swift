import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

import MartletExport

/// Node tests of the onnx project (`scripts/make-onnx-fixtures.py`).
enum ONNXNodes {
    static func archive() throws -> ZipArchive { try ZipArchive(fixture("onnx-nodes.zip")) }
    static let names: [String] = {
        let entries = (try? archive().names) ?? []
        return Set(entries.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
    }()

    static func test(_ name: String, _ change: (ONNX.File) throws -> ONNX.File = { $0 }) throws -> ONNXNodeTest {
        let archive = try archive()
        let prefix = name + "/"
        let files = archive.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        return ONNXNodeTest(name, files: files, change) { try archive.read(prefix + $0) }
    }

    static func model(_ name: String) throws -> [UInt8] { try archive().read(name + "/model.onnx") }
}

func fixture(_ name: String) -> String { Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path }

@Suite(.ownSession) struct ONNXNodeTests {
    @Test(arguments: ONNXNodes.names) func passes(name: String) throws {
        let failure = try ONNXNodes.test(name).failure
        #expect(failure == nil)
    }

    /// What is written says the same as what was read.
    @Test(arguments: ONNXNodes.names) func passesWrittenAgain(name: String) throws {
        // Numbers of 8 bits have no field to be written in.
        let failure = try ONNXNodes.test(name) { try ONNX.File($0.bytes(), name: name) }.failure
        #expect(failure == nil || failure?.contains("can be written") == true)
    }

    @Test func thereAreNodes() { #expect(ONNXNodes.names.count > 100) }
}

/// Graphs made here.
enum ONNXGraphs {
    /// `softmax(relu(x W + b) V)`.
    static func perceptron(batch: ONNX.Dimension = .symbol("batch")) -> ONNX.File {
        let generator = RandomGenerator(seed: 3)
        var file = file()
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [batch, .size(4)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [batch, .size(3)])]
        file.graph.initializers = [
            ("W", ONNX.Value(generator.normal([4, 8]))), ("b", ONNX.Value(Tensor.zeros([8]))),
            ("V", ONNX.Value(generator.normal([8, 3]))),
        ]
        file.graph.nodes = [
            ONNX.Node("Gemm", ["x", "W", "b"], ["h"]), ONNX.Node("Relu", ["h"], ["a"]), ONNX.Node("MatMul", ["a", "V"], ["z"]),
            ONNX.Node("Softmax", ["z"], ["y"], ["axis": .int(-1)]),
        ]
        return file
    }

    /// A convolution, a batch normalization, pooling, and a shape that is computed from a shape.
    static func images() -> ONNX.File {
        let generator = RandomGenerator(seed: 4)
        var file = file()
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.symbol("batch"), .size(2), .size(6), .size(6)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.symbol("batch"), .size(2)])]
        file.graph.initializers = [
            ("K", ONNX.Value(generator.normal([4, 2, 3, 3]) * 0.3)), ("scale", ONNX.Value(Tensor.ones([4]))),
            ("shift", ONNX.Value(Tensor.zeros([4]))), ("mean", ONNX.Value(Tensor.zeros([4]))),
            ("variance", ONNX.Value(Tensor.ones([4]))), ("zero", ONNX.Value(Tensor([0]))), ("rest", ONNX.Value(Tensor([-1]))),
            ("D", ONNX.Value(generator.normal([36, 2]) * 0.3)),
        ]
        file.graph.nodes = [
            ONNX.Node("Conv", ["x", "K"], ["c"], ["pads": .ints([1, 1, 1, 1])]),
            ONNX.Node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["n"]),
            ONNX.Node("Tanh", ["n"], ["a"]),
            ONNX.Node("AveragePool", ["a"], ["p"], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]),
            ONNX.Node("Shape", ["p"], ["sizes"]), ONNX.Node("Gather", ["sizes", "zero"], ["batch"]),
            ONNX.Node("Concat", ["batch", "rest"], ["target"], ["axis": .int(0)]),
            ONNX.Node("Reshape", ["p", "target"], ["f"]), ONNX.Node("MatMul", ["f", "D"], ["y"]),
        ]
        return file
    }

    /// As audio models begin: amplitudes of a convolution on a logarithmic scale between their extremes, then the largest ones.
    static func sounds() -> ONNX.File {
        let generator = RandomGenerator(seed: 5)
        var file = file()
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.symbol("batch"), .size(1), .size(12)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.symbol("batch"), .size(2)])]
        file.graph.initializers = [
            ("K", ONNX.Value(generator.normal([6, 1, 4]))), ("tiny", ONNX.Value(Tensor(Float(1e-2)))),
            ("D", ONNX.Value(generator.normal([6, 2]))),
        ]
        let over: [String: ONNX.Attribute] = ["axes": .ints([1, 2]), "keepdims": .int(1)]
        file.graph.nodes = [
            ONNX.Node("Conv", ["x", "K"], ["c"]), ONNX.Node("Mul", ["c", "c"], ["power"]),
            ONNX.Node("Add", ["power", "tiny"], ["sum"]), ONNX.Node("Sqrt", ["sum"], ["size"]), ONNX.Node("Log", ["size"], ["l"]),
            ONNX.Node("ReduceMin", ["l"], ["low"], over), ONNX.Node("Sub", ["l", "low"], ["above"]),
            ONNX.Node("ReduceMax", ["above"], ["high"], over), ONNX.Node("Div", ["above", "high"], ["n"]),
            ONNX.Node("Relu", ["n"], ["r"]), ONNX.Node("GlobalMaxPool", ["r"], ["g"]), ONNX.Node("Flatten", ["g"], ["f"]),
            ONNX.Node("MatMul", ["f", "D"], ["y"]),
        ]
        return file
    }

    /// A loop that doubles its state as often as it is told to, or until the condition fails.
    static func loop(count: Int) -> ONNX.File {
        var body = ONNX.Graph()
        body.inputs = ["i", "go", "s"].map { name in
            var info = ONNX.ValueInfo("", .float, [])
            (info.name, info.type) = (name, nil)
            return info
        }
        body.outputs = ["go2", "s2"].map { ONNX.ValueInfo($0, .float, []) }
        body.nodes = [ONNX.Node("Identity", ["go"], ["go2"]), ONNX.Node("Add", ["s", "s"], ["s2"])]
        var file = file()
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.size(2)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.size(2)])]
        file.graph.initializers = [("count", ONNX.Value(Tensor(count)))]
        file.graph.nodes = [ONNX.Node("Loop", ["count", "", "x"], ["y"], ["body": .graph(body)])]
        return file
    }

    static func file(_ nodes: [ONNX.Node] = []) -> ONNX.File {
        var file = ONNX.File()
        file.opsets = ["": 17]
        file.graph.nodes = nodes
        return file
    }
}

@Suite(.ownSession) struct ONNXModelTests {
    @Test func itTrains() throws {
        let model = try ONNXModel(ONNXGraphs.perceptron(), path: "made")
        #expect(model.trainableWeights.map(\.name).sorted() == ["V", "W", "b"])
        let x = RandomGenerator(seed: 1).normal([32, 4])
        let y = x.argmax(axis: 1) % 3
        try model.compile(optimizer: Adam(learningRate: 0.05), loss: .sparseCategoricalCrossentropy())
        let before = try model.evaluate(x, y, batchSize: 32)["loss"] ?? 0
        try model.fit(x, y, batchSize: 8, epochs: 20, verbosity: .silent)
        let after = try model.evaluate(x, y, batchSize: 32)["loss"] ?? .infinity
        #expect(after < 0.5 * before)
    }

    /// A compiled step and the ops one by one give the same bits.
    @Test func compiledAsEager() throws {
        func trained(eagerly: Bool) throws -> [Tensor] {
            let model = try ONNXModel(ONNXGraphs.images(), path: "made")
            let generator = RandomGenerator(seed: 1)
            let (x, y) = (generator.normal([8, 2, 6, 6]), generator.normal([8, 2]))
            try model.compile(optimizer: SGD(learningRate: 0.05), loss: .meanSquaredError(), runEagerly: eagerly)
            try model.fit(x, y, batchSize: 4, epochs: 2, verbosity: .silent, shuffle: false)
            return model.weights.map(\.value)
        }
        let (compiled, eager) = (try trained(eagerly: false), try trained(eagerly: true))
        #expect(zip(compiled, eager).allSatisfy { same($0, $1) })
    }

    @Test func gradients() throws {
        let generator = RandomGenerator(seed: 2)
        for (file, x, size) in [
            (ONNXGraphs.perceptron(), generator.normal([3, 4]), 3), (ONNXGraphs.images(), generator.normal([2, 2, 6, 6]), 2),
            (ONNXGraphs.sounds(), generator.normal([2, 1, 12]), 2),
        ] {
            let model = try ONNXModel(file, path: "made")
            let report = try gradientCheck(model, x, generator.normal([x.shape[0], size]), loss: .meanSquaredError())
            #expect(report.passed, "\(report)")
            #expect(report.entries.count == model.trainableWeights.count + 1)
        }
    }

    /// Statistics and what says how to compute are not trained.
    @Test func whatIsTrained() throws {
        let model = try ONNXModel(ONNXGraphs.images(), path: "made")
        #expect(Set(model.trainableWeights.map(\.name)) == ["K", "scale", "shift", "D"])
        #expect(Set(model.nonTrainableWeights.map(\.name)) == ["mean", "variance"])
    }

    @Test func loopsTrainStepByStep() throws {
        let model = try ONNXModel(ONNXGraphs.loop(count: 5), path: "made")
        #expect(model(Tensor([1, -3], dtype: .float32)).scalars(as: Float.self) == [32, -96])
        #expect(model.needsElements)
    }

    @Test func weightsAreLoadedByName() throws {
        try withFolder { folder in
            let (a, b) = (try ONNXModel(ONNXGraphs.perceptron(), path: "a"), try ONNXModel(ONNXGraphs.perceptron(), path: "b"))
            for weight in a.weights { weight.assign(weight.value + 1) }
            try a.saveWeights(to: folder + "/a.safetensors")
            try b.loadWeights(from: folder + "/a.safetensors")
            #expect(zip(a.weights, b.weights).allSatisfy { same($0.value, $1.value) })
        }
    }
}

@Suite(.ownSession) struct ONNXErrorTests {
    private func run(_ nodes: [ONNX.Node], _ initializers: [(String, Tensor)] = []) throws -> Tensor {
        var file = ONNXGraphs.file(nodes)
        file.graph.initializers = initializers.map { ($0, ONNX.Value($1)) }
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [])]
        let model = try ONNXModel(file, path: "made.onnx")
        return try withErrors { try model.run([])[0].tensor! }
    }

    @Test func unknownOperator() {
        expectError("made.onnx", "node \"y\" (Frobnicate)", "supports") { try run([ONNX.Node("Frobnicate", [], ["y"])]) }
    }

    @Test func missingValue() {
        expectError("node \"y\" (Relu)", "\"x\"") { try run([ONNX.Node("Relu", ["x"], ["y"])]) }
    }

    @Test func hugeShapes() {
        let sizes = Tensor([1 << 30, 1 << 30])
        expectError("ConstantOfShape") { try run([ONNX.Node("ConstantOfShape", ["s"], ["y"])], [("s", sizes)]) }
        expectError("fit into memory", "Expand") {
            try run([ONNX.Node("Expand", ["x", "s"], ["y"])], [("s", sizes), ("x", Tensor.ones([1, 1]))])
        }
        let bounds = [("a", Tensor(0)), ("b", Tensor(Int.max)), ("c", Tensor(1))]
        expectError("Range") { try run([ONNX.Node("Range", ["a", "b", "c"], ["y"])], bounds) }
        expectError("Pad") {
            try run(
                [ONNX.Node("Pad", ["x", "p"], ["y"])], [("x", Tensor.ones([2])), ("p", Tensor([Int.max, Int.max]))])
        }
        let tiles = [("x", Tensor.ones([2])), ("r", Tensor([1 << 40]))]
        expectError("Out of memory", "layer y") { try run([ONNX.Node("Tile", ["x", "r"], ["y"])], tiles) }
    }

    @Test func endlessLoop() throws {
        let model = try ONNXModel(ONNXGraphs.loop(count: 1 << 62), path: "made")
        expectError("at most", "\(1 << 62)") { try withErrors { try model.run([ONNX.Value(Tensor([0, 0], dtype: .float32))]) } }
    }

    @Test func functionsThatCallThemselves() {
        var function = ONNX.Function()
        (function.name, function.domain, function.inputs, function.outputs) = ("F", "own", ["a"], ["b"])
        var inner = ONNX.Node("F", ["a"], ["b"])
        inner.domain = "own"
        function.nodes = [inner]
        var file = ONNXGraphs.file()
        file.functions = [function]
        var outer = ONNX.Node("F", ["x"], ["y"])
        outer.domain = "own"
        file.graph.nodes = [outer]
        expectError("never themselves") { try ONNXModel(file, path: "made") }
    }

    /// Functions of which each calls the one before twice.
    private static func doubled(_ levels: Int) -> ONNX.File {
        func node(_ type: String, _ input: String, _ output: String) -> ONNX.Node {
            var node = ONNX.Node(type, [input], [output])
            if type != "Add" { node.domain = "own" }
            return node
        }
        var file = ONNXGraphs.file([node("F\(levels - 1)", "x", "y")])
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.size(2)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.size(2)])]
        file.functions = (0..<levels).map { level in
            var function = ONNX.Function()
            (function.name, function.domain, function.inputs, function.outputs) = ("F\(level)", "own", ["a"], ["b"])
            function.opsets = ["": 17, "own": 1]
            function.nodes =
                level == 0
                ? [ONNX.Node("Add", ["a", "a"], ["b"])]
                : [node("F\(level - 1)", "a", "t"), node("F\(level - 1)", "t", "b")]
            return function
        }
        return file
    }

    /// A few functions that call each other twice run 2^n nodes: so many are refused when the file is read.
    @Test func functionsThatCallOthersTwice() throws {
        let model = try ONNXModel(Self.doubled(4), path: "made")
        #expect(model(Tensor([1, -2], dtype: .float32)).scalars(as: Float.self) == [256, -512])
        for levels in [30, 63] {
            expectError("nodes more than the file has") { try ONNXModel(Self.doubled(levels), path: "made") }
        }
    }

    /// Each step of a loop stays in a graph that is made, so there may be fewer than where the loop only runs.
    @Test func loopsThatBecomeGraphs() throws {
        let model = try ONNXModel(ONNXGraphs.loop(count: 1 << 19), path: "made")
        expectError("steps in a call") { try model.layered() }
        #expect(try ONNXModel(ONNXGraphs.loop(count: 300), path: "made").layered().layers.count > 300)
    }

    /// 10,000 nodes, of which each reads the one before.
    @Test func aLongGraph() throws {
        let count = 10_000
        var file = ONNXGraphs.file(
            (0..<count).map { ONNX.Node("Sin", [$0 == 0 ? "x" : "t\($0)"], [$0 == count - 1 ? "y" : "t\($0 + 1)"]) })
        file.graph.inputs = [ONNX.ValueInfo("x", .float, [.size(2)])]
        file.graph.outputs = [ONNX.ValueInfo("y", .float, [.size(2)])]
        let model = try ONNXModel(file, path: "made")
        let x = Tensor([1, -2], dtype: .float32), made = try model.layered()
        #expect(made.layers.count >= count)
        let values = [1.0, -2].map { (0..<count).reduce($0) { (value: Double, _) in Foundation.sin(value) } }
        let expected = Tensor(values, dtype: .float32)
        #expect(largestDifference([try model.predict(x), made(x)], [expected, expected]) < 1e-4)
    }

    @Test func wrongInputs() throws {
        let model = try ONNXModel(ONNXGraphs.perceptron(), path: "made")
        expectError("\"x\"", "(None, 4)") { try model.predict(Tensor.ones([2, 5])) }
    }

    /// Tensors beside the file are read, and nothing outside of its folder.
    @Test(arguments: [("w.bin", true), ("../w.bin", false), ("/etc/passwd", false), ("sub/../../w.bin", false)])
    func tensorsInOtherFiles(location: String, isGood: Bool) throws {
        try withFolder { folder in
            var writer = ProtobufWriter()
            writer.write(1, integer: 8)
            writer.write(7) { graph in
                graph.write(5) { tensor in
                    tensor.write(1, integer: 2)
                    tensor.write(2, integer: 1)
                    tensor.write(8, text: "y")
                    tensor.write(13) {
                        $0.write(1, text: "location")
                        $0.write(2, text: location)
                    }
                    tensor.write(14, integer: 1)
                }
                graph.write(12) { $0.write(1, text: "y") }
            }
            writer.write(8) { $0.write(2, integer: 17) }
            try FileIO.write(writer.bytes, to: folder + "/m.onnx")
            try FileIO.write([0, 0, 128, 63, 0, 0, 0, 64], to: folder + "/w.bin")
            guard isGood else { return expectError("model's folder", "\"y\"") { try ONNX.File(path: folder + "/m.onnx") } }
            let file = try ONNX.File(path: folder + "/m.onnx")
            #expect(file.graph.initializers[0].value.tensor?.scalars(as: Float.self) == [1, 2])
        }
    }

    /// By the tables of the format's description: OCP's 8-bit floating point, and those without a negative zero.
    @Test func smallFloats() throws {
        let fn = try #require(ONNX.ElementType.float8e4m3fn.smallFloat)
        #expect(fn.largest == 448 && fn.rounded(1000, saturate: true) == 448 && fn.rounded(1000, saturate: false).isNaN)
        #expect(fn.rounded(0.3, saturate: true) == 0.3125 && fn.values[1] == 0x1p-9)
        let e5m2 = try #require(ONNX.ElementType.float8e5m2.smallFloat)
        #expect(e5m2.largest == 57344 && e5m2.rounded(1e6, saturate: false) == .infinity)
        let fnuz = try #require(ONNX.ElementType.float8e4m3fnuz.smallFloat)
        #expect(fnuz.largest == 240 && fnuz.values[0x80].isNaN)
        #expect(ONNX.ElementType.float4e2m1.smallFloat?.values.prefix(8) == [0, 0.5, 1, 1.5, 2, 3, 4, 6])
        #expect(ONNX.ElementType.float8e8m0.smallFloat?.values[127] == 1)
    }
}

@Suite(.ownSession) struct ONNXFuzzTests {
    /// A damaged model runs on the inputs of the whole one.
    @Test(arguments: ["test_loop13_seq", "test_resize_tf_crop_and_resize", "test_if_opt", "test_qlinearconv", "test_scan9_sum"])
    func files(name: String) throws {
        let bytes = try ONNXNodes.model(name)
        let infos = try ONNX.File(bytes, name: name).graph.inputs
        let archive = try ONNXNodes.archive()
        let inputs = try infos.enumerated().map { index, info in
            try ONNX.Value(archive.read("\(name)/test_data_set_0/input_\(index).pb"), as: info.type)
        }
        let counts = fuzz(bytes) { bytes in
            let model = try withErrors { try ONNXModel(onnx: bytes) }
            let given = model.graphInputs.indices.map { inputs[min($0, inputs.count - 1)] }
            _ = try withErrors { try model.run(given) }
        }
        #expect(counts.refused > counts.read / 4 && counts.read > 0)
    }

    @Test func graphsOfWeights() throws {
        let counts = fuzz(try ONNXGraphs.images().bytes()) { bytes in
            let model = try withErrors { try ONNXModel(onnx: bytes) }
            _ = try withErrors { try model.run([ONNX.Value(Tensor.ones([1, 2, 6, 6]))]) }
        }
        #expect(counts.refused > counts.read / 4 && counts.read > 0)
    }
}
