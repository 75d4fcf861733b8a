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
    private let code: ElementwiseCode
    /// The step from element to element of each input: 0 for scalars and constants.
    private let strides: [Int64]
    /// The constants of the formula, the last inputs.
    private let constants: [Tensor]
    /// The dtype of each output.
    private let outputTypes: [DType]

    /// Builds a program whose arithmetic is of one type, `float32` or `float64`. Inputs of other types are converted to
    /// it as they are read, outputs as they are written.
    package init(computingIn type: DType, _ body: (Builder) -> Void) {
        let builder = Builder(type)
        body(builder)
        code = builder.code()
        strides = builder.inputs.map { $0.isScalar ? 0 : 1 } + builder.constants.map { _ in 0 }
        constants = builder.constants.map { Tensor($0, dtype: type) }
        outputTypes = builder.outputs.map(\.type)
    }

    /// Runs the program on tensors of one shape, and on scalars where it has scalar inputs.
    package func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
        let shape = zip(inputs, strides).first { $1 == 1 }?.0.shape ?? []
        let operands = inputs + constants
        return perform(
            FusedElementwise(code, shape: shape, inputs: operands.map(\.shape), outputTypes: outputTypes), operands)
    }

    /// Replaces the values of `variables`, which are the first inputs and, in the same order, the outputs; in their own
    /// memory where nobody else holds it.
    /// - Parameter rows: indices of the rows to change, along the first axis; nil for all.
    package func update(_ variables: [Variable], with others: [Tensor], rows: [Tensor]? = nil) {
        // The gradient may take one more list.
        let rows = rows.map { $0.count < FusedRows.listLimit ? $0 : [.concatenate($0.map(\.allIndices))] }
        let op = rows.map { changing($0.count, of: variables) }
        if Context.current.trace != nil {
            let operands = variables.map(\.storedValue) + others
            let results = op.map { perform($0, operands + constants + rows!) } ?? self(operands)
            for (variable, result) in zip(variables, results) { variable.assign(result) }
            return
        }
        let context = Context.current
        if context.hasFailed { return }
        guard let numerics = context.numerics else { return change(variables, others, op, rows) }
        numerics.noting(variables, others) { change(variables, others, op, rows) }
    }

    private func change(_ variables: [Variable], _ others: [Tensor], _ op: FusedRows?, _ rows: [Tensor]?) {
        let count = variables[0].shape.elementCount
        let places = Variable.lend(variables)
        defer { for variable in variables { variable.settle() } }
        let inputs = places.map { UnsafeRawPointer($0.old) } + others.map(\.pointer)
        withExtendedLifetime(others) {
            run(inputs, places.map(\.new), indices: rows ?? []) { memory in
                if let op {
                    let bad = op.run(memory, rows!.map(\.spec))
                    precondition(bad.list < 0, "a row that was read does not exist")
                } else {
                    code.withProgram(dimensions: [Int64(count)], strides: strides) {
                        mk_ewise_run($0, memory.inputs, memory.outputs)
                    }
                }
            }
        }
    }

    /// The op that changes the rows of some lists.
    private func changing(_ lists: Int, of variables: [Variable]) -> FusedRows {
        FusedRows(
            code, shape: variables[0].shape, scalars: strides.map { $0 == 0 }, outputTypes: outputTypes,
            lists: Array(repeating: -1, count: lists), pairs: Array(variables.indices), choice: .listed)
    }

    private func run(
        _ inputs: [UnsafeRawPointer], _ outputs: [UnsafeMutableRawPointer], indices: [Tensor],
        _ body: (KernelMemory) -> Void
    ) {
        let pointers = (inputs + (constants + indices).map(\.pointer)).map { $0 as UnsafeRawPointer? }
        let results = outputs.map { $0 as UnsafeMutableRawPointer? }
        Settings.prepare()
        withExtendedLifetime((constants, indices)) {
            pointers.withUnsafeBufferPointer { inputs in
                results.withUnsafeBufferPointer { outputs in
                    inKernelMode { body(KernelMemory(inputs.baseAddress!, outputs.baseAddress!)) }
                }
            }
        }
    }
}
