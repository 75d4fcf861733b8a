import Martlet
import MartletCore

extension ExportGraph {
    /// Operations that stay whole where a format has them, and are written with simpler ones where it has not.
    package enum Composite: String, Sendable {
        case layerNorm
        case recurrentSequence
        /// One with a mask, in the place of which some formats have lengths.
        case maskedSequence
        /// Either, of more steps than are written out.
        case longSequence

        /// In integers each step has its own ranges, and so its own operators, as long as the file stays small.
        static let mostStepsWrittenOut = 16
    }

    /// The forward pass of a built model, in inference.
    ///
    /// It is traced as `predict` traces it, for batches of two sizes: so every layer is covered, custom ones too. Where the
    /// traces differ, sizes depend on the batch. Weights are constants, and what follows from constants alone is computed.
    ///
    /// - Parameters:
    ///   - model: a model that knows the shapes of its inputs, or for which `inputShapes` are given.
    ///   - inputShapes: the shape of each input, batch axis included, in place of the model's. nil is for the batch only.
    ///   - keeping: the composites that the format has.
    /// - Throws: `MartletError`, which names layer and op, when the model computes something that no graph holds: its input's
    ///   shape is not known, or it reads strings, draws random numbers, or keeps a state from call to call.
    package init(of model: Model, inputShapes: [PartialShape]? = nil, keeping: Set<Composite> = []) throws {
        let file = model as? any FileModel
        let specs = file?.fileInputs ?? model.inputSpecs
        var shapes = inputShapes ?? specs.map(\.shape)
        guard !shapes.isEmpty else {
            throw MartletError(
                "Expected a model that knows the shape of its input. Give inputShapes: [[nil, ...]], the batch axis nil "
                    + "(--input-shape, without it).",
                at: model.name)
        }
        guard specs.isEmpty || specs.count == shapes.count else {
            throw MartletError("Expected \(specs.count) input shapes. Received: \(shapes.count).", at: model.name)
        }
        // A batch of a size that the model was made for stays so.
        for (index, spec) in specs.enumerated() where spec.shape.rank > 0 && shapes[index].rank > 0 {
            shapes[index][0] = shapes[index][0] ?? spec.shape[0]
        }
        let names = shapes.indices.map { $0 < specs.count ? specs[$0].name : "input_\($0 + 1)" }
        let types = shapes.indices.map { $0 < specs.count ? specs[$0].dtype : .float32 }
        for (index, shape) in shapes.enumerated() {
            if shape.holdsStrings || types[index] == .string {
                throw MartletError(
                    "Expected inputs of numbers: layers that take strings run in Martlet only. Cut the model behind them.",
                    at: "input \(names[index])")
            }
            if let axis = shape.dimensions.indices.dropFirst().first(where: { shape[$0] == nil }) {
                throw MartletError(
                    "Expected known sizes of all axes but the batch. Axis \(axis) of \(shape) is not known: give it with "
                        + "inputShapes (--input-shape).", at: "input \(names[index])")
            }
        }
        let isBatchKnown = shapes.allSatisfy { $0.rank == 0 || $0[0] != nil }
        func trace(batch: Int) throws -> Graph {
            let specs = try zip(shapes, types).map { shape, type in
                TensorSpec(try Shape(validating: shape.dimensions.map { $0 ?? batch }), type)
            }
            return try withErrors { Trace.graph(specs) { model.apply($0, training: false) } }.simplified()
        }
        // Neither 1, which broadcasts, nor numbers of which one is a multiple of the other.
        let first = try trace(batch: Lowering.batches[0])
        if let update = first.updates.first {
            throw MartletError(
                "Expected a model whose outputs depend on its inputs alone. It changes the variable "
                    + "\(update.variable.name) when it is called: a stateful layer or a random one cannot be exported.",
                at: model.name)
        }
        let graphs = isBatchKnown ? [first] : [first, try trace(batch: Lowering.batches[1])]
        self.init()
        name = model.name
        var lowering = Lowering(graph: self, keeping: keeping)
        let bindings = graphs[0].inputs.indices.map { index in
            let value = lowering.graph.addValue(
                names[index], Lowering.exported(types[index]),
                lowering.dimensions(graphs.map { $0.specs[$0.inputs[index]].shape }))
            lowering.graph.inputs.append(value)
            return Lowering.Binding.value(value)
        }
        let results = try withErrors { try lowering.lower(graphs, bindings) }
        let keys = file?.graphOutputs ?? model.outputNames
        // An input that is an output, too, has two names: files of ONNX have one list of them.
        var taken = Set(names)
        for (index, result) in results.enumerated() {
            let value = try lowering.value(result, layer: model.name)
            lowering.graph.outputs.append(value)
            let key = keys.count == results.count ? keys[index] : "output_\(index + 1)"
            // One layer may give several outputs.
            var (name, number) = (key, index)
            while !taken.insert(name).inserted {
                number += 1
                name = "\(key)_\(number)"
            }
            lowering.graph.outputNames.append(name)
        }
        self = lowering.graph
        inputNames = names
        roundsToHalf = graphs[0].specs.contains(where: \.dtype.isHalf)
        simplify()
    }
}

private func computed<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] { perform(op, inputs) }

/// Makes a graph of traces of one function for batches of different sizes.
struct Lowering {
    var graph: ExportGraph
    let keeping: Set<ExportGraph.Composite>
    /// The path of the layer that a formula is of.
    private var prefix = ""
    /// The values of constants: what a layer that is written out reads in each step is kept once.
    private var constants: [Place: (value: Int, tensor: Tensor)] = [:]
    private struct Place: Hashable {
        let address: UnsafeRawPointer?
        let spec: TensorSpec
    }
    /// The sizes of the batch of the traces.
    static let batches = [2, 3]

    init(graph: ExportGraph, keeping: Set<ExportGraph.Composite>, prefix: String = "") {
        self.graph = graph
        self.keeping = keeping
        self.prefix = prefix
    }

    /// What a traced value became: a value of the graph, or tensors, one for each trace, that follow from constants alone.
    enum Binding {
        case value(Int)
        case known([Tensor])
        /// What only gradients need.
        case absent
    }

    /// 16-bit floats compute in `float32`; formats have them for weights.
    static func exported(_ type: DType) -> DType { type.isHalf ? .float32 : type }

    /// Sizes of which some depend on the batch.
    func dimensions(_ shapes: [Shape]) -> [ExportGraph.Dimension] {
        shapes[0].dimensions.indices.map { axis in
            let first = shapes[0][axis]
            guard shapes.count > 1, shapes[1][axis] != first else { return .init(first) }
            let perSample = shapes[1][axis] - first
            return .init(first - Self.batches[0] * perSample, perSample: perSample)
        }
    }

    /// Lowers the nodes of the traces of one function.
    /// - Parameter inputs: what their inputs are.
    /// - Returns: what their results are.
    mutating func lower(_ traces: [Graph], _ inputs: [Binding]) throws -> [Binding] {
        let first = traces[0]
        var bindings = [Binding?](repeating: nil, count: first.specs.count)
        guard traces.allSatisfy({ $0.nodes.count == first.nodes.count && $0.specs.count == first.specs.count }) else {
            throw MartletError("Expected a model that computes the same for every size of batch.", at: graph.name)
        }
        for (value, source) in first.sources.enumerated() {
            switch source {
            case .input(let index): bindings[value] = inputs[index]
            case .constant, .variable:
                bindings[value] = .known(try traces.map { trace in
                    switch trace.sources[value] {
                    case .constant(let tensor): tensor
                    case .variable(let variable): variable.value
                    default: throw MartletError("Expected a model that computes the same for every size of batch.")
                    }
                })
            case .node: break
            }
        }
        for (index, node) in first.nodes.enumerated() {
            let nodes = traces.map { $0.nodes[index] }
            let layer = node.layerPath.isEmpty ? prefix : node.layerPath.joined(separator: "/")
            guard nodes.allSatisfy({ $0.inputs == node.inputs && $0.outputs == node.outputs }) else {
                throw MartletError("Expected a model that computes the same for every size of batch.", at: "layer \(layer)")
            }
            let operands = node.inputs.map { bindings[$0]! }
            let known = traces.indices.compactMap { trace -> [Tensor]? in
                let tensors = operands.compactMap { if case .known(let tensors) = $0 { tensors[trace] } else { nil } }
                return tensors.count == operands.count ? tensors : nil
            }
            let name = type(of: node.op).name
            if known.count == traces.count, name != "random" {
                var outputs: [[Tensor]] = []
                for (node, tensors) in zip(nodes, known) {
                    let op: any Op = node.op
                    outputs.append(computed(op, tensors))
                }
                for (place, value) in node.outputs.enumerated() { bindings[value] = .known(outputs.map { $0[place] }) }
                continue
            }
            let step = Step(
                ops: nodes.map(\.op), inputs: operands,
                inputSpecs: traces.map { trace in node.inputs.map { trace.specs[$0] } },
                outputSpecs: traces.map { trace in node.outputs.map { trace.specs[$0] } }, layer: layer)
            for (value, output) in zip(node.outputs, try lower(step)) { bindings[value] = output }
        }
        return first.results.map { bindings[$0]! }
    }

    /// One op of all traces.
    struct Step {
        let ops: [any Op]
        let inputs: [Binding]
        /// For each trace.
        let inputSpecs: [[TensorSpec]]
        let outputSpecs: [[TensorSpec]]
        let layer: String

        var op: any Op { ops[0] }
        var name: String { type(of: op).name }
    }

    /// The value of the graph for a binding. Tensors become constants; one that is the same for each sample is kept once.
    mutating func value(_ binding: Binding, layer: String) throws -> Int {
        switch binding {
        case .value(let value): return value
        case .absent: throw MartletError("An op reads what only gradients need: it cannot be exported.", at: "layer \(layer)")
        case .known(let tensors):
            let tensors = tensors.map { $0.cast(to: Self.exported($0.dtype)) }
            let name = layer.isEmpty ? "constant" : "\(layer)/constant"
            guard tensors.count > 1 else { return constant(tensors[0], name) }
            let (a, b) = (tensors[0], tensors[1])
            guard a.shape != b.shape else {
                guard a.withUnsafeBytes({ first in b.withUnsafeBytes { first.elementsEqual($0) } }) else {
                    throw MartletError(
                        "Expected numbers that do not depend on the size of the batch. Received: \(a.spec) that does.",
                        at: "layer \(layer)")
                }
                return constant(a, name)
            }
            var one = a
            let shape = dimensions([a.shape, b.shape])
            for axis in shape.indices where shape[axis].size == nil { one = one.sliced(0..<min(1, one.shape[axis]), axis: axis) }
            for tensor in tensors {
                guard one.broadcast(to: tensor.shape).withUnsafeBytes({ all in tensor.withUnsafeBytes { all.elementsEqual($0) } })
                else {
                    throw MartletError(
                        "Expected numbers that are the same for every sample. Received: \(a.spec), which follows from the size "
                            + "of the batch.", at: "layer \(layer)")
                }
            }
            let constant = graph.addConstant(one, name)
            return graph.add(.broadcast, [constant], one.dtype, shape, layer: layer)
        }
    }

    private mutating func constant(_ tensor: Tensor, _ name: String) -> Int {
        let place = Place(address: tensor.withUnsafeBytes { $0.baseAddress }, spec: tensor.spec)
        if let known = constants[place] { return known.value }
        let value = graph.addConstant(tensor, name)
        // It is held, so that no other tensor gets its memory.
        constants[place] = (value, tensor)
        return value
    }

    /// Adds an operation with the step's first output.
    private mutating func add(_ operation: Operation, _ step: Step, inputs: [Int]? = nil) throws -> [Binding] {
        let operands = try inputs ?? step.inputs.map { try value($0, layer: step.layer) }
        let shape = dimensions(step.outputSpecs.map { $0[0].shape })
        return [.value(graph.add(operation, operands, Self.exported(step.outputSpecs[0][0].dtype), shape, layer: step.layer))]
            + step.outputSpecs[0].dropFirst().map { _ in .absent }
    }

    /// Adds an operation with all outputs of the step.
    private mutating func addAll(_ operation: Operation, _ step: Step, count: Int) throws -> [Binding] {
        let operands = try step.inputs.map { try value($0, layer: step.layer) }
        let outputs = (0..<count).map { place in
            graph.addValue(
                "\(step.layer)/\(operation.name)", Self.exported(step.outputSpecs[0][place].dtype),
                dimensions(step.outputSpecs.map { $0[place].shape }))
        }
        graph.nodes.append(.init(operation: operation, inputs: operands, outputs: outputs, layer: step.layer))
        return outputs.map { .value($0) } + step.outputSpecs[0].dropFirst(count).map { _ in .absent }
    }

    /// The same attribute in all traces.
    private func shared<Value: Equatable>(_ step: Step, _ read: (OpAttributes) throws -> Value) throws -> Value {
        let values = try step.ops.map { try read(OpAttributes($0)) }
        guard values.allSatisfy({ $0 == values[0] }) else {
            throw MartletError(
                "Expected attributes of the op \(step.name) that do not depend on the size of the batch.",
                at: "layer \(step.layer)")
        }
        return values[0]
    }

    private mutating func lower(_ step: Step) throws -> [Binding] {
        if let unary = Operation.Unary(rawValue: step.name) { return try add(.unary(unary), step) }
        if let binary = Operation.Binary(rawValue: step.name) { return try add(.binary(binary), step) }
        if let reduction = Operation.Reduction(rawValue: step.name) {
            let axes: ReducedAxes = try shared(step) { try $0("axes") }
            return try add(.reduce(reduction, axes: axes.axes, keepDims: axes.keepDims), step)
        }
        if let cumulation = Operation.Cumulation(rawValue: step.name) {
            return try add(
                .cumulate(
                    cumulation, axis: try shared(step) { try $0("axis") }, exclusive: try shared(step) { try $0("exclusive") },
                    reverse: try shared(step) { try $0("reverse") }), step)
        }
        switch step.name {
        case "stopGradient", "checkedIndices", "copy": return [step.inputs[0]]
        case "cast":
            let (from, to) = (Self.exported(step.inputSpecs[0][0].dtype), Self.exported(step.outputSpecs[0][0].dtype))
            return from == to ? [step.inputs[0]] : try add(.cast, step)
        case "where": return try add(.select, step)
        case "gate": return try lowerGate(step)
        case "matmul":
            let flags = (try shared(step) { try $0("transposeA") } as Bool, try shared(step) { try $0("transposeB") } as Bool)
            // A matrix of weights, which formats multiply with faster, and round.
            if flags == (false, false), case .known = step.inputs[1], step.inputSpecs[0].map(\.shape.rank) == [2, 2],
                step.inputSpecs[0][0].dtype.isFloatingPoint
            {
                return try add(.dense(.none), step)
            }
            return try add(.matmul(transposeA: flags.0, transposeB: flags.1), step)
        case "dense": return try add(.dense(try activation(step)), step)
        case "conv":
            let geometry: ConvolutionGeometry = try shared(step) { try $0("geometry") }
            return try add(.convolution(geometry.windows, groups: geometry.groups, try activation(step)), step)
        case "convInputGradient":
            let geometry: ConvolutionGeometry = try shared(step) { try $0("geometry") }
            guard geometry.groups == 1 else { throw unsupported(step) }
            return try add(.transposedConvolution(geometry.windows), step)
        case "maxPool", "averagePool":
            let geometry: PoolingGeometry = try shared(step) { try $0("geometry") }
            return try add(
                step.name == "maxPool"
                    ? .maxPool(size: geometry.size, geometry.windows) : .averagePool(size: geometry.size, geometry.windows),
                step)
        case "argmax": return try add(.argmax(axis: try shared(step) { try $0("axis") }), step)
        case "argmin": return try add(.argmin(axis: try shared(step) { try $0("axis") }), step)
        case "softmax": return try add(.softmax(axis: try axis(step)), step)
        case "logSoftmax": return try add(.logSoftmax(axis: try axis(step)), step)
        case "reshape": return try add(.reshape, step)
        case "broadcast": return try add(.broadcast, step)
        case "transpose": return try add(.transpose(try shared(step) { try $0("permutation") }), step)
        case "concatenate": return try add(.concatenate(axis: try shared(step) { try $0("axis") }), step)
        case "split": return try lowerSplit(step)
        case "slice":
            return try add(
                .slice(begin: try shared(step) { try $0("begin") }, step: try shared(step) { try $0("step") }), step)
        case "sliceScatter": return try lowerSliceScatter(step)
        case "pad":
            return try add(
                .pad(
                    before: try shared(step) { try $0("before") }, after: try shared(step) { try $0("after") },
                    value: try shared(step) { try $0("value") }), step)
        case "gather", "takeAlong": return try lowerGather(step)
        case "gatherND": return try add(.gatherND, step)
        case "oneHot":
            return try add(.oneHot(on: try shared(step) { try $0("on") }, off: try shared(step) { try $0("off") }), step)
        case "topK": return try addAll(.topK(try shared(step) { try $0("count") }), step, count: 2)
        case "sort": return try addAll(.sort(descending: try shared(step) { try $0("descending") }), step, count: 2)
        case "resample": return try lowerResample(step)
        case "layerNorm" where keeping.contains(.layerNorm):
            return try add(
                .layerNorm(
                    epsilon: try shared(step) { try $0("epsilon") }, isCentered: try shared(step) { try $0("isCentered") },
                    hasScale: try shared(step) { try $0("hasScale") }, hasOffset: try shared(step) { try $0("hasOffset") }),
                step)
        case "recurrentSequence" where keeping.contains(.recurrentSequence) || keeping.contains(.longSequence):
            let recurrence = try shared(step) { attributes in
                let plan = try attributes.inside("plan")
                return Operation.Recurrence(
                    kind: try plan("kind"), goBackwards: try plan("goBackwards"),
                    returnSequences: try plan("returnSequences"), zeroOutputForMask: try plan("zeroOutputForMask"),
                    hasBias: try plan("hasBias"), hasMask: try plan("hasMask"))
            }
            let weights = step.inputs[(1 + recurrence.kind.stateCount)...].prefix(recurrence.hasBias ? 3 : 2)
            let areConstant = weights.allSatisfy { if case .known = $0 { true } else { false } }
            let steps = step.inputSpecs.map { $0[0].shape[1] }
            let isLong = keeping.contains(.longSequence) && steps[0] > ExportGraph.Composite.mostStepsWrittenOut
            let isKept = keeping.contains(recurrence.hasMask ? .maskedSequence : .recurrentSequence)
            guard isLong || isKept, areConstant, steps.allSatisfy({ $0 == steps[0] }), steps[0] > 0 else {
                return try lowerFormula(step)
            }
            return try addAll(.recurrent(recurrence), step, count: 1 + recurrence.kind.stateCount)
        default: return try lowerFormula(step)
        }
    }

    private func unsupported(_ step: Step) -> MartletError {
        MartletError(
            "Expected a layer whose operations other frameworks have. \(step.name) on "
                + "\(step.inputSpecs[0].map(\.description).joined(separator: ", ")) has no counterpart there.",
            at: "layer \(step.layer)")
    }

    /// The op written with simpler ones.
    private mutating func lowerFormula(_ step: Step) throws -> [Binding] {
        if step.name == "random" {
            throw MartletError("A layer that draws random numbers in inference cannot be exported.", at: "layer \(step.layer)")
        }
        var hasFormula = true
        let traces = zip(step.ops, step.inputSpecs).map { op, specs in
            Trace.graph(specs) { inputs in
                if let outputs = op.formula(inputs) { return outputs }
                hasFormula = false
                return inputs
            }.simplified()
        }
        guard hasFormula else {
            if step.name != "custom" { throw unsupported(step) }
            throw MartletError(
                "Expected operations on numbers. The layer computes in Swift, as layers do that read strings, which no other "
                    + "framework can run. Cut the model behind it.", at: "layer \(step.layer)")
        }
        // The formula's nodes belong to the layer.
        let outer = prefix
        prefix = step.layer
        defer { prefix = outer }
        return try lower(traces, step.inputs)
    }

    private func activation(_ step: Step) throws -> Operation.Activation {
        let activation: FusedActivation = try shared(step) { try $0("activation") }
        return activation == .relu ? .relu : .none
    }

    private func axis(_ step: Step) throws -> Int {
        let axis: Int = try shared(step) { try $0("axis") }
        return axis < 0 ? axis + step.inputSpecs[0][0].shape.rank : axis
    }

    private mutating func lowerGate(_ step: Step) throws -> [Binding] {
        let operands = try step.inputs.map { try value($0, layer: step.layer) }
        let type = graph.values[operands[0]].dtype
        let zero = graph.addConstant(Tensor(0.0).cast(to: type), "\(step.layer)/zero")
        let isOpen = graph.add(
            .binary(.greater), [operands[0], zero], .bool, graph.values[operands[0]].shape, layer: step.layer)
        return try add(.select, step, inputs: [isOpen, operands[1], zero])
    }

    private mutating func lowerSplit(_ step: Step) throws -> [Binding] {
        let (axis, sizes): (Int, [Int]) = (try shared(step) { try $0("axis") }, try shared(step) { try $0("sizes") })
        let input = try value(step.inputs[0], layer: step.layer)
        var begin = [Int](repeating: 0, count: graph.values[input].rank)
        return sizes.indices.map { part in
            let operation = Operation.slice(begin: begin, step: begin.map { _ in 1 })
            begin[axis] += sizes[part]
            let shape = dimensions(step.outputSpecs.map { $0[part].shape })
            return .value(graph.add(operation, [input], graph.values[input].dtype, shape, layer: step.layer))
        }
    }

    /// Zeros between and around the input: between, as an axis of its own.
    private mutating func lowerSliceScatter(_ step: Step) throws -> [Binding] {
        let (begin, strides): ([Int], [Int]) = (try shared(step) { try $0("begin") }, try shared(step) { try $0("step") })
        guard strides.allSatisfy({ $0 > 0 }) else { throw unsupported(step) }
        var value = try value(step.inputs[0], layer: step.layer)
        let (type, target) = (graph.values[value].dtype, dimensions(step.outputSpecs.map { $0[0].shape }))
        for axis in begin.indices where strides[axis] > 1 {
            var (shape, before) = (graph.values[value].shape, [Int](repeating: 0, count: begin.count + 1))
            guard let size = shape[axis].size else { throw unsupported(step) }
            shape.insert(.init(1), at: axis + 1)
            value = graph.add(.reshape, [value], type, shape, layer: step.layer)
            var after = before
            after[axis + 1] = strides[axis] - 1
            shape[axis + 1] = .init(strides[axis])
            before = [Int](repeating: 0, count: begin.count + 1)
            value = graph.add(.pad(before: before, after: after, value: 0), [value], type, shape, layer: step.layer)
            shape.remove(at: axis + 1)
            shape[axis] = .init(size * strides[axis])
            value = graph.add(.reshape, [value], type, shape, layer: step.layer)
            let used = (size - 1) * strides[axis] + 1
            shape[axis] = .init(size == 0 ? 0 : used)
            value = graph.add(
                .slice(begin: begin.map { _ in 0 }, step: begin.map { _ in 1 }), [value], type, shape, layer: step.layer)
        }
        let shape = graph.values[value].shape
        let after = try begin.indices.map { axis -> Int in
            if shape[axis] == target[axis] { return 0 }
            guard let size = shape[axis].size, let whole = target[axis].size else { throw unsupported(step) }
            return whole - size - begin[axis]
        }
        return [.value(graph.add(.pad(before: begin, after: after, value: 0), [value], type, target, layer: step.layer))]
    }

    /// Negative indices count from the end here and are out of range elsewhere.
    private mutating func lowerGather(_ step: Step) throws -> [Binding] {
        let axis: Int = try shared(step) { try $0("axis") }
        let table = try value(step.inputs[0], layer: step.layer)
        guard let size = graph.values[table].shape[axis].size else { throw unsupported(step) }
        var indices: Int
        if case .known(let tensors) = step.inputs[1] {
            let positive = tensors.map { index in `where`(index .< 0, index + size, index).cast(to: index.dtype) }
            indices = try value(.known(positive), layer: step.layer)
        } else {
            indices = try value(step.inputs[1], layer: step.layer)
        }
        let operation = step.name == "gather" ? Operation.gather(axis: axis) : .takeAlong(axis: axis)
        return try add(operation, step, inputs: [table, indices])
    }

    /// A product with the matrix of the weights, or a choice of elements.
    private mutating func lowerResample(_ step: Step) throws -> [Binding] {
        let (map, axis): (ResampleMap, Int) = (try shared(step) { try $0("map") }, try shared(step) { try $0("axis") })
        let input = try value(step.inputs[0], layer: step.layer)
        if map.weights.count == map.count, map.weights.allSatisfy({ $0 == 1 }) {
            return [.value(graph.chosen(input, axis: axis, map.starts.map(Int.init), layer: step.layer))]
        }
        var weights = [Double](repeating: 0, count: map.size * map.count)
        for new in 0..<map.count {
            for (place, index) in (map.offsets[new]..<map.offsets[new + 1]).enumerated() {
                weights[(Int(map.starts[new]) + place) * map.count + new] = map.weights[Int(index)]
            }
        }
        return [
            .value(graph.resampled(input, axis: axis, Tensor(weights, shape: [map.size, map.count]), layer: step.layer))
        ]
    }
}
