import MartletCore

/// The model as a graph, to be cut and put together anew: for features of inner layers, and for transfer learning.
///
/// ```swift
/// let base = try Model.load(from: "base.keras")
/// let features = Model(inputs: base.inputs, outputs: base.output(of: "block4_conv1"))
/// base.isTrainable = false
/// let y = Dense(5, activation: .softmax)(base.output(of: base.layers[base.layers.count - 2]))
/// let model = Model(inputs: base.inputs, outputs: y)
/// ```
///
/// The new model shares the layers and their weights. Functional models have a graph, and so have `Sequential` ones that are
/// built. Of other models the code alone knows the graph: these properties stop for them, with what to do.
extension Model {
    /// The symbolic inputs.
    public var inputs: [SymbolicTensor] { requireGraph("inputs").inputs }

    /// The symbolic outputs.
    public var outputs: [SymbolicTensor] { requireGraph("outputs").outputs }

    /// What a layer of the model gives, inside the model. Stops when the layer is not called once, or has several outputs.
    public func output(of layer: Layer) -> SymbolicTensor {
        let graph = requireGraph("output(of:)")
        let nodes = graph.nodes.filter { $0.layer === layer }
        require(
            nodes.count == 1 && nodes.first?.outputCount == 1, name,
            nodes.isEmpty
                ? "Expected a layer of the model. Received: \"\(layer.name)\"."
                : "Expected a layer that is called once and has one output. \"\(layer.name)\" is called \(nodes.count) times and "
                    + "has \(nodes[0].outputCount) outputs: call it again, on the tensors that you mean.")
        return nodes.first?.outputs.first ?? graph.outputs[0]
    }

    /// What the layer of this name gives, inside the model. Stops when there is none, as ``output(of:)-(Layer)`` does.
    public func output(of name: String) -> SymbolicTensor {
        guard let layer = self.layer(name) else {
            stop(self.name, "Expected the name of a layer: \(layers.map(\.name).joined(separator: ", ")). Received: \"\(name)\".")
        }
        return output(of: layer)
    }

    /// Makes a functional model of several inputs and one output.
    public convenience init(inputs: [SymbolicTensor], outputs: SymbolicTensor, name: String? = nil) {
        self.init(inputs: inputs, outputs: [outputs], name: name)
    }

    /// Makes a functional model of one input and several outputs.
    public convenience init(inputs: SymbolicTensor, outputs: [SymbolicTensor], name: String? = nil) {
        self.init(inputs: [inputs], outputs: outputs, name: name)
    }

    private func requireGraph(_ member: String) -> FunctionalGraph {
        guard let graph = symbolicGraph else {
            stop(
                "\(name).\(member)",
                self is Sequential
                    ? "The shape of the data is not known. Start with an InputLayer, or call ensureBuilt(for:) first."
                    : "Only the code of a subclass knows its graph. Use a functional model, or call its layers.")
        }
        return graph
    }
}
