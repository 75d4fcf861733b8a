import Martlet
import MartletCore

/// Operators that others stand for.
extension TFLiteReader {
    /// An operation on one value of the step, with the value's shape.
    mutating func add(_ operation: Operation, _ inputs: [Int], like value: Int) -> Int {
        graph.add(operation, inputs, graph.values[value].dtype, shape(value), layer: "operator \(place)")
    }

    /// `relu(x)` plus what `body` makes of `min(x, 0)`.
    mutating func readBelowZero(
        _ step: Step, _ x: Int, _ body: (inout TFLiteReader, Int) -> Int
    ) throws {
        let zero = graph.addConstant(Tensor(Float(0)), "zero")
        let below = add(.binary(.minimum), [x, zero], like: x)
        let (positive, negative) = (add(.unary(.relu), [x], like: x), body(&self, below))
        try add(.binary(.add), [positive, negative], step, shape(x))
    }

    /// Tensors along a new axis.
    mutating func readPack(_ step: Step) throws {
        let parts = try step.inputs.map { try value($0) }
        let first = shape(parts[0])
        let place = try step.integer(1)
        let axis = place < 0 ? place + first.count + 1 : place
        guard (0...first.count).contains(axis), parts.allSatisfy({ shape($0) == first }) else {
            throw malformed("Expected tensors of one shape, and an axis of the result.", step)
        }
        var one = first
        one.insert(.init(1), at: axis)
        let rows = parts.map { graph.add(.reshape, [$0], graph.values[$0].dtype, one, layer: "operator \(self.place)") }
        one[axis] = .init(parts.count)
        try add(.concatenate(axis: axis), rows, step, one)
    }

    /// Elements chosen along each axis that is longer than before.
    mutating func readMirrorPad(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        guard step.inputs.count > 1 else { throw malformed("Expected the padding.", step) }
        let pads = try integers(step.inputs[1], "the padding")
        let isSymmetric = try step.byte(0) == 1
        guard pads.count == 2 * input.count else { throw malformed("Expected a padding before and after each axis.", step) }
        var value = x
        for axis in input.indices where pads[2 * axis] != 0 || pads[2 * axis + 1] != 0 {
            let (before, after) = (pads[2 * axis], pads[2 * axis + 1])
            guard let size = input[axis].size, size < 1 << 24, (0..<size + (isSymmetric ? 1 : 0)).contains(before),
                (0..<size + (isSymmetric ? 1 : 0)).contains(after)
            else { throw malformed("Expected a padding that is shorter than the axis, and an axis below 2^24.", step) }
            let places = (-before..<size + after).map { place in
                place < 0 ? -place - (isSymmetric ? 1 : 0)
                    : place >= size ? 2 * size - place - (isSymmetric ? 1 : 2) : place
            }
            value = graph.chosen(value, axis: axis, places, layer: "operator \(place)")
        }
        try add(.reshape, [value], step, shape(value))
    }

    mutating func readResize(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        guard step.inputs.count > 1, input.count == 4 else { throw malformed("Expected images and a size.", step) }
        let sizes = try integers(step.inputs[1], "the size")
        let isNearest = step.builtin == .resizeNearestNeighbor
        let alignsCorners = try step.flag(isNearest ? 0 : 2)
        let isCentred = try step.flag(isNearest ? 1 : 3)
        guard sizes.count == 2, sizes.allSatisfy({ (1...1 << 20).contains($0) }) else {
            throw malformed("Expected two sizes.", step)
        }
        var value = x
        for axis in 0..<2 {
            guard let from = input[axis + 1].size, from > 0, saturatedProduct(from, sizes[axis]) < 1 << 28 else {
                throw malformed("Expected a known size of the image.", step)
            }
            let to = sizes[axis]
            let scale = alignsCorners && to > 1 ? Float(from - 1) / Float(to - 1) : Float(from) / Float(to)
            let positions = (0..<to).map { isCentred ? (Float($0) + 0.5) * scale - (isNearest ? 0 : 0.5) : Float($0) * scale }
            if isNearest {
                let places = positions.map {
                    min(Int(alignsCorners ? $0.rounded() : $0.rounded(.down)), from - 1)
                }
                value = graph.chosen(value, axis: axis + 1, places, layer: "operator \(place)")
                continue
            }
            var weights = [Float](repeating: 0, count: from * to)
            for (new, position) in positions.enumerated() {
                let lower = min(max(Int(position.rounded(.down)), 0), from - 1)
                let part = max(position - Float(lower), 0)
                weights[lower * to + new] += 1 - part
                weights[min(lower + 1, from - 1) * to + new] += part
            }
            value = graph.resampled(
                value, axis: axis + 1, Tensor(weights, shape: [from, to]), layer: "operator \(place)")
        }
        try add(.reshape, [value], step, shape(value))
    }

    mutating func readDepthToSpace(_ step: Step, _ x: Int) throws {
        let (input, block) = (shape(x), try step.integer(0))
        guard input.count == 4, (1...1024).contains(block), let rows = input[1].size, let columns = input[2].size,
            let channels = input[3].size, channels % (block * block) == 0
        else { throw malformed("Expected images whose channels are a multiple of the block.", step) }
        let left = ExportGraph.Dimension(channels / (block * block))
        let layer = "operator \(place)"
        let split = graph.add(
            .reshape, [x], graph.values[x].dtype, [input[0], input[1], input[2], .init(block), .init(block), left],
            layer: layer)
        let moved = graph.add(
            .transpose([0, 1, 3, 2, 4, 5]), [split], graph.values[x].dtype,
            [input[0], input[1], .init(block), input[2], .init(block), left], layer: layer)
        try add(.reshape, [moved], step, [input[0], .init(rows * block), .init(columns * block), left])
    }
}

extension ExportGraph {
    /// Elements of a value at places along an axis.
    mutating func chosen(_ value: Int, axis: Int, _ places: [Int], layer: String) -> Int {
        let indices = addConstant(Tensor(places).cast(to: .int32), "\(layer)/places")
        var shape = values[value].shape
        shape[axis] = .init(places.count)
        return add(.gather(axis: axis), [value, indices], values[value].dtype, shape, layer: layer)
    }

    /// Weighted sums along an axis: a product with the matrix [before, after].
    mutating func resampled(_ value: Int, axis: Int, _ weights: Tensor, layer: String) -> Int {
        let (type, shape) = (values[value].dtype, values[value].shape)
        let matrix = addConstant(weights.cast(to: type), "\(layer)/weights")
        // The axis last, the product, and back.
        let order = shape.indices.filter { $0 != axis } + [axis]
        let moved = add(.transpose(order), [value], type, order.map { shape[$0] }, layer: layer)
        var product = order.map { shape[$0] }
        product[product.count - 1] = .init(weights.shape[1])
        let found = add(.matmul(transposeA: false, transposeB: false), [moved, matrix], type, product, layer: layer)
        return add(.transpose(order.inverted), [found], type, order.inverted.map { product[$0] }, layer: layer)
    }
}
