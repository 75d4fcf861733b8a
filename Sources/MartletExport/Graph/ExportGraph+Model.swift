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
    /// It is traced as `predict` traces it, for several sizes of the batch and of the axes that the inputs leave open: so every
    /// layer is covered, custom ones too. Where the traces differ, sizes depend on these. Weights are constants, and what follows
    /// from constants alone is computed.
    ///
    /// - Parameters:
    ///   - model: a model that knows the shapes of its inputs, or for which `inputShapes` are given.
    ///   - inputShapes: the shape of each input, batch axis included, in place of the model's. Axes that are nil stay open.
    ///   - keeping: the composites that the format has.
    ///   - leavesOpen: whether other axes than the batch's may stay open.
    /// - Throws: `MartletError`, which names layer and op, when the model computes something that no graph holds: the rank of an
    ///   input is not known, or it needs a size that is open, reads strings, draws random numbers, or keeps a state from call to
    ///   call.
    package init(
        of model: Model, inputShapes: [PartialShape]? = nil, keeping: Set<Composite> = [], leavesOpen: Bool = true
    ) throws {
        let inputs = try Inputs(of: model, shapes: inputShapes)
        if !leavesOpen, let open = inputs.openAxis {
            throw MartletError(
                "Expected known sizes of all axes but the batch. Axis \(open.axis) of \(inputs.shapes[open.input]) is not known: "
                    + "give it with inputShapes (--input-shape).", at: "input \(inputs.names[open.input])")
        }
        var refusal: (any Error)?
        for plan in SizePlan.plans(for: inputs.shapes) {
            let traces: [Graph]
            do {
                traces = try plan.traces(of: model, inputs)
            } catch let refused as SizePlan.Refusal {
                throw refused.error
            } catch {
                refusal = refusal ?? error
                continue
            }
            do {
                self = try Self.lowered(traces, plan, model, inputs, keeping)
                return
            } catch let error as SizePlan.TooSmall {
                refusal = refusal ?? MartletError("Expected larger inputs.", at: error.layer)
            }
        }
        guard let open = inputs.openAxis, let error = refusal as? MartletError else { throw refusal! }
        throw MartletError(
            "Expected a model that takes inputs of any size along axis \(open.axis) of \(inputs.shapes[open.input]), the input "
                + "\(inputs.names[open.input]). Give the size with inputShapes (--input-shape). \(error.message)",
            at: error.location ?? model.name)
    }

    private static func lowered(
        _ traces: [Graph], _ plan: SizePlan, _ model: Model, _ inputs: Inputs, _ keeping: Set<Composite>
    ) throws -> ExportGraph {
        var graph = ExportGraph()
        graph.name = model.name
        graph.openSizes = plan.sizes
        var lowering = Lowering(graph: graph, keeping: keeping)
        let bindings = inputs.shapes.indices.map { index in
            let value = lowering.graph.addValue(
                inputs.names[index], Lowering.exported(inputs.types[index]), plan.dimensions(of: inputs.shapes[index], index))
            lowering.graph.inputs.append(value)
            return Lowering.Binding.value(value)
        }
        let results = try withErrors { try lowering.lower(traces, bindings) }
        let keys = (model as? any FileModel)?.graphOutputs ?? model.outputNames
        // An input that is an output, too, has two names: files of ONNX have one list of them.
        var taken = Set(inputs.names)
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
        graph = lowering.graph
        graph.inputNames = inputs.names
        graph.roundsToHalf = traces[0].specs.contains(where: \.dtype.isHalf)
        graph.simplify()
        return graph
    }

    /// What a model takes.
    struct Inputs {
        private(set) var shapes: [PartialShape]
        let names: [String]
        let types: [DType]

        init(of model: Model, shapes given: [PartialShape]?) throws {
            let specs = (model as? any FileModel)?.fileInputs ?? model.inputSpecs
            shapes = given ?? specs.map(\.shape)
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
            names = shapes.indices.map { $0 < specs.count ? specs[$0].name : "input_\($0 + 1)" }
            types = shapes.indices.map { $0 < specs.count ? specs[$0].dtype : .float32 }
            for (index, shape) in shapes.enumerated() where shape.holdsStrings || types[index] == .string {
                throw MartletError(
                    "Expected inputs of numbers: layers that take strings run in Martlet only. Cut the model behind them.",
                    at: "input \(names[index])")
            }
        }

        /// The first axis but the batch's that is open.
        var openAxis: (input: Int, axis: Int)? {
            for (input, shape) in shapes.enumerated() {
                if let axis = shape.dimensions.indices.dropFirst().first(where: { shape[$0] == nil }) { return (input, axis) }
            }
            return nil
        }
    }
}
