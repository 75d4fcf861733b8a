import CKernels

/// A formula of elementwise ops over a table of which ops have met some rows only: an optimizer's update of an embedding. The
/// gradient of the table is given as rows and their places, and never is an array. Like `FusedElementwise` it has no
/// gradient.
///
/// The operands are the formula's, one that is made of rows standing in the place of zeros to which they are added, and then
/// the rows' numbers, a tensor of indices for each of `lists`.
struct FusedRows: KernelOp, MovingOp, NotDifferentiable {
    static let name = "fusedRows"

    /// Which rows the formula runs over.
    enum Choice: Hashable {
        case all
        /// Those that are listed; the others keep what they have.
        case listed
        /// All but those that a formula at rest gives back as they were.
        case moving(ElementwiseCode.Rest)
    }

    let code: ElementwiseCode
    /// The table's, and the shape of every output.
    let shape: Shape
    let outputTypes: [DType]
    /// For each list of indices the formula's operand that is made of rows; -1 for a list that only says which rows count.
    let lists: [Int]
    /// The operand that each output is the next value of; -1 for none.
    let pairs: [Int]
    let choice: Choice
    private let scalars: [Bool]
    private let dimensions: [Int64]
    /// Of each operand of the formula: 0 for one number for all elements, else 1.
    private let strides: [Int64]

    /// - Parameter scalars: whether each operand of the formula is one number for all elements.
    init(
        _ code: ElementwiseCode, shape: Shape, scalars: [Bool], outputTypes: [DType], lists: [Int], pairs: [Int],
        choice: Choice
    ) {
        self.code = code
        self.shape = shape
        self.outputTypes = outputTypes
        self.lists = lists
        self.pairs = pairs
        self.choice = choice
        self.scalars = scalars
        dimensions = [Int64(shape.elementCount)]
        strides = scalars.map { $0 ? 0 : 1 }
    }

    /// How many lists of indices there may be.
    static let listLimit = Int(MK_ROWS_MAX_LISTS)

    /// The same formula with some more operands made of rows, whose places are further operands.
    func reading(rowsIn operands: [Int]) -> FusedRows {
        FusedRows(
            code, shape: shape, scalars: scalars, outputTypes: outputTypes, lists: lists + operands, pairs: pairs,
            choice: choice)
    }

    /// Whether an operand is read where results are written, or before: one that holds elements of the table.
    func mayOverwrite(_ operand: Int) -> Bool { operand < strides.count && !lists.contains(operand) }

    var outputCount: Int { outputTypes.count }

    func outputs(for inputs: [TensorSpec]) -> [TensorSpec] { outputTypes.map { TensorSpec(shape, $0) } }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (indices, size) = (Array(inputs[strides.count...]), shape[0])
        return Kernel { [self] (memory) throws(OpFailure) in
            let bad = run(memory, indices)
            guard bad.list >= 0 else { return }
            let list = Int(bad.list)
            try Indices.check(bad.place, of: indices[list], memory.input(strides.count + list), size: size, axis: 0)
        }
    }

    /// Runs the formula on operands, the indices behind them, and results.
    func run(_ memory: KernelMemory, _ indices: [TensorSpec]) -> mk_bad_row {
        var bad = mk_bad_row(list: -1, place: -1)
        withUnsafeTemporaryAllocation(of: mk_row_list.self, capacity: lists.count) { given in
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: pairs.count) { followed in
                for (number, index) in indices.enumerated() {
                    given.initializeElement(
                        at: number,
                        to: mk_row_list(
                            dtype: index.dtype.c, index: memory.input(strides.count + number),
                            count: Int64(index.shape.elementCount), input: Int32(lists[number])))
                }
                for number in pairs.indices { followed.initializeElement(at: number, to: Int8(pairs[number])) }
                code.withProgram(dimensions: dimensions, strides: strides) {
                    var rows = mk_rows(
                        program: $0, n: Int64(shape[0]), inner: Int64(shape.inner(0)), lists: Int32(lists.count),
                        list: given.baseAddress, choice: MK_ROWS_ALL, still: 0, kept: 0, pairs: followed.baseAddress)
                    switch choice {
                    case .all: break
                    case .listed: rows.choice = MK_ROWS_LISTED
                    case .moving(let rest):
                        (rows.choice, rows.still, rows.kept) = (MK_ROWS_MOVING, rest.still, rest.kept)
                    }
                    bad = mk_rows_run(&rows, memory.inputs, memory.outputs)
                }
            }
        }
        return bad
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { code.operations * elements(inputs) }

    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        var perElement = outputs.reduce(0) { $0 + $1.dtype.byteCount }
        var rest = 0
        for (operand, spec) in inputs.enumerated() {
            if mayOverwrite(operand), strides[operand] == 1 { perElement += spec.dtype.byteCount } else { rest += spec.byteCount }
        }
        return perElement * elements(inputs) + rest
    }

    /// The elements of the rows that are listed, or of all.
    private func elements(_ inputs: [TensorSpec]) -> Int {
        let all = shape.elementCount
        switch choice {
        case .all: return all
        case .moving(let rest) where rest.still != 0: return all
        case .moving, .listed:
            return min(all, inputs[strides.count...].reduce(0) { $0 + $1.shape.elementCount } * shape.inner(0))
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { context.inputs.map { _ in nil } }

    static var samples: [OpSample] { [] }
}
