import Martlet
import MartletCore

/// Operators that move elements in blocks, and what makes masks and classes of numbers.
extension TensorFlowOperator {
    static func addBlocks(_ table: inout [String: TensorFlowOperator]) {
        table["SpaceToBatchND"] = TensorFlowOperator(value: { call in
            let (x, block, pads) = (try call.tensor(0), try call.integers(1), try call.integers(2))
            let blocks = try call.checkBlocks(x, block, pads)
            let sizes = block.indices.map { x.shape[$0 + 1] + pads[2 * $0] + pads[2 * $0 + 1] }
            guard zip(sizes, block).allSatisfy({ $0 % $1 == 0 }) else {
                throw MartletError("Expected padded sizes for blocks of \(block). Received: \(x.spec), padded by \(pads).")
            }
            return .blocks(TensorFlowBlocked(x: x, block: block, pads: pads, count: blocks))
        })
        table["BatchToSpaceND"] = TensorFlowOperator { call in
            let (block, crops) = (try call.integers(1), try call.integers(2))
            if let whole = try call.blocks(0)?.joined(block, crops) { return [whole] }
            let x = try call.tensor(0)
            let blocks = try call.checkBlocks(x, block, crops)
            let (sizes, spatial) = (x.shape.dimensions, block.indices)
            guard sizes[0] % blocks == 0 else { throw MartletError("Expected \(blocks) parts of a batch. Received: \(x.spec).") }
            let rest = Array(sizes[(block.count + 1)...])
            let whole = spatial.map { saturatedProduct(sizes[$0 + 1], block[$0]) }
            guard spatial.allSatisfy({ crops[2 * $0] + crops[2 * $0 + 1] <= whole[$0] }) else {
                throw MartletError("Expected to cut less than \(whole). Received: \(crops).")
            }
            let batch = sizes[0] / blocks
            let parts = block + [batch] + sizes[1...block.count] + rest
            let order = Blocks.inverseOrder(block.count, rest.count)
            let y = x.reshaped(parts).transposed(permutation: order).reshaped([batch] + whole + rest)
            let cuts = spatial.map { TensorIndex.stride(from: crops[2 * $0], to: whole[$0] - crops[2 * $0 + 1]) }
            return [y.indexed(by: [.stride(from: nil, to: nil)] + cuts)]
        }
        table["MatrixBandPart"] = TensorFlowOperator { call in
            let (x, lower, upper) = (try call.tensor(0, rank: 2...15), try call.integer(1), try call.integer(2))
            let (rows, columns) = (Tensor.range(0..<x.shape[-2]).expandingDims(at: 1), Tensor.range(0..<x.shape[-1]))
            var isKept = Tensor.ones([x.shape[-2], x.shape[-1]], dtype: .bool)
            if lower >= 0 { isKept = isKept.logicalAnd(rows - columns .<= lower) }
            if upper >= 0 { isKept = isKept.logicalAnd(columns - rows .<= upper) }
            return [`where`(isKept, x, .zeros(like: x))]
        }
        table["Roll"] = TensorFlowOperator { call in
            let (x, shifts) = (try call.tensor(0), try call.integers(1))
            let axes = try call.integers(2).map { try call.axis($0, in: x.rank) }
            guard shifts.count == axes.count else {
                throw MartletError("Expected a shift for each axis. Received: \(shifts), \(axes).")
            }
            return [
                zip(shifts, axes).reduce(x) { y, next in
                    y.shape[next.1] > 0 ? y.rolled(shift: next.0 % y.shape[next.1], axis: next.1) : y
                }
            ]
        }
        table["Bucketize"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            guard case .numbers(let boundaries)? = call.node.attribute("boundaries"), boundaries.count < 1 << 16 else {
                throw MartletError("Expected boundaries.")
            }
            // NaN is behind the last boundary, as in TensorFlow.
            let bounds = Tensor(boundaries).cast(to: x.dtype.isFloatingPoint ? x.dtype : .float64)
            let isBefore = x.expandingDims(at: x.rank) .< bounds
            return [isBefore.logicalNot().cast(to: .int32).sum(axes: [-1]).cast(to: .int32)]
        }
    }
}

/// The blocks that a batch was cut into, and a convolution of them. Cut, convolved and joined again is a dilated convolution, as
/// TensorFlow writes those for which it has no kernel: then the whole is convolved, and nothing is cut.
struct TensorFlowBlocked {
    let x: Tensor
    let block: [Int]
    let pads: [Int]
    /// How many parts a sample has.
    let count: Int
    private var kernel: Tensor?
    private var isDepthwise = false
    /// Whether there is an axis of one element before the one that has blocks.
    private var isWide = false

    init(x: Tensor, block: [Int], pads: [Int], count: Int) { (self.x, self.block, self.pads, self.count) = (x, block, pads, count) }

    /// Lines as images of one line, or the other way round; nil where it is another axis.
    func widened(at axis: Int) -> TensorFlowBlocked? {
        guard block.count == 1, x.rank == 3, !isWide, kernel == nil, axis == 1 || axis == -3 else { return nil }
        var blocks = self
        blocks.isWide = true
        return blocks
    }

    func narrowed(axes: [Int]) -> TensorFlowBlocked? {
        guard isWide, axes == [1] || axes == [-3] else { return nil }
        var blocks = self
        blocks.isWide = false
        return blocks
    }

    func convolved(_ kernel: Tensor, isDepthwise: Bool) -> TensorFlowBlocked? {
        guard self.kernel == nil, kernel.rank == (isWide ? x.rank + 1 : x.rank), block.count == x.rank - 2,
            !isWide || kernel.shape[0] == 1, kernel.shape[-2] > 0, x.shape[-1] % kernel.shape[-2] == 0
        else { return nil }
        var blocks = self
        (blocks.kernel, blocks.isDepthwise) = (isWide ? kernel.squeezed(axes: [0]) : kernel, isDepthwise)
        return blocks
    }

    private func convolution(_ x: Tensor, _ kernel: Tensor, _ padding: Padding, _ dilations: [Int]) -> Tensor {
        let strides = dilations.map { _ in 1 }
        if isDepthwise { return depthwiseConv(x, kernel, strides: strides, padding: padding, dilations: dilations) }
        return conv(
            x, kernel, strides: strides, padding: padding, dilations: dilations, groups: max(1, x.shape[-1] / kernel.shape[-2]))
    }

    /// The whole, convolved; nil where that is not one dilated convolution.
    func joined(_ block: [Int], _ crops: [Int]) -> Tensor? {
        guard let kernel, !isWide, block == self.block, crops.count == pads.count else { return nil }
        let padding = zip(pads, crops).map { $0 - $1 }
        guard padding.allSatisfy({ $0 >= 0 }) else { return nil }
        return convolution(x, kernel, .explicit(block.indices.map { (padding[2 * $0], padding[2 * $0 + 1]) }), block)
    }

    /// The blocks, one behind the other.
    func tensor() throws -> Tensor {
        var amounts = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
        for place in block.indices { amounts[place + 1] = (pads[2 * place], pads[2 * place + 1]) }
        let padded = x.padded(amounts)
        let sizes = padded.shape.dimensions
        let rest = Array(sizes[(block.count + 1)...])
        let counts = block.indices.map { sizes[$0 + 1] / block[$0] }
        let parts = [sizes[0]] + zip(counts, block).flatMap { [$0, $1] } + rest
        let shape = [saturatedProduct(sizes[0], count)] + counts + rest
        let cut = padded.reshaped(parts).transposed(permutation: Blocks.order(block.count, rest.count)).reshaped(shape)
        let y = kernel.map { convolution(cut, $0, .valid, block.map { _ in 1 }) } ?? cut
        return isWide ? y.expandingDims(at: 1) : y
    }
}

extension TensorFlowCall {
    /// The blocks that an input is; nil for others.
    func blocks(_ place: Int) throws -> TensorFlowBlocked? {
        guard inputs.indices.contains(place), case .blocks(let blocks) = inputs[place] else { return nil }
        return blocks
    }

    /// - Parameter amounts: what is added or cut before and behind each axis of the blocks.
    /// - Returns: the number of parts that a block makes of a batch.
    fileprivate func checkBlocks(_ x: Tensor, _ block: [Int], _ amounts: [Int]) throws -> Int {
        let limit = 1 << 24
        guard !block.isEmpty, block.count < x.rank, x.rank + block.count < Shape.maximumRank, amounts.count == 2 * block.count,
            block.allSatisfy({ (1...limit).contains($0) }), amounts.allSatisfy({ (0...limit).contains($0) })
        else {
            throw MartletError(
                "Expected blocks of 1 or more along axes behind the first, and two numbers of 0 or more for each. "
                    + "Received: \(x.spec), \(block), \(amounts).")
        }
        let count = block.reduce(1, saturatedProduct)
        guard count <= limit else { throw MartletError("Expected blocks of at most \(limit) elements. Received: \(block).") }
        return count
    }
}
