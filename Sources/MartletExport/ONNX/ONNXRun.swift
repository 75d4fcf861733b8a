import MartletCore

/// One call of a model: what all graphs in it share.
final class ONNXRun {
    /// Whether the call is part of training.
    let isTraining: Bool
    /// Where operators that draw numbers draw from, unless they have a seed.
    let generator: RandomGenerator
    private var stepCount = 0
    private var depth = 0
    private let mostSteps: Int

    /// - Parameter mostSteps: the most nodes that the call runs, those of loops counted each time: a file may ask
    ///   for any number.
    init(isTraining: Bool, mostSteps: Int, generator: RandomGenerator) {
        (self.isTraining, self.mostSteps, self.generator) = (isTraining, mostSteps, generator)
    }

    /// Values by name: those of a graph, and around it those of the graphs that it is in.
    final class Scope {
        private let program: ONNXProgram
        private let parent: Scope?
        /// Of the function whose body runs.
        let attributes: [String: ONNX.Attribute]
        fileprivate var values: [String: ONNX.Value] = [:]

        fileprivate init(_ program: ONNXProgram, parent: Scope?, attributes: [String: ONNX.Attribute]) {
            (self.program, self.parent, self.attributes) = (program, parent, attributes)
        }

        func find(_ name: String) -> ONNX.Value? {
            var scope: Scope? = self
            while let present = scope {
                if let value = present.values[name] { return value }
                if let variable = present.program.variables[name] { return ONNX.Value(variable.value) }
                if let value = present.program.constants[name] { return value }
                scope = present.parent
            }
            return nil
        }
    }

    /// Runs a graph.
    /// - Parameters:
    ///   - inputs: those of the graph in their order; one that is missing is an initializer, or left out.
    ///   - scope: the values around the graph.
    func run(
        _ program: ONNXProgram, _ inputs: [ONNX.Value?], in scope: Scope? = nil, attributes: [String: ONNX.Attribute] = [:]
    ) throws -> [ONNX.Value] {
        guard depth < 64 else { throw MartletError("Expected graphs inside graphs at most 64 deep.") }
        depth += 1
        defer { depth -= 1 }
        let own = Scope(program, parent: scope, attributes: scope?.attributes ?? attributes)
        for (info, value) in zip(program.inputs, inputs) { if let value { own.values[info.name] = value } }
        for step in program.steps {
            stepCount += 1
            guard stepCount <= mostSteps else {
                throw MartletError("Expected at most \(mostSteps) steps in a call.", at: step.node.label)
            }
            do {
                // Failures of ops name the node as they name layers.
                try Context.current.inLayer(step.node.ownName) { try run(step, own) }
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: step.node.label)
            }
            // What an operator noted is thrown at the end of the call.
            if Context.current.hasFailed { throw MartletError("An operator failed.", at: step.node.label) }
        }
        return try program.outputs.map { info in
            guard let value = own.find(info.name) else {
                throw MartletError("Expected a node that makes the output \"\(info.name)\". There is none.")
            }
            return value
        }
    }

    private func run(_ step: ONNXProgram.Step, _ scope: Scope) throws {
        let node = step.node
        let inputs = try node.inputs.map { name in
            if name.isEmpty { return ONNX.Value?.none }
            guard let value = scope.find(name) else {
                throw MartletError("Expected an input \"\(name)\" that a node before makes, or the graph. There is none.")
            }
            return value
        }
        let call = ONNXCall(
            node: node, version: step.version, inputs: inputs, programs: step.programs, run: self, scope: scope)
        let outputs: [ONNX.Value]
        switch step.action {
        case .operation(let operation):
            guard operation.inputCounts.contains(inputs.count) else {
                throw MartletError(
                    "Expected \(operation.inputCounts.lowerBound) to \(operation.inputCounts.upperBound) inputs. "
                        + "Received: \(inputs.count).")
            }
            outputs = try operation.run(call)
        case .function(let program, let defaults):
            let given = node.attributes.compactMapValues { call.resolved($0) }
            outputs = try run(program, inputs, attributes: defaults.merging(given) { $1 })
        }
        let names = node.outputs
        guard outputs.count >= names.lastIndex(where: { !$0.isEmpty }).map({ $0 + 1 }) ?? 0 else {
            throw MartletError("Expected at most \(outputs.count) outputs. Received: \(names.count).")
        }
        for (name, value) in zip(names, outputs) where !name.isEmpty { scope.values[name] = value }
        for name in step.ending { scope.values[name] = nil }
    }
}

/// An operator of ONNX, in all its versions.
struct ONNXOperator: Sendable {
    /// How many inputs a node may have.
    var inputCounts: ClosedRange<Int> = 0...Int.max
    /// The inputs that say how to compute, and are no weights: sizes, axes, scales, statistics.
    var settings: Set<Int> = []
    /// The inputs that are weights also where a node gives them as constants.
    var weights: Set<Int> = []
    /// The inputs that training does not change, although they are weights.
    var statistics: Set<Int> = []
    /// Whether shapes follow from the elements of its inputs, which compiled steps do not know.
    var needsElements = false
    let run: @Sendable (ONNXCall) throws -> [ONNX.Value]

    /// The operators by their names, those of other domains with the domain before.
    static let table: [String: ONNXOperator] = {
        var table: [String: ONNXOperator] = [:]
        for fill in [
            addElementwise, addActivations, addIntegers, addReductions, addShapes, addLayout, addIndexing, addScattering,
            addLinear, addConvolutions, addPooling, addRegions, addNormalizations, addRecurrent, addAttention, addImages,
            addSequences, addControlFlow, addQuantized, addRandom, addSignals, addLosses, addTexts, addOptimizers, addML,
        ] { fill(&table) }
        return table
    }()
}
