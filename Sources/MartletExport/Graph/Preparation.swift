import Martlet
import MartletCore

extension ExportGraph {
    /// The graph in operations each of which TFLite has as one: two spatial axes, padding that is `SAME` or `VALID`, softmax
    /// along the last axis, functions of what LiteRT computes.
    package func preparedForTFLite() throws -> ExportGraph { try narrowed().prepared(for: .tflite) }

    /// The same for TensorFlow, whose kernels for the CPU take no groups and fewer dilations, and which has more functions.
    package func preparedForTensorFlow() throws -> ExportGraph { try prepared(for: .tensorFlow) }

    /// The same for Keras, whose layers and `ops` take one to three spatial axes.
    func preparedForKeras() throws -> ExportGraph { try narrowed().prepared(for: .keras) }

    private func prepared(for target: Target) throws -> ExportGraph {
        var graph = try Rewriter.rewrite(self) { try $0.replaced($1, $2, $3, for: target) }
        graph.simplify(recognizing: false)
        return graph
    }
}

/// What a format's runtime computes.
private struct Target {
    let name: String
    let functions: Set<Operation.Unary>
    /// Whether its kernels are those of TensorFlow.
    let isTensorFlow: Bool
    /// Whether it has layers, which take any number of spatial axes and groups.
    var isKeras = false

    /// The functions for which a format has a name.
    private static func having(_ isThere: (FormatNames) -> Bool) -> Set<Operation.Unary> {
        Set(Operation.Unary.allCases.filter { isThere($0.names) })
    }

    static let tflite = Target(name: "TFLite", functions: having { $0.tflite != nil }, isTensorFlow: false)
    static let tensorFlow = Target(name: "TensorFlow", functions: having { $0.tensorFlow != nil }, isTensorFlow: true)
    static let keras = Target(
        name: "Keras", functions: having { $0.keras != nil }.union([.gelu, .geluTanh, .hardSwish]),
        isTensorFlow: true, isKeras: true)
}

extension Rewriter {
    /// What takes an operation's place, nil where the target has it.
    fileprivate mutating func replaced(
        _ operation: Operation, _ inputs: [Int], _ outputs: [ExportGraph.Value], for target: Target
    ) throws -> [Int]? {
        switch operation {
        case .unary(let unary):
            let isInteger = !graph.values[inputs[0]].dtype.isFloatingPoint
            if target.functions.contains(unary), !(unary == .sign && isInteger && !target.isTensorFlow) { return nil }
            return [try composed(unary, inputs[0], for: target)]
        case .binary(let binary): return try composed(binary, inputs[0], inputs[1], for: target).map { [$0] }
        case .convolution(let windows, let groups, let activation):
            return try convolution(windows, groups, activation, inputs, outputs[0], for: target).map { [$0] }
        case .transposedConvolution(let windows):
            return try transposedConvolution(windows, inputs, outputs[0], for: target).map { [$0] }
        case .maxPool(let size, let windows), .averagePool(let size, let windows):
            return try pool(operation, size, windows, inputs[0], outputs[0], for: target).map { [$0] }
        case .softmax(let axis), .logSoftmax(let axis):
            let rank = outputs[0].rank
            if axis == rank - 1 || target.isKeras { return nil }
            var order = Array(0..<rank)
            order.swapAt(axis, rank - 1)
            let moved = try transpose(inputs[0], order)
            let last: Operation = if case .softmax = operation { .softmax(axis: rank - 1) } else { .logSoftmax(axis: rank - 1) }
            return [try transpose(try add(last, [moved], shape(moved)), order)]
        case .sort(let descending):
            // The largest elements, all of them.
            guard let count = outputs[0].shape.last?.size else {
                throw unsupported(operation, target.name, "it takes an axis of known size: give it with inputShapes (--input-shape).")
            }
            let source = descending ? inputs[0] : try unary(.negate, inputs[0])
            let found = try add(.topK(count), [source], outputs)
            return [descending ? found[0] : try unary(.negate, found[0]), found[1]]
        case .cumulate(let cumulation, let axis, let exclusive, let reverse):
            if target.isKeras, exclusive || reverse {
                return try cumulated(cumulation, axis, exclusive, reverse, inputs[0]).map { [$0] }
            }
            if cumulation == .cumulativeSum || cumulation == .cumulativeProduct && target.isTensorFlow { return nil }
            return [try unrolled(cumulation, axis, exclusive, reverse, inputs[0], for: target)]
        case .takeAlong(let axis): return target.isKeras ? nil : [try takenAlong(axis, inputs[0], inputs[1], for: target)]
        case .recurrent(let recurrence): return try loop(recurrence, inputs, outputs, for: target.name)
        case .dense(let activation) where graph.constant(inputs[1]) == nil:
            var result = try add(.matmul(transposeA: false, transposeB: false), Array(inputs[..<2]), outputs[0].shape)
            if inputs.count > 2 { result = try binary(.add, result, inputs[2]) }
            return [activation == .none ? result : try unary(activation == .relu ? .relu : .relu6, result)]
        default: return nil
        }
    }
}

extension Rewriter {
    /// A function by others.
    private mutating func composed(_ unary: Operation.Unary, _ x: Int, for target: Target) throws -> Int {
        /// `1 - x²`, precise near 1.
        func sine(_ rewriter: inout Rewriter) throws -> Int {
            let below = try rewriter.binary(.subtract, number: 1, x)
            return try rewriter.binary(.multiply, below, try rewriter.binary(.add, x, number: 1))
        }
        switch unary {
        case .sign:
            let isPositive = try cast(try binary(.greater, x, number: 0), like: x)
            return try binary(.subtract, isPositive, try cast(try binary(.less, x, number: 0), like: x))
        case .reciprocal: return try binary(.divide, number: 1, x)
        case .acos: return try binary(.atan2, try self.unary(.squareRoot, try sine(&self)), x)
        case .asin: return try binary(.atan2, x, try self.unary(.squareRoot, try sine(&self)))
        case .atan: return try binary(.atan2, x, number: 1)
        case .acosh:
            let root = try self.unary(.squareRoot, try binary(.subtract, try self.unary(.square, x), number: 1))
            return try self.unary(.log, try binary(.add, x, root))
        case .asinh:
            let size = try self.unary(.abs, x)
            let root = try self.unary(.squareRoot, try binary(.add, try self.unary(.square, x), number: 1))
            return try binary(.multiply, try self.unary(.sign, x), try self.unary(.log, try binary(.add, size, root)))
        case .atanh:
            let ratio = try binary(.divide, try binary(.add, x, number: 1), try binary(.subtract, number: 1, x))
            return try binary(.multiply, try self.unary(.log, ratio), number: 0.5)
        case .sinh, .cosh:
            let (up, down) = (try self.unary(.exp, x), try self.unary(.exp, try self.unary(.negate, x)))
            return try binary(.multiply, try binary(unary == .sinh ? .subtract : .add, up, down), number: 0.5)
        case .tan: return try binary(.divide, try self.unary(.sin, x), try self.unary(.cos, x))
        case .exp2: return try self.unary(.exp, try binary(.multiply, x, number: 0.6931471805599453))
        case .expm1: return try binary(.subtract, try self.unary(.exp, x), number: 1)
        case .log1p: return try self.unary(.log, try binary(.add, x, number: 1))
        case .log2: return try binary(.multiply, try self.unary(.log, x), number: 1.4426950408889634)
        case .softplus:
            // max(x, 0) + log(1 + exp(-|x|))
            let tail = try self.unary(.exp, try self.unary(.negate, try self.unary(.abs, x)))
            return try binary(.add, try self.unary(.relu, x), try self.unary(.log, try binary(.add, tail, number: 1)))
        case .trunc:
            return try binary(.multiply, try self.unary(.sign, x), try self.unary(.floor, try self.unary(.abs, x)))
        case .isNaN: return try binary(.notEqual, x, x)
        case .isInfinite: return try binary(.equal, try self.unary(.abs, x), number: .infinity)
        case .isFinite: return try binary(.less, try self.unary(.abs, x), number: .infinity)
        case .erf: return try errorFunction(x)
        case .erfc:
            return try binary(
                .subtract, number: 1, target.functions.contains(.erf) ? try self.unary(.erf, x) : try errorFunction(x))
        case .gelu:
            let tail = try self.unary(.erfc, try binary(.multiply, x, number: -0.5.squareRoot()))
            let half = try binary(.multiply, tail, number: 0.5)
            return try binary(.multiply, x, half)
        case .geluTanh:
            let cube = try binary(.multiply, try binary(.multiply, try self.unary(.square, x), x), number: 0.044715)
            let inner = try binary(.multiply, try binary(.add, x, cube), number: (2 / Double.pi).squareRoot())
            return try binary(
                .multiply, try binary(.multiply, x, try binary(.add, try self.unary(.tanh, inner), number: 1)), number: 0.5)
        case .hardSwish:
            let gate = try self.unary(.relu6, try binary(.add, x, number: 3))
            return try binary(.divide, try binary(.multiply, x, gate), number: 6)
        default: throw unsupported(.unary(unary), target.name, "cut the model before it.")
        }
    }

    private mutating func cast(_ x: Int, like other: Int) throws -> Int {
        try add(.cast, [x], shape(x), dtype: graph.values[other].dtype)
    }

    /// M. Abramowitz, I. Stegun, *Handbook of mathematical functions*, 7.1.26: within 1.5e-7.
    private mutating func errorFunction(_ x: Int) throws -> Int {
        let size = try unary(.abs, x)
        let t = try binary(.divide, number: 1, try binary(.add, try binary(.multiply, size, number: 0.3275911), number: 1))
        var sum = try binary(.multiply, t, number: 1.061405429)
        for coefficient in [-1.453152027, 1.421413741, -0.284496736, 0.254829592] {
            sum = try binary(.multiply, try binary(.add, sum, number: coefficient), t)
        }
        let bell = try unary(.exp, try unary(.negate, try unary(.square, x)))
        return try binary(.multiply, try unary(.sign, x), try binary(.subtract, number: 1, try binary(.multiply, sum, bell)))
    }

    private mutating func composed(_ binary: Operation.Binary, _ a: Int, _ b: Int, for target: Target) throws -> Int? {
        switch binary {
        case .hypot:
            return try unary(.squareRoot, try self.binary(.add, try unary(.square, a), try unary(.square, b)))
        case .logicalXor: return try self.binary(.notEqual, a, b)
        case .atan2 where shape(a) != shape(b) && !target.isTensorFlow:
            // LiteRT's kernel does not broadcast.
            let (wideA, wideB) = (try self.binary(.multiply, b, number: 0), try self.binary(.multiply, a, number: 0))
            return try self.binary(.atan2, try self.binary(.add, a, wideA), try self.binary(.add, b, wideB))
        default: return nil
        }
    }

    /// Sums or products from the first element on, of a line that is turned around or moved by one; nil for others.
    private mutating func cumulated(
        _ cumulation: Operation.Cumulation, _ axis: Int, _ exclusive: Bool, _ reverse: Bool, _ x: Int
    ) throws -> Int? {
        let (shape, zeros) = (shape(x), shape(x).map { _ in 0 })
        guard let size = shape[axis].size, size > 0, cumulation == .cumulativeSum || cumulation == .cumulativeProduct else {
            return nil
        }
        func replacing(_ numbers: [Int], _ number: Int) -> [Int] {
            numbers.enumerated().map { $0 == axis ? number : $1 }
        }
        let ones = zeros.map { _ in 1 }
        let turned = Operation.slice(begin: replacing(zeros, size - 1), step: replacing(ones, -1))
        var result = reverse ? try add(turned, [x], shape) : x
        if exclusive {
            var part = shape
            part[axis] = .init(size - 1)
            result = try add(.slice(begin: zeros, step: ones), [result], part)
            let neutral = cumulation == .cumulativeSum ? 0.0 : 1
            result = try add(.pad(before: replacing(zeros, 1), after: zeros, value: neutral), [result], shape)
        }
        result = try add(.cumulate(cumulation, axis: axis, exclusive: false, reverse: false), [result], shape)
        return reverse ? try add(turned, [result], shape) : result
    }

    /// Cumulative maxima, minima and products, step after step.
    private mutating func unrolled(
        _ cumulation: Operation.Cumulation, _ axis: Int, _ exclusive: Bool, _ reverse: Bool, _ x: Int,
        for target: Target
    ) throws -> Int {
        let shape = shape(x)
        guard let count = shape[axis].size, count <= 1024, count > 0, !exclusive else {
            throw unsupported(
                .cumulate(cumulation, axis: axis, exclusive: exclusive, reverse: reverse), target.name,
                "it takes an axis of known size up to 1024: give it with inputShapes (--input-shape).")
        }
        let combine: Operation.Binary = switch cumulation {
        case .cumulativeMax: .maximum
        case .cumulativeMin: .minimum
        case .cumulativeProduct: .multiply
        case .cumulativeSum: .add
        }
        var slice = shape
        slice[axis] = .init(1)
        var results: [Int] = []
        for place in reverse ? Array((0..<count).reversed()) : Array(0..<count) {
            var begin = shape.map { _ in 0 }
            begin[axis] = place
            let element = try add(.slice(begin: begin, step: begin.map { _ in 1 }), [x], slice)
            results.append(try results.last.map { try binary(combine, $0, element) } ?? element)
        }
        if reverse { results.reverse() }
        return count == 1 ? results[0] : try add(.concatenate(axis: axis), results, shape)
    }

    /// The sum over the axis of what one-hot rows pick.
    private mutating func takenAlong(
        _ axis: Int, _ x: Int, _ indices: Int, for target: Target
    ) throws -> Int {
        let (from, to) = (shape(x), shape(indices))
        guard let size = from[axis].size else {
            throw unsupported(.takeAlong(axis: axis), target.name, "the axis is the batch.")
        }
        // [..., new, ..., size] by the axis last, twice.
        let order = from.indices.filter { $0 != axis } + [axis]
        let rows = try transpose(indices, order)
        let hot = try add(
            .oneHot(on: 1, off: 0), [rows], order.map { to[$0] } + [.init(size)], dtype: graph.values[x].dtype)
        let lines = try transpose(x, order)
        let wide = try reshape(lines, order.dropLast().map { from[$0] } + [.init(1), .init(size)])
        let picked = try add(
            .reduce(.sum, axes: [from.count], keepDims: false), [try binary(.multiply, hot, wide)], order.map { to[$0] })
        return try transpose(picked, order.inverted)
    }

    /// A pad before a convolution or a pooling, and the windows without it.
    private mutating func padded(_ x: Int, _ windows: Windows, value: Double) throws -> (Int, Windows) {
        let (before, after) = ([0] + windows.before + [0], [0] + windows.after + [0])
        let shape = zip(shape(x), zip(before, after)).map { size, pad in
            size + (pad.0 + pad.1)
        }
        let padded = try add(.pad(before: before, after: after, value: value), [x], shape)
        return (padded, Windows(strides: windows.strides, dilations: windows.dilations))
    }

    /// With an axis of size 1 before the one spatial axis.
    private func widened(_ windows: Windows) -> Windows {
        Windows(
            strides: [1] + windows.strides, dilations: [1] + windows.dilations, before: [0] + windows.before,
            after: [0] + windows.after)
    }

    private mutating func widened(_ x: Int) throws -> Int {
        var shape = shape(x)
        shape.insert(.init(1), at: 1)
        return try reshape(x, shape)
    }

    private func widened(_ value: ExportGraph.Value) -> ExportGraph.Value {
        var value = value
        value.shape.insert(.init(1), at: 1)
        return value
    }

    private mutating func convolution(
        _ windows: Windows, _ groups: Int, _ activation: Operation.Activation, _ inputs: [Int], _ output: ExportGraph.Value,
        for target: Target
    ) throws -> Int? {
        guard let kernel = graph.constant(inputs[1]) else {
            throw unsupported(.convolution(windows, groups: groups, activation), target.name, "the kernel is not a constant.")
        }
        if windows.strides.count == 1, !target.isKeras {
            let wide = constant(kernel.expandingDims(at: 0))
            let y = try add(
                .convolution(widened(windows), groups: groups, activation),
                [try widened(inputs[0]), wide] + inputs.dropFirst(2), [widened(output)])
            return try reshape(y[0], output.shape)
        }
        let isVolume = windows.strides.count == 3
        let isDepthwise = groups > 1 && kernel.shape[-2] == 1 && !isVolume
        if groups > 1, !isDepthwise, isVolume || target.isTensorFlow, !target.isKeras {
            return try groupwise(windows, groups, activation, inputs, kernel, output)
        }
        let isDilated = windows.dilations.contains { $0 > 1 }
        // Keras takes strides or dilations.
        let isWrittenOut = target.isKeras ? windows.strides.contains { $0 > 1 } : isVolume || isDepthwise
        if target.isTensorFlow, isDilated, isWrittenOut {
            // The zeros between the elements of the window are written out.
            let spread = windows.strides.indices.reduce(kernel) { $0.dilated(by: windows.dilations[$1], axis: $1) }
            let plain = Windows(strides: windows.strides, before: windows.before, after: windows.after)
            let operands = [inputs[0], constant(spread)] + inputs.dropFirst(2)
            return try add(.convolution(plain, groups: groups, activation), operands, output.shape)
        }
        if target.isTensorFlow, isDepthwise, Set(windows.strides).count > 1 {
            // As a convolution of all channels, of which each sees one.
            let multiplier = kernel.shape[3] / groups
            let blocks = Tensor.identity(groups, dtype: kernel.dtype).repeated(multiplier, axis: 1)
            let operands = [inputs[0], constant(kernel * blocks)] + inputs.dropFirst(2)
            return try add(.convolution(windows, groups: 1, activation), operands, output.shape)
        }
        if inputs.count == 2, !target.isTensorFlow, !isVolume {
            // LiteRT's kernels take no convolution without a bias.
            let zeros = constant(.zeros([kernel.shape[-1]], dtype: kernel.dtype))
            return try add(.convolution(windows, groups: groups, activation), inputs + [zeros], output.shape)
        }
        let window = Array(kernel.shape.dimensions.dropLast(2))
        guard windows.tflitePadding(shape(inputs[0]), window) == nil else { return nil }
        let (x, inner) = try padded(inputs[0], windows, value: 0)
        return try add(.convolution(inner, groups: groups, activation), [x] + inputs.dropFirst(), output.shape)
    }

    /// Group after group.
    private mutating func groupwise(
        _ windows: Windows, _ groups: Int, _ activation: Operation.Activation, _ inputs: [Int], _ kernel: Tensor,
        _ output: ExportGraph.Value
    ) throws -> Int {
        let last = kernel.rank - 1
        let (channels, filters) = (kernel.shape[-2], kernel.shape[-1] / groups)
        var (from, to) = (shape(inputs[0]), output.shape)
        (from[last], to[last]) = (.init(channels), .init(filters))
        let parts = try (0..<groups).map { group in
            var begin = from.map { _ in 0 }
            begin[last] = group * channels
            let own = group * filters..<(group + 1) * filters
            let x = try add(.slice(begin: begin, step: begin.map { _ in 1 }), [inputs[0]], from)
            var operands = [x, constant(kernel.sliced(own, axis: last))]
            if inputs.count > 2 {
                guard let bias = graph.constant(inputs[2]) else {
                    operands.append(try add(.slice(begin: [own.lowerBound], step: [1]), [inputs[2]], [.init(filters)]))
                    return try add(.convolution(windows, groups: 1, activation), operands, to)
                }
                operands.append(constant(bias.sliced(own, axis: 0)))
            }
            return try add(.convolution(windows, groups: 1, activation), operands, to)
        }
        return try add(.concatenate(axis: last), parts, output.shape)
    }

    /// As one without padding, of which the result is a part; a dilated kernel is written out.
    private mutating func transposedConvolution(
        _ windows: Windows, _ inputs: [Int], _ output: ExportGraph.Value, for target: Target
    ) throws -> Int? {
        guard var kernel = graph.constant(inputs[1]) else {
            throw unsupported(.transposedConvolution(windows), target.name, "the kernel is not a constant.")
        }
        if windows.strides.count == 1, !target.isKeras {
            let wide = constant(kernel.expandingDims(at: 0))
            let y = try add(
                .transposedConvolution(widened(windows)), [try widened(inputs[0]), wide] + inputs.dropFirst(2),
                [widened(output)])
            return try reshape(y[0], output.shape)
        }
        let input = shape(inputs[0])
        let spatial = windows.strides.indices
        var whole = output.shape
        for axis in spatial {
            let span = (kernel.shape[axis] - 1) * windows.dilations[axis] + 1
            // Keras's layer goes on to the end of the last stride.
            let last = target.isKeras ? max(span, windows.strides[axis]) : span
            whole[axis + 1] = (input[axis + 1] + -1) * .init(windows.strides[axis]) + last
        }
        if windows.dilations.allSatisfy({ $0 == 1 }), whole == output.shape, !windows.isPadded { return nil }
        for axis in spatial where windows.dilations[axis] > 1 {
            kernel = kernel.dilated(by: windows.dilations[axis], axis: axis)
        }
        let full = try add(
            .transposedConvolution(Windows(strides: windows.strides)), [inputs[0], constant(kernel)] + inputs.dropFirst(2),
            whole)
        // What lies in the padding is cut off; what no window reaches has the bias alone.
        var (begin, kept, after) = (whole.map { _ in 0 }, whole, whole.map { _ in 0 })
        for axis in spatial {
            begin[axis + 1] = windows.before[axis]
            let (reached, wanted) = (whole[axis + 1] + -windows.before[axis], output.shape[axis + 1])
            guard let missing = (wanted - reached).size else {
                throw unsupported(
                    .transposedConvolution(windows), target.name,
                    "its size does not follow from its input's. Give the sizes with inputShapes (--input-shape).")
            }
            kept[axis + 1] = missing > 0 ? reached : wanted
            after[axis + 1] = max(missing, 0)
        }
        var result = kept == whole ? full : try add(.slice(begin: begin, step: begin.map { _ in 1 }), [full], kept)
        guard after.contains(where: { $0 > 0 }) else { return result }
        guard inputs.count <= 2 else {
            // The bias comes last.
            let bare = try add(.transposedConvolution(windows), Array(inputs[..<2]), output.shape)
            return try binary(.add, bare, inputs[2])
        }
        result = try add(.pad(before: after.map { _ in 0 }, after: after, value: 0), [result], output.shape)
        return result
    }

    private mutating func pool(
        _ operation: Operation, _ size: [Int], _ windows: Windows, _ x: Int, _ output: ExportGraph.Value, for target: Target
    ) throws -> Int? {
        let isMax = if case .maxPool = operation { true } else { false }
        func pool(_ size: [Int], _ windows: Windows) -> Operation {
            isMax ? .maxPool(size: size, windows) : .averagePool(size: size, windows)
        }
        switch size.count {
        case _ where target.isKeras: break
        case 1:
            let y = try add(pool([1] + size, widened(windows)), [try widened(x)], [widened(output)])
            return try reshape(y[0], output.shape)
        case 3:
            // A window is a box: its planes first, then the lines through them.
            let from = shape(x)
            let (planes, places) = (from[0] * from[1], output.shape[2] * output.shape[3])
            let flat = try reshape(x, [planes] + from[2...])
            let part = Windows(
                strides: Array(windows.strides[1...]), before: Array(windows.before[1...]), after: Array(windows.after[1...]))
            let pooled = try add(pool(Array(size[1...]), part), [flat], [planes] + output.shape[2...])
            let lines = try reshape(pooled, [from[0], from[1], places, from[4]])
            let along = Windows(
                strides: [windows.strides[0], 1], before: [windows.before[0], 0], after: [windows.after[0], 0])
            let y = try add(
                pool([size[0], 1], along), [lines], [output.shape[0], output.shape[1], places, from[4]])
            return try reshape(y, output.shape)
        default: break
        }
        guard windows.tflitePadding(shape(x), size) == nil else { return nil }
        let (padded, inner) = try padded(x, windows, value: isMax ? -Double(Float.greatestFiniteMagnitude) : 0)
        let y = try add(pool(size, inner), [padded], output.shape)
        if isMax { return y }
        // The mean with the padding's zeros, by how many of the elements are no padding.
        let sizes = shape(x).dropFirst().dropLast().compactMap(\.size)
        guard sizes.count == size.count else {
            throw unsupported(
                operation, target.name,
                "of an axis that is open it has means of padding as SAME alone. Give the sizes with inputShapes (--input-shape).")
        }
        let ones = Tensor.ones(Shape([1] + sizes + [1]), dtype: .float32)
            .padded([(0, 0)] + zip(windows.before, windows.after).map { ($0, $1) } + [(0, 0)])
        let share = averagePool(ones, size: size, strides: windows.strides)
        return try binary(.divide, y, constant(share))
    }
}

extension Windows {
    var isPadded: Bool { before.contains { $0 != 0 } || after.contains { $0 != 0 } }

    /// The padding as TFLite says it, nil when it cannot.
    func tflitePadding(_ input: [ExportGraph.Dimension], _ window: [Int]) -> TFLite.Padding? {
        if isSame { return .same }
        if !isPadded { return .valid }
        for axis in strides.indices {
            // With a stride of 1 as much is added to every size that is not small.
            guard let size = input[axis + 1].size ?? (strides[axis] == 1 ? 1 << 30 : nil) else { return nil }
            let same = Padding.same.amounts(
                axis: axis, size: size, window: window[axis], stride: strides[axis], dilation: dilations[axis])
            guard same == (before[axis], after[axis]) else { return nil }
        }
        return .same
    }
}

extension Tensor {
    /// Zeros between the elements along an axis, so that neighbours lie `step` apart.
    fileprivate func dilated(by step: Int, axis: Int) -> Tensor {
        let size = shape[axis]
        var pads = shape.dimensions.map { _ in (before: 0, after: 0) }
        pads.insert((0, step - 1), at: axis + 1)
        var wide = shape.dimensions
        wide.insert(1, at: axis + 1)
        let spread = reshaped(to: Shape(wide)).padded(pads)
        return spread.reshaped(to: shape.replacing(axis, by: size * step)).sliced(0..<((size - 1) * step + 1), axis: axis)
    }
}
