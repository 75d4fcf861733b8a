import Foundation
import Martlet
import MartletCore
import MartletFormats

/// A model from a SavedModel: its signature `serving_default` runs as TensorFlow runs it, and its variables can be trained.
///
/// ```swift
/// let model = try TensorFlowModel(savedModel: "saved_model")
/// let y = try model.predict(x)
/// ```
///
/// The variables are the weights, under their names in the file; those that Keras does not train are not trained here. So are
/// constants that are the weights or the bias of a convolution or a product, or the scale or the offset of a normalization, as
/// frozen graphs and `martlet export` write them.
///
/// A signature has no order. Inputs and outputs are in that of the function that was exported, or of the nodes in the graph:
/// Keras's and Martlet's exports have the model's order.
public final class TensorFlowModel: Model, FileModel {
    private let file: TensorFlowFile
    private let program: TensorFlowProgram
    private let functions: [String: TensorFlowProgram]
    private var parameters: [Parameter]
    private var variables: [String: Variable] = [:]
    /// How many operations the present call may still run.
    private var operationsLeft = 0
    private let generator = RandomGenerator()
    /// The names of the inputs and outputs in the signature, in the order of `call`.
    public let graphInputs: [String]
    public let graphOutputs: [String]

    /// A weight: a variable of the graph, or a constant of a node.
    private struct Parameter {
        let key: String
        let name: String
        let value: Tensor
        let isTrained: Bool
    }

    /// Loads the folder of a SavedModel: `saved_model.pb` and the variables beside it.
    /// - Parameter name: the model's name; nil is one of its type's.
    /// - Throws: `MartletError` with the file and the node, when it is no SavedModel, is damaged, has no signature
    ///   `serving_default`, or has an operator that Martlet does not know.
    public convenience init(savedModel folder: String, name: String? = nil) throws {
        let path = folder + "/" + SavedModel.fileName
        let file: TensorFlowFile
        do {
            file = try TensorFlowFile(FileIO.read(path))
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location.map { $0.contains(folder) ? $0 : "\(path), \($0)" } ?? path)
        }
        try self.init(file: file, at: folder, name: name)
    }

    /// - Parameter folder: where the variables are, and what errors name.
    init(file: TensorFlowFile, at folder: String, name: String? = nil) throws {
        let path = folder + "/" + SavedModel.fileName
        self.file = file
        do {
            graphInputs = file.inputs.map(\.key)
            graphOutputs = file.outputs.map(\.key)
            program = try TensorFlowProgram(
                file.nodes, arguments: file.inputs.map { String($0.tensor.prefix { $0 != ":" }) },
                results: file.outputs.map(\.tensor), isFunction: false)
            functions = try Self.needed(by: program, file)
            try Self.checkCalls(of: program, functions)
            parameters = try Self.parameters(file, program, functions, folder)
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location.map { $0.contains(folder) ? $0 : "\(path), \($0)" } ?? path)
        }
        super.init(name: name)
        for end in file.inputs where end.shape == nil || DType(tensorFlowNumber: end.type) == nil {
            throw MartletError("Expected inputs of numbers with a known number of axes. \"\(end.key)\" has not.", at: path)
        }
        try ensureBuilt(for: file.inputs.map { PartialShape($0.shape!.map { $0 < 0 ? nil : $0 }) })
    }

    /// The functions that a program calls, and those that they call.
    private static func needed(by program: TensorFlowProgram, _ file: TensorFlowFile) throws -> [String: TensorFlowProgram] {
        var (found, waiting) = ([String: TensorFlowProgram](), [program])
        while let program = waiting.popLast() {
            for step in program.steps where step.operator == nil && !structural.contains(step.node.operation) {
                guard let attributes = calls[step.node.operation] else {
                    throw MartletError(
                        "Expected operators that Martlet reads. Received: \(unknown(in: file, program)).",
                        at: TensorFlowProgram.label(step.node))
                }
                for attribute in attributes {
                    guard case .function(let name)? = step.node.attribute(attribute), let function = file.functions[name] else {
                        throw MartletError(
                            "Expected a function of the file as attribute \"\(attribute)\". There is none.",
                            at: TensorFlowProgram.label(step.node))
                    }
                    guard found[name] == nil else { continue }
                    let called = try TensorFlowProgram(
                        function.nodes, arguments: function.arguments, results: function.results, isFunction: true)
                    found[name] = called
                    waiting.append(called)
                }
            }
        }
        return found
    }

    /// Limits the nodes that a run visits, those of functions counted for each call: a few functions of which each calls the
    /// one before twice make billions. The steps of loops are counted when they run.
    private static func checkCalls(of program: TensorFlowProgram, _ functions: [String: TensorFlowProgram]) throws {
        let most = functions.values.reduce(program.steps.count + 100_000) { $0 + $1.steps.count }
        var counts: [String: Int] = [:]
        func count(_ program: TensorFlowProgram, depth: Int) throws -> Int {
            var total = program.steps.count
            for step in program.steps where step.operator == nil {
                for attribute in calls[step.node.operation] ?? [] {
                    guard case .function(let name)? = step.node.attribute(attribute), let function = functions[name] else { continue }
                    guard depth < mostDepth else { throw tooDeep }
                    let inside = try counts[name] ?? count(function, depth: depth + 1)
                    counts[name] = inside
                    total += inside
                    guard total <= most else {
                        throw MartletError(
                            "Expected functions whose calls run at most 100000 nodes more than the file has. Received: "
                                + "\(total) or more.", at: TensorFlowProgram.label(step.node))
                    }
                }
            }
            return total
        }
        _ = try count(program, depth: 0)
    }

    private static let mostDepth = 64
    private static var tooDeep: MartletError {
        MartletError("Expected functions that call others at most \(mostDepth) deep, and never themselves.")
    }
    /// What calls functions, and the attributes that name these.
    static let calls = [
        "PartitionedCall": ["f"], "StatefulPartitionedCall": ["f"], "While": ["cond", "body"],
        "StatelessWhile": ["cond", "body"], "If": ["then_branch", "else_branch"], "StatelessIf": ["then_branch", "else_branch"],
    ]
    /// Nodes that the model itself runs.
    private static let structural: Set = ["Const", "VarHandleOp", "ReadVariableOp", "Placeholder", "IdentityN"]

    private static func unknown(in file: TensorFlowFile, _ program: TensorFlowProgram) -> String {
        let names = program.steps.filter { $0.operator == nil }.map(\.node.operation)
        return Set(names).subtracting(calls.keys).subtracting(structural).sorted().joined(separator: ", ")
    }

    /// The key of a weight that is a constant of a program's node.
    private static func key(_ program: String, _ node: String) -> String { "\(program)\u{0}\(node)" }

    private static func parameters(
        _ file: TensorFlowFile, _ program: TensorFlowProgram, _ functions: [String: TensorFlowProgram], _ folder: String
    ) throws -> [Parameter] {
        var found: [Parameter] = []
        let handles = program.steps.map(\.node).filter { $0.operation == "VarHandleOp" }
        if !handles.isEmpty {
            var bundle = try TensorBundle(folder + "/variables/variables")
            let keys = try checkpointKeys(file)
            for node in handles.sorted(by: { $0.name < $1.name }) {
                guard let key = keys[node.name] else {
                    throw MartletError("Expected a place of the variable in the checkpoint.", at: TensorFlowProgram.label(node))
                }
                let value = try bundle.tensor(key)
                let known = file.variable(key)
                found.append(
                    Parameter(
                        key: node.name, name: known?.name ?? node.name, value: value,
                        isTrained: value.dtype.isFloatingPoint && known?.isTrained ?? true))
            }
        }
        for (function, program) in [("", program)] + functions.sorted(by: { $0.key < $1.key }) {
            let weights = TensorFlowWeights(program)
            var taken: Set<Int> = []
            for step in program.steps {
                for (place, isVector) in weights.places(of: step) where place < step.inputs.count {
                    guard let (source, node, value) = weights.constant(step.inputs[place]), value.dtype.isFloatingPoint,
                        isVector ? value.rank == 1 : value.rank > 0, taken.insert(source).inserted
                    else { continue }
                    found.append(Parameter(key: key(function, node.name), name: node.name, value: value, isTrained: true))
                }
            }
        }
        return found
    }

    /// Where the variables of the graph are in the checkpoint: the function that restores them says it.
    private static func checkpointKeys(_ file: TensorFlowFile) throws -> [String: String] {
        var keys: [String: String] = [:]
        for call in file.nodes where calls[call.operation] == ["f"] {
            guard case .function(let name)? = call.attribute("f"), let function = file.functions[name],
                let restore = function.nodes.first(where: { $0.operation == "RestoreV2" }), restore.inputs.count > 1
            else { continue }
            let nodes = Dictionary(function.nodes.map { ($0.name, $0) }) { first, _ in first }
            func node(_ reference: String) -> TensorFlowNode? { nodes[String(reference.prefix { $0 != ":" })] }
            guard case .texts(let names)? = node(restore.inputs[1])?.attribute("value") else { continue }
            let data = call.inputs.filter { !$0.hasPrefix("^") }
            for assign in function.nodes where assign.operation == "AssignVariableOp" && assign.inputs.count > 1 {
                var source = assign.inputs[1]
                if let identity = node(source), identity.operation == "Identity", let input = identity.inputs.first {
                    source = input
                }
                guard node(source)?.operation == "RestoreV2", let number = source.split(separator: ":").last.flatMap({ Int($0) }),
                    let argument = function.arguments.firstIndex(of: assign.inputs[0]), data.indices.contains(argument),
                    names.indices.contains(number)
                else { continue }
                keys[data[argument]] = names[number]
            }
        }
        return keys
    }

    package var fileInputs: [(name: String, shape: PartialShape, dtype: DType)] {
        file.inputs.map { end in
            (end.key, PartialShape((end.shape ?? []).map { $0 < 0 ? nil : $0 }), DType(tensorFlowNumber: end.type) ?? .float32)
        }
    }

    package var fileOutputs: [(name: String, shape: PartialShape?, dtype: DType)] {
        file.outputs.map { end in
            let shape = end.shape.map { PartialShape($0.map { $0 < 0 ? nil : $0 }) }
            return (end.key, shape, DType(tensorFlowNumber: end.type) ?? .float32)
        }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        for parameter in parameters {
            variables[parameter.key] = addWeight(
                parameter.name, shape: parameter.value.shape, initializer: .zeros, trainable: parameter.isTrained,
                dtype: parameter.value.dtype)
            variables[parameter.key]?.assign(parameter.value)
        }
        parameters = []
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        file.outputs.map { end in end.shape.map { PartialShape($0.map { $0 < 0 ? nil : $0 }) } ?? [nil] }
    }

    public override var randomGenerators: [RandomGenerator] { [generator] }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        do {
            try check(inputs)
            let typed = zip(inputs, file.inputs).map { input, end in
                DType(tensorFlowNumber: end.type).map { input.dtype == $0 || isWide(input) ? input : input.cast(to: $0) } ?? input
            }
            operationsLeft = Self.mostOperations
            return try run(program, "", typed.map { .tensor($0) }).map { result in
                switch result {
                case .tensor(let tensor): return tensor
                case .variable(let name): return try value(name)
                case .rows(let tensor, let rows): return tensor.replacing(rows)
                case .blocks(let blocks): return try blocks.tensor()
                case .list: throw MartletError("Expected outputs that are tensors. Received: a list.")
                }
            }
        } catch {
            let error = error as? MartletError ?? MartletError("\(error)")
            if !Context.current.hasFailed { fail(error.location ?? name, error.message) }
            return graphOutputs.map { _ in .nothing }
        }
    }

    private func check(_ inputs: [Tensor]) throws {
        guard inputs.count == file.inputs.count else {
            throw MartletError(
                "Expected \(file.inputs.count) inputs (\(graphInputs.joined(separator: ", "))). Received: \(inputs.count).")
        }
        for (input, end) in zip(inputs, fileInputs) {
            var shape = end.shape.dimensions
            // A graph may take other batches than it was made for.
            if !shape.isEmpty { shape[0] = nil }
            guard PartialShape(input.stringShape).fits(PartialShape(shape)) else {
                throw MartletError(
                    "Expected \(end.dtype.name) of shape \(end.shape) for the input \"\(end.name)\". Received: \(input.spec).")
            }
        }
    }

    /// Whether a check of gradients computes in `float64`.
    private func isWide(_ tensor: Tensor) -> Bool { !Context.current.castsInputs && tensor.dtype == .float64 }

    private func value(_ name: String) throws -> Tensor {
        guard let variable = variables[name] else { throw MartletError("Expected a variable \"\(name)\". There is none.") }
        return variable.value
    }

    private func run(
        _ program: TensorFlowProgram, _ name: String, _ arguments: [TensorFlowValue]
    ) throws -> [TensorFlowValue] {
        operationsLeft -= program.steps.count + 1
        guard operationsLeft >= 0 else {
            throw MartletError("Expected loops of at most \(Self.mostOperations) operations together.")
        }
        var outputs = [[TensorFlowValue]?](repeating: nil, count: program.nodeCount)
        func read(_ operand: TensorFlowProgram.Operand) throws -> TensorFlowValue {
            switch operand {
            case .argument(let place):
                guard arguments.indices.contains(place) else { throw MartletError("Expected \(place + 1) arguments.") }
                return arguments[place]
            case .output(let node, let number):
                guard let values = outputs[node], values.indices.contains(number) else {
                    throw MartletError("Expected at least \(number + 1) outputs of the node that is read.")
                }
                return values[number]
            }
        }
        for step in program.steps {
            do {
                let inputs = try step.inputs.map(read)
                outputs[step.place] = try Context.current.inLayer(step.node.name) {
                    try self.outputs(of: step, inputs, name)
                }
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: TensorFlowProgram.label(step.node))
            }
            if Context.current.hasFailed { throw MartletError("An operator failed.", at: TensorFlowProgram.label(step.node)) }
        }
        return try program.results.map(read)
    }

    private func outputs(
        of step: TensorFlowProgram.Step, _ inputs: [TensorFlowValue], _ program: String
    ) throws -> [TensorFlowValue] {
        let node = step.node
        switch node.operation {
        case "Const":
            if let variable = variables[Self.key(program, node.name)] { return [.tensor(variable.value)] }
            guard case .tensor(let tensor)? = node.attribute("value") else {
                throw MartletError("Expected a constant of numbers of 8, 16, 32 or 64 bits, or truth values.")
            }
            return [.tensor(tensor)]
        case "VarHandleOp": return [.variable(node.name)]
        case "ReadVariableOp":
            guard let first = inputs.first else { throw MartletError("Expected a variable.") }
            if case .variable(let name) = first { return [.tensor(try value(name))] }
            return [first]
        case "Identity" where inputs.count == 1, "IdentityN": return inputs
        default: break
        }
        if let known = step.operator {
            let results = try known.run(TensorFlowCall(
                node: node, inputs: inputs, read: value, generator: Context.current.randomGenerator ?? generator))
            // A list is copied when it changes.
            for result in results {
                if case .list(let list) = result { operationsLeft -= list.count / 64 }
                if case .rows(_, let rows) = result { operationsLeft -= rows.count / 64 }
            }
            return results
        }
        /// Calls the function that an attribute names.
        func call(_ attribute: String, _ inputs: [TensorFlowValue]) throws -> [TensorFlowValue] {
            guard case .function(let name)? = node.attribute(attribute), let function = functions[name] else {
                throw MartletError("Expected an input of the signature, or an operator that Martlet reads.")
            }
            return try run(function, name, inputs)
        }
        /// What decides which function is called: it must follow from constants and the shapes of inputs.
        func holds(_ value: TensorFlowValue?) throws -> Bool {
            guard case .tensor(let tensor)? = value, tensor.symbol == nil, tensor.elementCount == 1 else {
                throw MartletError(
                    "Expected a condition that follows from constants and the shapes of inputs: Martlet reads no loops and "
                        + "branches that depend on data.")
            }
            return tensor.item() != 0
        }
        switch node.operation {
        case "While", "StatelessWhile":
            var state = inputs
            while try holds(call("cond", state).first) {
                state = try call("body", state)
                guard state.count == inputs.count else { throw MartletError("Expected \(inputs.count) results of a step.") }
            }
            return state
        case "If", "StatelessIf":
            return try call(holds(inputs.first) ? "then_branch" : "else_branch", Array(inputs.dropFirst()))
        default: return try call("f", inputs)
        }
    }

    /// A file may ask for any number of steps.
    private static let mostOperations = 1 << 22
}
