/// An op whose kernel is Swift code of your own, with its shape rule and its gradient.
///
/// It runs eagerly, and as a step of compiled functions and models, with the rights of the ops that Martlet comes with. An op
/// that others can express is better written with them: those fuse, run on all cores and have gradients. Make it once, as a
/// constant: two are equal when they are the same object. `float16` and `bfloat16` inputs arrive as `float32`, and floating-point
/// outputs are then rounded to the inputs' dtype, as for other ops.
///
/// ```swift
/// let cube = CustomOp("cube") { inputs in
///     guard inputs[0].dtype == .float64 else { throw MartletError("Expected float64. Received: \(inputs[0].dtype).") }
///     return [inputs[0]]
/// } run: { inputs, outputs in
///     let (x, y) = (inputs[0].elements(Double.self), outputs[0].elements(Double.self))
///     for i in x.indices { y[i] = x[i] * x[i] * x[i] }
/// } gradient: { inputs, _, upstream in
///     [3 * inputs[0].square() * upstream[0]]
/// }
/// let y = cube(Tensor([1, 2, 3], dtype: .float64))
/// ```
///
/// Sources: PyTorch's `torch.library.custom_op`, JAX's `jax.pure_callback` with `jax.custom_vjp`.
public final class CustomOp: Sendable {
    /// The gradient of each input, nil for none, from the inputs, the outputs and the gradients of the outputs.
    public typealias Gradient =
        @Sendable (_ inputs: [Tensor], _ outputs: [Tensor], _ upstream: [Tensor]) -> [Tensor?]

    /// The name in messages, profiles and graphs.
    public let name: String
    let outputCount: Int
    let outputs: @Sendable ([TensorSpec]) throws -> [TensorSpec]
    let run: @Sendable ([OpInput], [OpOutput]) throws -> Void
    let gradient: Gradient?
    /// The op written with others, for exports; nil where nothing else can express it.
    let formula: (@Sendable ([Tensor]) -> [Tensor]?)?

    /// Makes an op.
    ///
    /// - Parameters:
    ///   - name: the name in messages, profiles and graphs.
    ///   - outputCount: the number of outputs.
    ///   - outputs: the shapes and dtypes of the outputs for those of the inputs. It throws when there are none: the
    ///     message becomes the error of the call.
    ///   - run: fills the outputs' memory, which is uninitialised. It must be a function of the inputs alone, may run on any
    ///     thread, and on several at once. It throws for bad values.
    ///   - gradient: the gradient of each input, nil for none, written with tensors so that it has a gradient itself. `upstream`
    ///     holds the gradient of each output, zeros where none flows. Without it no gradient flows through the op.
    public convenience init(
        _ name: String, outputCount: Int = 1, outputs: @escaping @Sendable ([TensorSpec]) throws -> [TensorSpec],
        run: @escaping @Sendable (_ inputs: [OpInput], _ outputs: [OpOutput]) throws -> Void, gradient: Gradient? = nil
    ) {
        self.init(name, outputCount: outputCount, formula: nil, outputs: outputs, run: run, gradient: gradient)
    }

    /// Makes an op that others can express, at a higher price.
    package init(
        _ name: String, outputCount: Int = 1, formula: (@Sendable ([Tensor]) -> [Tensor]?)?,
        outputs: @escaping @Sendable ([TensorSpec]) throws -> [TensorSpec],
        run: @escaping @Sendable (_ inputs: [OpInput], _ outputs: [OpOutput]) throws -> Void, gradient: Gradient? = nil
    ) {
        require(outputCount > 0, "CustomOp", "Expected at least one output. Received: \(outputCount).")
        self.name = name
        self.outputCount = outputCount
        self.outputs = outputs
        self.run = run
        self.gradient = gradient
        self.formula = formula
    }

    /// The outputs for tensors: at once, or as a step of the function that is being compiled. Wrong inputs stop the program with
    /// what the op threw; within `withErrors` and while a model is checked or runs, it is thrown.
    public func callAsFunction(_ inputs: [Tensor]) -> [Tensor] { perform(CustomCall(of: self), inputs) }

    /// The first output.
    public func callAsFunction(_ inputs: Tensor...) -> Tensor { self(inputs)[0] }
}

/// What the kernel of a `CustomOp` reads: an input's shape, dtype and memory.
public struct OpInput {
    /// Shape and dtype. Of strings the last axis is that of their bytes.
    public let spec: TensorSpec
    /// The memory, row-major. It must not be used after the kernel has returned.
    public let bytes: UnsafeRawBufferPointer

    /// The elements.
    /// - Parameter type: the element's type, which must be that of the dtype.
    public func elements<Element: TensorElement>(_ type: Element.Type = Element.self) -> UnsafeBufferPointer<Element> {
        checkElement(type, of: spec)
        return bytes.assumingMemoryBound(to: type)
    }

    /// The strings of a tensor of strings, as bytes.
    package var strings: StringArray { StringArray(bytes, width: spec.shape[-1]) }
}

/// What the kernel of a `CustomOp` fills: an output's shape, dtype and memory.
public struct OpOutput {
    /// Shape and dtype.
    public let spec: TensorSpec
    /// The memory, row-major and uninitialised. It must not be used after the kernel has returned.
    public let bytes: UnsafeMutableRawBufferPointer

    /// The elements.
    /// - Parameter type: the element's type, which must be that of the dtype.
    public func elements<Element: TensorElement>(
        _ type: Element.Type = Element.self
    ) -> UnsafeMutableBufferPointer<Element> {
        checkElement(type, of: spec)
        return bytes.assumingMemoryBound(to: type)
    }
}

private func checkElement<Element: TensorElement>(_ type: Element.Type, of spec: TensorSpec) {
    require(
        Element.dtype == spec.dtype, "elements", "Expected the type of elements of \(spec.dtype). Received: \(Element.self).")
}

/// A call of a `CustomOp`.
struct CustomCall: KernelOp {
    static let name = "custom"
    static let takesStrings = true

    let function: CustomOp
    var outputCount: Int { function.outputCount }

    init(of function: CustomOp) { self.function = function }

    static func == (a: CustomCall, b: CustomCall) -> Bool { a.function === b.function }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(function)) }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let outputs = try naming { try function.outputs(inputs) }
        guard outputs.count == outputCount else {
            throw OpFailure("\(function.name): Expected \(outputCount) outputs, as it was made for. Received: \(outputs.count).")
        }
        return outputs
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? { function.formula?(inputs) }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { (memory) throws(OpFailure) in
            let sources = inputs.indices.map { index in
                OpInput(
                    spec: inputs[index],
                    bytes: UnsafeRawBufferPointer(start: memory.input(index), count: inputs[index].byteCount))
            }
            let targets = outputs.indices.map { index in
                OpOutput(
                    spec: outputs[index],
                    bytes: UnsafeMutableRawBufferPointer(start: memory.output(index), count: outputs[index].byteCount))
            }
            try naming { try function.run(sources, targets) }
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        guard let gradient = function.gradient else { return context.inputs.map { _ in nil } }
        let upstream = context.outputs.indices.map(context.gradient(ofOutput:))
        let gradients = gradient(context.inputs, context.outputs, upstream)
        require(
            gradients.count == context.inputs.count, function.name,
            "Expected a gradient, or nil, for each of \(context.inputs.count) inputs. Received: \(gradients.count).")
        return gradients
    }

    /// What the op's own code throws, with its name.
    private func naming<Result>(_ body: () throws -> Result) throws(OpFailure) -> Result {
        do { return try body() } catch {
            let message = (error as? OpFailure)?.message ?? "\(error)"
            throw OpFailure("\(function.name): \(message)")
        }
    }

    static var samples: [OpSample] {
        let lengths = CustomOp("lengths") { inputs in
            [TensorSpec(Shape(inputs[0].shape.dimensions.dropLast()), .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].elements(Int.self)
            for (place, string) in inputs[0].strings.enumerated() { target[place] = string.count }
        }
        let norms = CustomOp("norms", outputCount: 2) { inputs in
            [TensorSpec([], inputs[0].dtype), inputs[0]]
        } run: { inputs, outputs in
            func run<Element: TensorElement & BinaryFloatingPoint>(_ type: Element.Type) {
                let (x, square) = (inputs[0].elements(type), outputs[1].elements(type))
                for i in x.indices { square[i] = x[i] * x[i] }
                outputs[0].elements(type)[0] = square.reduce(0, +)
            }
            switch inputs[0].spec.dtype {
            case .float64: run(Double.self)
            case .float32: run(Float.self)
            default: throw OpFailure("Expected float32 or float64. Received: \(inputs[0].spec.dtype).")
            }
        } gradient: { inputs, _, upstream in
            [2 * inputs[0] * (upstream[0] + upstream[1])]
        }
        return [
            OpSample(CustomCall(of: lengths), [Tensor(strings: ["fig", "", "pear"])], label: "lengths"),
            OpSample(CustomCall(of: norms), [SampleInput.distinct([2, 3])], label: "two outputs"),
        ]
    }
}

extension OpRegistry {
    static let custom: [any Op.Type] = [CustomCall.self]
}

extension CustomOp: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "CustomOp(\(name.debugDescription))" }
    public var debugDescription: String { description }
}
