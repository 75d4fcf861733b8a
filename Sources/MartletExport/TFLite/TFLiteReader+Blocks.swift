import Martlet
import MartletCore

/// Operators that move elements in blocks, or repeat them.
extension TFLiteReader {
    private static let largestBlock = 1 << 20

    /// The sizes of blocks along the axes behind the first, and what is added or cut before and behind each.
    private func blocks(_ step: Step, _ input: [ExportGraph.Dimension]) throws -> (block: [Int], amounts: [Int], count: Int) {
        guard step.inputs.count == 3 else { throw malformed("Expected an operand, blocks and amounts.", step) }
        let (block, amounts) = (try integers(step.inputs[1], "the blocks"), try integers(step.inputs[2], "the amounts"))
        let limit = Self.largestBlock
        let count = block.reduce(1, saturatedProduct)
        guard !block.isEmpty, block.count < input.count, input.count + block.count < Shape.maximumRank,
            amounts.count == 2 * block.count, block.allSatisfy({ (1...limit).contains($0) }), count <= limit,
            amounts.allSatisfy({ (0...limit).contains($0) }), input[1...block.count].allSatisfy({ $0.size != nil })
        else {
            throw malformed(
                "Expected blocks along known axes behind the first, and two numbers of 0 or more for each. Received: \(input), "
                    + "\(block), \(amounts).", step)
        }
        return (block, amounts, count)
    }

    private mutating func part(
        _ operation: Operation, _ x: Int, _ shape: [ExportGraph.Dimension]
    ) -> Int {
        graph.add(operation, [x], graph.values[x].dtype, shape, layer: "operator \(place)")
    }

    private func sizes(_ numbers: [Int]) -> [ExportGraph.Dimension] { numbers.map { .init($0) } }

    mutating func readSpaceToBatch(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        let (block, pads, count) = try blocks(step, input)
        let spatial = block.indices
        let padded = spatial.map { input[$0 + 1].fixed + pads[2 * $0] + pads[2 * $0 + 1] }
        guard spatial.allSatisfy({ padded[$0] % block[$0] == 0 }) else {
            throw malformed("Expected padded sizes for blocks of \(block). Received: \(padded).", step)
        }
        let rest = Array(input[(block.count + 1)...])
        var y = x
        if pads.contains(where: { $0 > 0 }) {
            func all(_ first: Int) -> [Int] { [0] + spatial.map { pads[2 * $0 + first] } + rest.map { _ in 0 } }
            y = part(.pad(before: all(0), after: all(1), value: 0), x, [input[0]] + sizes(padded) + rest)
        }
        let counts = zip(padded, block).map { $0 / $1 }
        let parts = [input[0]] + sizes(zip(counts, block).flatMap { [$0, $1] }) + rest
        y = part(.reshape, y, parts)
        let order = Blocks.order(block.count, rest.count)
        y = part(.transpose(order), y, order.map { parts[$0] })
        let batch = ExportGraph.Dimension(input[0].fixed * count, perSample: input[0].perSample * count)
        try add(.reshape, [y], step, [batch] + sizes(counts) + rest)
    }

    mutating func readBatchToSpace(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        let (block, crops, count) = try blocks(step, input)
        let (spatial, rest) = (block.indices, Array(input[(block.count + 1)...]))
        let whole = spatial.map { input[$0 + 1].fixed * block[$0] }
        guard input[0].fixed % count == 0, input[0].perSample % count == 0,
            spatial.allSatisfy({ crops[2 * $0] + crops[2 * $0 + 1] <= whole[$0] })
        else { throw malformed("Expected \(count) parts of a batch, and to cut less than \(whole). Received: \(crops).", step) }
        let batch = ExportGraph.Dimension(input[0].fixed / count, perSample: input[0].perSample / count)
        let parts = sizes(block) + [batch] + input[1...]
        var y = part(.reshape, x, parts)
        let order = Blocks.inverseOrder(block.count, rest.count)
        y = part(.transpose(order), y, order.map { parts[$0] })
        let joined = [batch] + sizes(whole) + rest
        guard crops.contains(where: { $0 > 0 }) else { return try add(.reshape, [y], step, joined) }
        y = part(.reshape, y, joined)
        let begin = [0] + spatial.map { crops[2 * $0] } + rest.map { _ in 0 }
        let kept = spatial.map { whole[$0] - crops[2 * $0] - crops[2 * $0 + 1] }
        try add(.slice(begin: begin, step: begin.map { _ in 1 }), [y], step, [batch] + sizes(kept) + rest)
    }

    mutating func readTile(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        guard step.inputs.count == 2 else { throw malformed("Expected an operand and a count for each axis.", step) }
        let counts = try integers(step.inputs[1], "the counts")
        let repeated = counts.indices.filter { counts[$0] != 1 }
        guard counts.count == input.count, counts.allSatisfy({ (0...Self.largestBlock).contains($0) }),
            input.count + repeated.count < Shape.maximumRank
        else { throw malformed("Expected a count for each axis. Received: \(counts).", step) }
        /// The shape with an axis more before each that is repeated.
        func spread(_ size: (Int) -> Int) -> [ExportGraph.Dimension] {
            input.indices.flatMap { repeated.contains($0) ? [.init(size($0)), input[$0]] : [input[$0]] }
        }
        let y = part(.broadcast, part(.reshape, x, spread { _ in 1 }), spread { counts[$0] })
        let whole = zip(input, counts).map { ExportGraph.Dimension($0.fixed * $1, perSample: $0.perSample * $1) }
        try add(.reshape, [y], step, whole)
    }

    mutating func readBucketize(_ step: Step, _ x: Int) throws {
        let boundaries = try step.options?.floats(0) ?? []
        guard boundaries.count < 1 << 16, shape(x).count < Shape.maximumRank else {
            throw malformed("Expected boundaries.", step)
        }
        let (input, layer) = (shape(x), "operator \(place)")
        var numbers = x
        if graph.values[x].dtype != .float32 { numbers = graph.add(.cast, [x], .float32, input, layer: layer) }
        let bounds = graph.addConstant(Tensor(boundaries), "boundaries")
        let spread = input + [.init(boundaries.count)]
        let rows = graph.add(.reshape, [numbers], .float32, input + [.init(1)], layer: layer)
        let isBefore = graph.add(.binary(.less), [rows, bounds], .bool, spread, layer: layer)
        // NaN is behind the last boundary, as in LiteRT.
        let isBehind = graph.add(.unary(.logicalNot), [isBefore], .bool, spread, layer: layer)
        let ones = graph.add(.cast, [isBehind], .int32, spread, layer: layer)
        try add(.reduce(.sum, axes: [input.count], keepDims: false), [ones], step, input)
    }
}
