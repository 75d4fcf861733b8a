import CKernels

/// A formula on elements, run in one pass: every input is read once and every output written once, tile by tile, on all
/// threads. The bits are those of the same operations run one by one.
///
/// ```swift
/// let program = ElementwiseProgram(computingIn: .float32) { builder in
///     let (x, y, rate) = (builder.input(.float32), builder.input(.float32), builder.scalar(.float32))
///     builder.output(x + y * rate, as: .float32)
/// }
/// ```
package struct ElementwiseProgram: Sendable {
    private let code: [mk_instr]
    private let inputTypes: [UInt8]
    /// The step from element to element of each input: 0 for scalars and constants.
    private let strides: [Int64]
    private let registers: Int
    private let outputRegisters: [UInt16]
    /// The constants of the formula, the last inputs.
    private let constants: [Tensor]
    /// The dtype of each output.
    private let outputTypes: [DType]

    /// Builds a program whose arithmetic is of one type, `float32` or `float64`. Inputs of other types are converted to
    /// it as they are read, outputs as they are written.
    package init(computingIn type: DType, _ body: (Builder) -> Void) {
        let builder = Builder(type)
        body(builder)
        let plan = builder.plan()
        (code, registers, outputRegisters) = (plan.code, plan.registers, plan.outputRegisters)
        inputTypes = (builder.inputs.map(\.type) + builder.constants.map { _ in type }).map(\.rawValue)
        strides = builder.inputs.map { $0.isScalar ? 0 : 1 } + builder.constants.map { _ in 0 }
        constants = builder.constants.map { Tensor($0, dtype: type) }
        outputTypes = builder.outputs.map(\.type)
        withProgram(count: 0) { program in
            if let flaw = mk_ewise_flaw(program) { stop("ElementwiseProgram", String(cString: flaw)) }
        }
    }

    /// Runs the program on tensors of one shape, and on scalars where it has scalar inputs.
    package func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
        let shape = zip(inputs, strides).first { $1 == 1 }?.0.shape ?? []
        let outputs = outputTypes.map { Tensor(uninitialized: TensorSpec(shape, $0)) }
        withExtendedLifetime(inputs) {
            run(count: shape.elementCount, inputs.map(\.pointer), outputs.map(\.mutablePointer))
        }
        return outputs
    }

    /// Replaces the values of `variables`, which are the first inputs and, in the same order, the outputs; in their own
    /// memory where nobody else holds it.
    package func update(_ variables: [Variable], with others: [Tensor]) {
        let count = variables[0].shape.elementCount
        var inputs: [UnsafeRawPointer] = []
        var outputs: [UnsafeMutableRawPointer] = []
        func descend() {
            guard inputs.count < variables.count else {
                run(count: count, inputs + others.map(\.pointer), outputs)
                return
            }
            variables[inputs.count].overwrite { old, new in
                inputs.append(old)
                outputs.append(new)
                descend()
            }
        }
        withExtendedLifetime(others) { descend() }
    }

    private func run(count: Int, _ inputs: [UnsafeRawPointer], _ outputs: [UnsafeMutableRawPointer]) {
        let pointers = (inputs + constants.map(\.pointer)).map { $0 as UnsafeRawPointer? }
        let results = outputs.map { $0 as UnsafeMutableRawPointer? }
        Settings.prepare()
        withExtendedLifetime(constants) {
            withProgram(count: count) { program in
                pointers.withUnsafeBufferPointer { inputs in
                    results.withUnsafeBufferPointer { mk_ewise_run(program, inputs.baseAddress, $0.baseAddress) }
                }
            }
        }
    }

    /// Calls `body` with the program as the kernel takes it, over a vector of `count` elements.
    private func withProgram(count: Int, _ body: (UnsafePointer<mk_ewise>) -> Void) {
        var count = Int64(count)
        withUnsafePointer(to: &count) { dimensions in
            strides.withUnsafeBufferPointer { strides in
                inputTypes.withUnsafeBufferPointer { types in
                    code.withUnsafeBufferPointer { code in
                        outputRegisters.withUnsafeBufferPointer { outputs in
                            var program = mk_ewise(
                                rank: 1, inputs: Int32(types.count), outputs: Int32(outputs.count),
                                registers: Int32(registers), instructions: Int32(code.count), dims: dimensions,
                                strides: strides.baseAddress, input_types: types.baseAddress, code: code.baseAddress,
                                output_registers: outputs.baseAddress)
                            body(&program)
                        }
                    }
                }
            }
        }
    }
}
