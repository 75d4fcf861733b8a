/// A function that Swift code computes in memory, element by element: how layers look strings and integers up, hash and split
/// them. Two are equal when they are the same object.
package final class HostFunction: Sendable {
    /// What it does, for messages.
    let name: String
    /// The outputs' specs for inputs of given specs, or why there are none.
    let outputs: @Sendable ([TensorSpec]) throws(OpFailure) -> [TensorSpec]
    /// Fills the outputs' memory, which is uninitialised.
    let run: @Sendable ([HostArray], [UnsafeMutableRawBufferPointer]) throws(OpFailure) -> Void

    package init(
        _ name: String, outputs: @escaping @Sendable ([TensorSpec]) throws(OpFailure) -> [TensorSpec],
        run: @escaping @Sendable ([HostArray], [UnsafeMutableRawBufferPointer]) throws(OpFailure) -> Void
    ) {
        self.name = name
        self.outputs = outputs
        self.run = run
    }

    /// The result for tensors: at once, or as a step of the function that is being compiled.
    package func callAsFunction(_ inputs: Tensor...) -> Tensor { self(inputs) }
    package func callAsFunction(_ inputs: [Tensor]) -> Tensor { perform(HostCall(function: self), inputs)[0] }
}

/// A tensor's spec and memory.
package struct HostArray {
    package let spec: TensorSpec
    package let bytes: UnsafeRawBufferPointer

    /// The elements.
    package func elements<Element: TensorElement>(_ type: Element.Type = Element.self) -> UnsafeBufferPointer<Element> {
        bytes.assumingMemoryBound(to: type)
    }

    /// The strings of a tensor of strings.
    package var strings: StringArray { StringArray(bytes, width: spec.shape[-1]) }
}

/// A call of a function in Swift. No gradient flows through it.
struct HostCall: KernelOp, NotDifferentiable {
    static let name = "hostCall"
    static let takesStrings = true

    let function: HostFunction

    static func == (a: HostCall, b: HostCall) -> Bool { a.function === b.function }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(function)) }

    static func computeType(for type: DType) -> DType { type }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { try function.outputs(inputs) }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { [function] (memory) throws(OpFailure) in
            let sources = inputs.indices.map { index in
                HostArray(
                    spec: inputs[index],
                    bytes: UnsafeRawBufferPointer(start: memory.input(index), count: inputs[index].byteCount))
            }
            let targets = outputs.indices.map { index in
                UnsafeMutableRawBufferPointer(start: memory.output(index), count: outputs[index].byteCount)
            }
            try function.run(sources, targets)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { context.inputs.map { _ in nil } }

    static var samples: [OpSample] {
        let lengths = HostFunction("lengths") { inputs in
            [TensorSpec(Shape(inputs[0].shape.dimensions.dropLast()), .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].assumingMemoryBound(to: Int.self)
            for (place, string) in inputs[0].strings.enumerated() { target[place] = string.count }
        }
        return [OpSample(HostCall(function: lengths), [Tensor(strings: ["fig", "", "pear"])], label: "lengths")]
    }
}

extension OpRegistry {
    static let host: [any Op.Type] = [HostCall.self]
}
