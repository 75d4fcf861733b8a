import Martlet
import MartletCore

extension Model {
    /// The forward pass as a functional model of Keras's layers and operations, which `.keras` files hold and Keras opens.
    ///
    /// What comes from another framework becomes a model like one that was written with layers: it is cut, frozen, trained and
    /// saved as those are. Products, convolutions and tables are layers with the weights; convolutions and poolings see the
    /// channels last, and transpositions between them cancel. Normalizations of the last axis are layers with their scale and
    /// offset. What follows them channel by channel, such as a batch
    /// normalization, is in their weights. The rest are operations of `keras.ops`, whose constants are not trained.
    ///
    /// ```swift
    /// let model = try ONNXModel(onnx: "model.onnx").layered()
    /// try model.save(to: "model.keras")
    /// ```
    ///
    /// - Parameters:
    ///   - inputShapes: the shape of each input, batch axis (nil) included, where the model leaves other sizes open.
    ///   - tolerance: the largest difference to this model, on random numbers, that is no error, in units of the largest
    ///     output, or of 1 where that is smaller. When nil 1e-4, or 0.02 for a file that computes in 16 bits, where the model's
    ///     layers compute in `float32`.
    /// - Returns: a model that is not compiled. Its inputs have the shapes of this model's, images of ONNX their channels first.
    /// - Throws: `MartletError` with the layer for what Keras has no operation for, and for operators whose work depends on the
    ///   elements of their inputs: loops, branches, lists.
    public func layered(inputShapes: [PartialShape]? = nil, tolerance: Double? = nil) throws -> Model {
        let file = self as? TFLiteModel
        let rounds = file?.roundsActivations ?? false
        file?.roundsActivations = false
        defer { file?.roundsActivations = rounds }
        var graph: ExportGraph
        do {
            graph = try ExportGraph(of: self, inputShapes: inputShapes, keeping: [.layerNorm], leavesOpen: false)
        } catch let error as MartletError {
            guard let operators = (self as? ONNXModel)?.flexibleOperators, !operators.isEmpty else { throw error }
            throw MartletError(
                "\(error.message) A functional model computes the same for all elements. The file's graph has operators for "
                    + "which that does not hold: \(operators.joined(separator: ", ")).", at: error.location)
        }
        graph.recognizeDense()
        graph.sinkTransposes()
        graph.recognizeNormalizations()
        graph = try graph.preparedForKeras()
        let written = try KerasGraph(graph)
        let model = try Model.fromJSON(written.config().serialized())
        for (name, values) in written.weights {
            guard let layer = model.layer(name) else { throw MartletError("Expected a layer.", at: name) }
            try layer.setWeights(values)
        }
        let inputs = try graph.sampleInputs([3])
        let (own, others) = try withErrors { (model.apply(inputs, training: false), apply(inputs, training: false)) }
        let difference = Self.difference(own, others)
        let tolerance = tolerance ?? graph.tolerance
        guard difference <= tolerance else {
            throw MartletError(
                "The functional model differs from the file's: by \(difference) of the largest output, where \(tolerance) is the "
                    + "bound.", at: name)
        }
        return model
    }
}

extension ExportGraph {
    /// Products with a constant matrix as dense layers, which take up the bias and the activation that follow.
    mutating func recognizeDense() {
        for index in nodes.indices {
            guard case .matmul(false, let isTransposed) = nodes[index].operation,
                let kernel = constant(nodes[index].inputs[1]), kernel.rank == 2, kernel.dtype.isFloatingPoint,
                values[nodes[index].inputs[0]].rank >= 2
            else { continue }
            nodes[index].operation = .dense(.none)
            guard isTransposed else { continue }
            nodes[index].inputs[1] = addConstant(kernel.transposed(0, 1), values[nodes[index].inputs[1]].name)
        }
        simplify()
    }
}
