import MartletCore

extension Layer {
    /// Computes the output of one input, building the layer first where needed; of a symbolic input, adds the call to its
    /// functional graph.
    ///
    /// - Parameters:
    ///   - x: the input, batch axis first.
    ///   - mask: which of the input's entries count, in place of the mask that it carries.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls, false outside of
    ///     any.
    /// Stops, naming the layer's path, when the layer cannot take the input.
    public func callAsFunction<Value: LayerValue>(_ x: Value, mask: Value? = nil, training: Bool? = nil) -> Value {
        callAsFunction([x], masks: mask.map { [$0] } ?? [], training: training)
    }

    /// Computes the output of several inputs.
    public func callAsFunction<Value: LayerValue>(
        _ inputs: [Value], masks: [Value?] = [], training: Bool? = nil
    ) -> Value {
        onlyOutput(apply(LayerCall(inputs, masks: masks, training: training)))
    }

    /// Computes all outputs of all inputs.
    public func apply<Value: LayerValue>(_ inputs: [Value], training: Bool? = nil) -> [Value] {
        apply(LayerCall(inputs, training: training))
    }

    /// Computes all outputs of a call, with everything that Keras's `call` takes.
    public func apply<Value: LayerValue>(_ call: LayerCall<Value>) -> [Value] { Value.outputs(of: self, call) }

    func onlyOutput<Value>(_ outputs: [Value]) -> Value {
        require(
            outputs.count == 1, "\(name)",
            "The layer has \(outputs.count) outputs; use apply(_:training:) for all of them.")
        return outputs[0]
    }

    /// Computes the outputs of tensors, with their masks.
    func run(_ layerCall: LayerCall<Tensor>) -> [Tensor] {
        let inputs = layerCall.inputs
        let context = Context.current
        guard !context.hasFailed, require(!inputs.isEmpty, name, "Expected at least one input. Received: none.") else {
            return Self.substitutes(for: inputs)
        }
        let isOutermost = context.layerPath.isEmpty
        context.trace?.depends(on: self)
        if isOutermost {
            context.hasCalledLayers = true
            clearCallLosses()
        }
        do {
            if !isBuilt { try ensureBuilt(for: inputs.map { PartialShape(of: $0) }) }
            // Where failures are thrown, the shape rule says best what does not fit. A model leaves that to its layers.
            if context.failsSoftly, !(self is Model) {
                _ = try checkedOutputShapes(of: layerCall.map { PartialShape(of: $0) })
            }
        } catch {
            Argument.note(error)
            return Self.substitutes(for: inputs)
        }
        let outer = context.isTraining
        context.isTraining = layerCall.training ?? (isOutermost ? nil : outer)
        defer {
            context.isTraining = outer
            if isOutermost { context.unmasked = [] }
        }
        var arguments = CallContext(training: context.isTraining ?? trainsByDefault)
        arguments.attentionMask = layerCall.attentionMask
        arguments.useCausalMask = layerCall.useCausalMask
        arguments.returnAttentionScores = layerCall.returnAttentionScores
        arguments.reverse = layerCall.reverse
        let masks = Self.masks(of: layerCall, in: context)
        arguments.masks = seesCarriedMasks(of: inputs) ? masks : layerCall.masks
        let taken = castsInputs ? inputs.map(cast) : inputs
        return context.inLayer(name) {
            computing {
                if !takesStrings, let strings = inputs.first(where: { $0.dtype == .string }) {
                    fail(className, Self.stringsMessage + " Received: strings of shape \(strings.stringShape).")
                }
                if takesMasksOff { context.unmasked += taken.filter { context.mask(of: $0) != nil } }
                var outputs = call(taken, in: arguments)
                if context.hasFailed { return outputs }
                if !context.unmasked.isEmpty { outputs = outputs.map { $0.withMask(context.mask(of: $0)) } }
                addActivityPenalties(outputs)
                let outputMasks = computeMasks(taken, masks: masks)
                return outputMasks.isEmpty ? outputs : Self.masking(outputs, outputMasks, inputs: taken)
            }
        }
    }

    /// What stands for the outputs after a failure: more than any layer has, as what called it may take several.
    private static func substitutes(for inputs: [Tensor]) -> [Tensor] {
        [Tensor](repeating: inputs.first.map { .substitute($0.spec) } ?? .nothing, count: 16)
    }

    /// By the number of samples, so that penalties weigh the same in batches of any size.
    private func addActivityPenalties(_ outputs: [Tensor]) {
        guard let activityRegularizer else { return }
        Context.current.trace?.depends(onPart: activityRegularizer)
        for output in outputs {
            let count = output.rank > 0 ? max(1, output.shape[0]) : 1
            addLoss(activityRegularizer(output) / Double(count))
        }
    }

    /// The masks of a call's inputs: those given, else those carried; empty when there are none.
    private static func masks(of call: LayerCall<Tensor>, in context: Context) -> [Tensor?] {
        let (inputs, given) = (call.inputs, call.masks)
        guard given.contains(where: { $0 != nil }) || inputs.contains(where: { context.mask(of: $0) != nil })
        else { return [] }
        return inputs.enumerated().map { index, input in
            (given.indices.contains(index) ? given[index] : nil) ?? context.mask(of: input)
        }
    }

    /// The outputs with masks, unless `call` gave them some.
    private static func masking(_ outputs: [Tensor], _ masks: [Tensor?], inputs: [Tensor]) -> [Tensor] {
        outputs.enumerated().map { index, output in
            guard output.mask == nil, masks.indices.contains(index), let mask = masks[index] else { return output }
            // An input that is returned as it came in belongs to others too.
            if inputs.contains(where: { $0.id == output.id }) { return output.withMask(mask) }
            output.noteMask(mask)
            return output
        }
    }

    /// A floating-point tensor in the dtype in which the layer computes.
    func cast(_ x: Tensor) -> Tensor {
        x.dtype.isFloatingPoint && x.dtype != computeDType && Context.current.castsInputs ? x.cast(to: computeDType) : x
    }

    /// A tensor in the dtype in which what needs more than 16 bits computes: `float32`, or a wider one that it has.
    func widened(_ x: Tensor) -> Tensor { x.cast(to: .promoted(x.dtype, .float32)) }

    /// Runs `body`, a part of the layer's `call`: variables that it reads come in the dtype in which the layer computes.
    func computing<R>(_ body: () throws -> R) rethrows -> R {
        let context = Context.current
        let outer = context.autocastType
        // As in Keras: a layer whose weights have the dtype in which it computes leaves variables as they are, unless the layer
        // around it casts them to another one.
        let casts = autocasts && context.castsInputs && computeDType.isFloatingPoint && (outer != nil || dtypePolicy.isMixed)
        context.autocastType = casts ? computeDType : nil
        defer { context.autocastType = outer }
        return try body()
    }
}

extension [Tensor] {
    /// The tensors with the masks that are not nil.
    func withMasks(_ masks: [Tensor?]) -> [Tensor] {
        masks.isEmpty ? self : zip(self, masks).map { x, mask in mask.map { x.withMask($0) } ?? x }
    }
}
