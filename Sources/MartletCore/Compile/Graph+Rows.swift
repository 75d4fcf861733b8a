extension Graph {
    /// The same graph in which formulas read the gradients of tables as rows and their places: no array as large as the table
    /// is cleared, added to and read for the sake of some rows.
    ///
    /// A `ScatterAdd` goes where all that read it are formulas over the table. An update whose elements can be at rest
    /// passes those by.
    func withRowsRead() -> Graph {
        var readers = [[Int]](repeating: [], count: specs.count)
        for (index, node) in nodes.enumerated() { for input in node.inputs { readers[input].append(index) } }
        let kept = Set(results + updates.map(\.value))
        let takesRows = nodes.map(takesRows)
        let tables = Set(specs.indices.filter { value in
            isTableOfRows(value) && !kept.contains(value) && readers[value].allSatisfy { takesRows[$0] }
        })
        if tables.isEmpty { return self }
        var result = self
        for (index, node) in nodes.enumerated() {
            let operands = node.inputs.indices.filter { tables.contains(node.inputs[$0]) }
            if operands.isEmpty { continue }
            let rows = operands.map { nodes[producer(of: node.inputs[$0])!].inputs }
            var inputs = node.inputs
            for (operand, source) in zip(operands, rows) { inputs[operand] = source[0] }
            inputs += rows.map { $0[1] }
            result.replaceNode(index, by: formula(node, rowsIn: operands), inputs)
        }
        return result.pruned()
    }

    /// Whether a value is zeros to which rows are added.
    private func isTableOfRows(_ value: Int) -> Bool {
        specs[value].dtype.isFloatingPoint && producer(of: value, as: ScatterAdd.self)?.op.axis == 0
    }

    /// Whether an op is a formula that can read each table of rows among its inputs as such.
    private func takesRows(_ node: Node) -> Bool {
        let tables = node.inputs.filter(isTableOfRows)
        switch node.op {
        case let op as FusedElementwise:
            let shape = op.outputSpecs[0].shape
            return tables.count <= FusedRows.listLimit && tables.allSatisfy { specs[$0].shape == shape }
                && node.inputs.allSatisfy { specs[$0].shape == shape || specs[$0].shape.elementCount == 1 }
        case let op as FusedRows:
            return tables.count + op.lists.count <= FusedRows.listLimit
        default: return false
        }
    }

    /// A formula over a table some of whose operands are rows, whose places are its last inputs.
    private func formula(_ node: Node, rowsIn operands: [Int]) -> FusedRows {
        if let op = node.op as? FusedRows { return op.reading(rowsIn: operands) }
        guard let op = node.op as? FusedElementwise else { preconditionFailure("not a formula") }
        let shape = op.outputSpecs[0].shape
        let scalars = node.inputs.map { specs[$0].shape != shape }
        let pairs = node.outputs.map { output in
            node.inputs.firstIndex { input in
                guard case .variable(let variable) = sources[input] else { return false }
                return updates.contains { $0.value == output && $0.variable === variable }
            } ?? -1
        }
        let rest = op.code.rest(
            zeros: Set(operands), scalars: Set(scalars.indices.filter { scalars[$0] }), pairs: pairs)
        return FusedRows(
            op.code, shape: shape, scalars: scalars, outputTypes: op.outputSpecs.map(\.dtype), lists: operands,
            pairs: pairs, choice: rest.map { .moving($0) } ?? .all)
    }
}
