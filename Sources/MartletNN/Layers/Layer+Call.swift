import MartletCore

extension Layer {
    /// Computes the output of one input, building the layer first where needed.
    ///
    /// - Parameters:
    ///   - x: the input, batch axis first.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls, false outside of
    /// any. Stops, naming the layer's path, when the layer cannot take the input.
    public func callAsFunction(_ x: Tensor, training: Bool? = nil) -> Tensor {
        callAsFunction([x], training: training)
    }

    /// Computes the output of several inputs.
    public func callAsFunction(_ inputs: [Tensor], training: Bool? = nil) -> Tensor {
        let outputs = apply(inputs, training: training)
        require(
            outputs.count == 1, "\(name)",
            "The layer has \(outputs.count) outputs; use apply(_:training:) for all of them.")
        return outputs[0]
    }

    /// Computes all outputs of all inputs.
    public func apply(_ inputs: [Tensor], training: Bool? = nil) -> [Tensor] {
        invoke(inputs, training: training) { call($0, in: $1) }
    }

    /// Runs `body`, which computes the outputs in place of `call`, as a call of the layer: for calls that take more than
    /// inputs.
    func invoke(
        _ inputs: [Tensor], training: Bool?, _ body: ([Tensor], CallContext) -> [Tensor]
    ) -> [Tensor] {
        let context = Context.current
        if context.layerPath.isEmpty { clearCallLosses() }
        if !isBuilt {
            do {
                try ensureBuilt(for: inputs.map { PartialShape($0.shape) })
            } catch {
                stop(name, "\(error)")
            }
        }
        let outer = context.isTraining
        let inherited = context.layerPath.isEmpty ? false : outer
        context.isTraining = training ?? inherited
        defer { context.isTraining = outer }
        let outputs = context.inLayer(name) {
            body(castsInputs ? inputs.map(cast) : inputs, CallContext(training: context.isTraining))
        }
        if let activityRegularizer {
            // By the number of samples, so that it weighs the same in batches of any size.
            for output in outputs { addLoss(activityRegularizer(output) / Double(max(1, output.rank > 0 ? output.shape[0] : 1))) }
        }
        return outputs
    }

    /// A floating-point input in the layer's dtype.
    private func cast(_ x: Tensor) -> Tensor {
        x.dtype.isFloatingPoint && x.dtype != dtype && Context.current.castsInputs ? x.cast(to: dtype) : x
    }

    /// Adds the layer to a functional graph: the symbolic output of one symbolic input.
    /// Stops when the layer cannot take it.
    public func callAsFunction(_ x: SymbolicTensor) -> SymbolicTensor { callAsFunction([x]) }

    /// Adds the layer to a functional graph: the symbolic output of several symbolic inputs.
    public func callAsFunction(_ inputs: [SymbolicTensor]) -> SymbolicTensor {
        let outputs = apply(inputs)
        require(
            outputs.count == 1, "\(name)", "The layer has \(outputs.count) outputs; use apply(_:) for all of them.")
        return outputs[0]
    }

    /// Adds the layer to a functional graph: all symbolic outputs.
    public func apply(_ inputs: [SymbolicTensor]) -> [SymbolicTensor] {
        do {
            return try GraphNode.make(layer: self, inputs: inputs).outputs
        } catch {
            stop(name, "\(error)")
        }
    }
}
