import Foundation
import Martlet

/// A model from an ONNX file: its graph runs as it is, node by node, and its weights can be trained.
///
/// ```swift
/// let model = try ONNXModel(onnx: "model.onnx")
/// let y = try model.predict(x)
/// try model.compile(optimizer: "adam", loss: "mse")
/// try model.fit(x, targets, epochs: 3)
/// ```
///
/// The initializers of floating-point numbers are the weights, under their names in the file. Those that say how to compute, such
/// as sizes and scales, and scalars stay as they are. The means and variances of batch normalizations are weights that are not
/// trained. Shapes are those of the file, so images have their channels before their pixels.
///
/// Operators of `ai.onnx` up to opset 25, functions of the file, and control flow (`If`, `Loop`, `Scan`) are supported;
/// `Docs/onnx-coverage.md` lists what is not. A graph whose shapes follow from elements runs step by step in `fit`, others
/// compiled.
public final class ONNXModel: Model, FileModel {
    private let file: ONNX.File
    private let program: ONNXProgram
    /// The initializers that are weights, where they belong.
    private let parameters: [Parameter]
    private let generator = RandomGenerator()
    private let readsElements: Bool
    /// The names of the inputs in the file, in the order of `call`.
    public let graphInputs: [String]
    /// The names of the outputs in the file.
    public let graphOutputs: [String]
    /// The name of the program that wrote the file, and the version of the operators in it.
    public let origin: (producer: String, opset: Int)
    private let inputInfos: [ONNX.ValueInfo]
    private let outputInfos: [ONNX.ValueInfo]

    private struct Parameter {
        let program: ONNXProgram
        let name: String
        let path: String
        let value: Tensor
        let isTrained: Bool
    }

    /// Loads the file at `path`, and the tensors in files beside it.
    /// - Parameter name: the model's name; nil is one of its type's.
    /// - Throws: `MartletError` with the file and the node, when it is no such file, or has an operator that is not supported.
    public convenience init(onnx path: String, name: String? = nil) throws {
        try self.init(ONNX.File(path: path), path: path, name: name)
    }

    /// Makes a model of the bytes of a file. Tensors outside of it are refused.
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: what errors call it.
    public convenience init(onnx bytes: [UInt8], path: String = "model.onnx") throws {
        try self.init(ONNX.File(bytes, name: path), path: path, name: nil)
    }

    package init(_ file: ONNX.File, path: String, name: String? = nil) throws {
        self.file = file
        do {
            program = try ONNXProgram.Preparation(file).program(file.graph)
        } catch let error as MartletError {
            throw MartletError(error.message, at: path + (error.location.map { ", \($0)" } ?? ""))
        }
        let initializers = Set(file.graph.initializers.map(\.name))
        inputInfos = file.graph.inputs.filter { !initializers.contains($0.name) }
        outputInfos = file.graph.outputs
        graphInputs = inputInfos.map(\.name)
        graphOutputs = outputInfos.map(\.name)
        origin = (file.producer, file.opsets[""] ?? 0)
        let programs = program.all()
        let roles = Roles(programs.map(\.program))
        readsElements = roles.readsElements
        parameters = programs.flatMap { path, program in
            program.constants.sorted { $0.key < $1.key }.compactMap { name, value in
                guard case .tensor(let tensor, let type) = value, type == ONNX.ElementType(tensor.dtype),
                    tensor.dtype.isFloatingPoint, tensor.rank > 0, !roles.settings.contains(name)
                else { return nil }
                let isTrained = !roles.statistics.contains(name)
                return Parameter(program: program, name: name, path: path + name, value: tensor, isTrained: isTrained)
            }
        }
        super.init(name: name)
        try ensureBuilt(for: inputInfos.map { PartialShape($0) ?? [] })
    }

    /// What the initializers of a file are for.
    private struct Roles {
        var settings: Set<String> = []
        var statistics: Set<String> = []
        var readsElements = false

        init(_ programs: [ONNXProgram]) {
            for step in programs.flatMap(\.steps) {
                guard case .operation(let operation) = step.action else {
                    // A function's body may do anything with them.
                    settings.formUnion(step.node.inputs)
                    readsElements = true
                    continue
                }
                readsElements = readsElements || operation.needsElements
                for (place, name) in step.node.inputs.enumerated() {
                    if operation.settings.contains(place) { settings.insert(name) }
                    if operation.statistics.contains(place) { statistics.insert(name) }
                }
            }
        }
    }

    /// The operators whose work depends on the elements of their inputs, by name.
    var flexibleOperators: [String] {
        let steps = [("", program)] + program.all()
        let names = steps.flatMap { $0.1.steps }.compactMap { step -> String? in
            guard case .operation(let operation) = step.action else { return nil }
            return operation.needsElements || !step.programs.isEmpty ? step.node.type : nil
        }
        return Set(names).sorted()
    }

    /// Writes the model as an ONNX file: the graph as it was read, with the present weights.
    ///
    /// The file appears whole or not at all. Tensors that were beside the file that was read are in it.
    /// - Throws: `MartletError` when it cannot be written.
    public func write(to path: String) throws {
        var result = file
        result.graph = updated(file.graph, program)
        try result.write(to: path)
    }

    /// A graph with the present weights in the place of its initializers.
    private func updated(_ graph: ONNX.Graph, _ program: ONNXProgram) -> ONNX.Graph {
        let graph = ONNXProgram.Preparation.liftingWeights(graph)
        var result = graph
        for (place, initializer) in graph.initializers.enumerated() {
            guard let variable = program.variables[initializer.name] else { continue }
            result.initializers[place].value = ONNX.Value(variable.value)
        }
        for (place, step) in program.steps.enumerated() {
            for (name, inner) in step.programs {
                if case .graph(let graph)? = graph.nodes[place].attributes[name] {
                    result.nodes[place].attributes[name] = .graph(updated(graph, inner))
                }
            }
        }
        return result
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        var made: [ObjectIdentifier: [String: Variable]] = [:]
        for parameter in parameters {
            let variable = addWeight(
                parameter.path, shape: parameter.value.shape, initializer: Given(value: parameter.value),
                trainable: parameter.isTrained, dtype: parameter.value.dtype)
            made[ObjectIdentifier(parameter.program), default: [:]][parameter.name] = variable
        }
        for (_, program) in program.all() { program.adopt(made[ObjectIdentifier(program)] ?? [:]) }
    }

    /// Gives a weight its value in the file.
    private struct Given: Initializer {
        let value: Tensor
        func makeTensor(shape: Shape, dtype: DType) -> Tensor { value }
    }

    package var fileInputs: [(name: String, shape: PartialShape, dtype: DType)] {
        inputInfos.compactMap { info in
            guard let shape = PartialShape(info), case .tensor(let type, _)? = info.type else { return nil }
            return (info.name, shape, type?.dtype ?? .float32)
        }
    }

    package var fileOutputs: [(name: String, shape: PartialShape?, dtype: DType)] {
        outputInfos.map { info in
            let type = if case .tensor(let type, _)? = info.type { type?.dtype } else { DType?.none }
            return (info.name, PartialShape(info), type ?? .float32)
        }
    }

    public override var randomGenerators: [RandomGenerator] { [generator] }

    public override var needsElements: Bool { readsElements }

    /// The shapes that the file says for the outputs.
    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        outputInfos.map { PartialShape($0) ?? [nil] }
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        do {
            // As of layers, numbers of another dtype are cast.
            let typed = inputs.enumerated().map { place, input in
                guard place < inputInfos.count, case .tensor(let type?, _)? = inputInfos[place].type, let dtype = type.dtype,
                    dtype != .string, input.dtype != .string, Context.current.castsInputs || input.dtype != .float64
                else { return input }
                return input.cast(to: dtype)
            }
            let values = try run(typed.map(ONNX.Value.init), training: context.training)
            return try zip(graphOutputs, values).map { name, value in
                guard let tensor = value.tensor else {
                    throw MartletError("Expected a tensor as output \"\(name)\". Received: a sequence or nothing.")
                }
                return tensor
            }
        } catch {
            let error = error as? MartletError ?? MartletError("\(error)")
            if !Context.current.hasFailed { fail(error.location ?? self.name, error.message) }
            return graphOutputs.map { _ in .nothing }
        }
    }

    /// Runs the graph on any values.
    /// - Parameter inputs: those of the graph that are no initializers, in their order.
    package func run(_ inputs: [ONNX.Value?], training: Bool = false) throws -> [ONNX.Value] {
        guard inputs.count == inputInfos.count else {
            throw MartletError(
                "Expected \(inputInfos.count) inputs (\(graphInputs.joined(separator: ", "))). Received: \(inputs.count).")
        }
        for (info, value) in zip(inputInfos, inputs) {
            guard let tensor = value?.tensor, let shape = PartialShape(info), case .tensor(let type, _)? = info.type else {
                continue
            }
            let isCast = !Context.current.castsInputs && tensor.dtype.isFloatingPoint
            guard PartialShape(tensor.stringShape).fits(shape), isCast || type?.dtype == nil || type?.dtype == tensor.dtype else {
                throw MartletError(
                    "Expected \(type?.dtype?.name ?? "data") of shape \(shape) for the input \"\(info.name)\". "
                        + "Received: \(tensor.spec).", at: name)
            }
        }
        // In a graph that the call makes each step takes memory, and stays.
        let isTraced = inputs.contains { $0?.tensor?.symbol != nil }
        let run = ONNXRun(
            isTraining: training, mostSteps: isTraced ? program.stepCount + 100_000 : 1 << 24,
            generator: Context.current.randomGenerator ?? generator)
        // The program's inputs may be initializers, too.
        var given = Dictionary(zip(graphInputs, inputs).map { ($0, $1) }) { $1 }
        return try run.run(program, program.inputs.map { given.removeValue(forKey: $0.name) ?? nil })
    }
}

extension PartialShape {
    /// The shape that a file says for a value; nil where it says none.
    init?(_ info: ONNX.ValueInfo) {
        guard case .tensor(_, let sizes?)? = info.type else { return nil }
        self.init(sizes.map { if case .size(let size) = $0, size >= 0 { size } else { nil } })
    }
}
