import Martlet
import MartletCore

/// Sizes that follow from those which are open.
extension Lowering {
    /// An axis whose size is that of another one, divided: what poolings, strides and slices leave of it.
    struct Division: Hashable {
        let size: ExportGraph.Dimension
        let divisor: Int
        /// What is added before, from 0 up to the divisor.
        let rest: Int
    }

    /// What a dimension is in each trace.
    func traced(_ dimension: ExportGraph.Dimension) -> [Int]? {
        let sizes = graph.openSizes
        let traced = sizes[0].indices.compactMap { trace in dimension.size(of: sizes.map { $0[trace] }) }
        return traced.count == sizes[0].count ? traced : nil
    }

    /// `floor((size + addend) / divisor)`
    /// - Throws: ``SizePlan/TooSmall`` when it is the same in all traces.
    mutating func quotient(
        _ size: ExportGraph.Dimension, plus addend: Int, by divisor: Int, layer: String
    ) throws -> ExportGraph.Dimension {
        func floor(_ number: Int) -> Int { number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor) }
        if let known = size.size { return .init(floor(known + addend)) }
        if divisor == 1 { return size + addend }
        let whole = floor(addend)
        if let exact = size.divided(by: divisor) { return exact + whole }
        let division = Division(size: size, divisor: divisor, rest: addend - whole * divisor)
        if let known = divisions[division] { return .open(known.number) + (whole - known.whole) }
        // The size itself, which an axis has, is the open one.
        guard let sizes = traced(size)?.map({ floor($0 + addend) }) else { throw openError(layer) }
        guard Set(sizes).count > 1 else { throw SizePlan.TooSmall(layer: layer) }
        // One that was divided in other steps.
        let number = graph.openSizes.firstIndex(of: sizes) ?? graph.openSizes.count
        if number == graph.openSizes.count { graph.openSizes.append(sizes) }
        divisions[division] = (number, whole)
        return .open(number)
    }

    /// The dimension that has these sizes in the traces: a multiple of one or of a product, plus a number, or the sum of two.
    /// - Parameter known: dimensions that it may follow from, beside those that are open.
    /// - Returns: nil when there is none.
    func dimension(_ sizes: [Int], from known: [ExportGraph.Dimension] = []) -> ExportGraph.Dimension? {
        guard let other = sizes.firstIndex(where: { $0 != sizes[0] }) else { return .init(sizes[0]) }
        guard sizes.count == graph.openSizes[0].count else { return nil }
        var atoms: [(dimension: ExportGraph.Dimension, sizes: [Int])] = []
        var found: Set<ExportGraph.Dimension> = []
        for dimension in graph.openSizes.indices.map(ExportGraph.Dimension.open) + known where dimension.size == nil {
            guard found.insert(dimension).inserted, let traced = traced(dimension), Set(traced).count > 1 else { continue }
            if traced == sizes { return dimension }
            atoms.append((dimension, traced))
        }
        /// A multiple of a product, plus a number.
        func fit(_ product: (dimension: ExportGraph.Dimension, sizes: [Int])) -> ExportGraph.Dimension? {
            let (rise, run) = (sizes[other] - sizes[0], product.sizes[other] - product.sizes[0])
            guard run != 0, rise % run == 0 else { return nil }
            let (factor, first) = (rise / run, sizes[0] - rise / run * product.sizes[0])
            guard zip(sizes, product.sizes).allSatisfy({ $0 == factor * $1 + first }) else { return nil }
            return product.dimension * .init(factor) + first
        }
        var products = atoms
        for degree in 1...4 {
            if degree > 1 {
                products = products.flatMap { product in
                    atoms.map { (product.dimension * $0.dimension, zip(product.sizes, $0.sizes).map(*)) }
                }
                if products.count > 5000 { break }
            }
            if let fit = products.lazy.compactMap(fit).first { return fit }
        }
        guard sizes.count > 3 else { return nil }
        for (place, a) in atoms.enumerated() {
            for b in atoms[(place + 1)...] {
                if let sum = Self.sum(sizes, a.sizes, b.sizes) {
                    return a.dimension * .init(sum.a) + b.dimension * .init(sum.b) + sum.rest
                }
            }
        }
        return nil
    }

    /// Whole numbers for which `sizes = a x + b y + rest` in all traces.
    private static func sum(_ sizes: [Int], _ x: [Int], _ y: [Int]) -> (a: Int, b: Int, rest: Int)? {
        let (x1, x2, y1, y2) = (x[1] - x[0], x[2] - x[0], y[1] - y[0], y[2] - y[0])
        let (s1, s2, determinant) = (sizes[1] - sizes[0], sizes[2] - sizes[0], x1 * y2 - x2 * y1)
        let (numeratorA, numeratorB) = (s1 * y2 - s2 * y1, x1 * s2 - x2 * s1)
        guard determinant != 0, numeratorA % determinant == 0, numeratorB % determinant == 0 else { return nil }
        let (a, b) = (numeratorA / determinant, numeratorB / determinant)
        let rest = sizes[0] - a * x[0] - b * y[0]
        return sizes.indices.allSatisfy { sizes[$0] == a * x[$0] + b * y[$0] + rest } ? (a, b, rest) : nil
    }

    /// The shape that has these sizes in the traces.
    /// - Parameter operands: what it follows from.
    func dimensions(_ shapes: [Shape], from operands: [Int], layer: String) throws -> [ExportGraph.Dimension] {
        let known = shapes.count > 1 ? operands.flatMap { graph.values[$0].shape } : []
        return try shapes[0].dimensions.indices.map { axis in
            guard let size = dimension(shapes.map { $0[axis] }, from: known) else { throw openError(layer) }
            return size
        }
    }

    /// An error about a layer that needs a size which is open.
    func openError(_ layer: String, _ reason: String = "") -> MartletError {
        if graph.openSizes.count == 1 {
            return MartletError(
                "Expected a layer that computes the same for every size of the batch." + (reason.isEmpty ? "" : " \(reason)"),
                at: "layer \(layer)")
        }
        return MartletError(
            "Expected a layer that other frameworks run for every size of the axes that are open. "
                + (reason.isEmpty ? "" : "\(reason) ") + "Give the sizes with inputShapes (--input-shape).",
            at: "layer \(layer)")
    }

    // MARK: - Numbers that follow from sizes

    /// The value of the size of an axis, a scalar of `int32`.
    mutating func extent(_ dimension: ExportGraph.Dimension, layer: String) -> Int {
        if let known = extents[dimension] { return known }
        let value = dimension.size.map { graph.addConstant(Tensor($0).cast(to: .int32), "\(layer)/size") }
            ?? graph.add(.extent(dimension), [], .int32, [], layer: layer)
        extents[dimension] = value
        return value
    }

    /// A value for tensors that are a size, one divided by a size, or numbers at equal distances as many as a size says; nil for
    /// others.
    mutating func ofSizes(_ tensors: [Tensor], layer: String) throws -> Int? {
        if tensors[0].dtype == .bool { return try triangle(tensors, layer) }
        guard !tensors[0].dtype.isHalf, tensors[0].dtype != .string else { return nil }
        let type = tensors[0].dtype
        if tensors.allSatisfy({ $0.elementCount == 1 && $0.shape == tensors[0].shape }) {
            let numbers = tensors.map { $0.cast(to: .float64).scalars(as: Double.self)[0] }
            guard let value = try number(numbers, type, layer) else { return nil }
            return reshaped(value, try dimensions(tensors.map(\.shape), from: [], layer: layer), layer)
        }
        let lines = tensors.map { $0.cast(to: .int64).scalars(as: Int.self) }
        guard zip(tensors, lines).allSatisfy({ tensor, line in
            tensor.shape.dimensions.count { $0 != 1 } == 1 && line.count > 1
                && Tensor(line).cast(to: type).reshaped(to: tensor.shape).isSame(as: tensor)
        }) else { return nil }
        let step = lines[0][1] - lines[0][0]
        guard lines.allSatisfy({ line in zip(line, line.dropFirst()).allSatisfy { $1 - $0 == step } }),
            let count = dimension(lines.map(\.count)), let first = dimension(lines.map { $0[0] })
        else { return nil }
        let places = graph.add(.range, [extent(count, layer: layer)], .int32, [count], layer: layer)
        let factor = graph.addConstant(Tensor(step).cast(to: .int32), "\(layer)/step")
        let spread = step == 1 ? places : graph.add(.binary(.multiply), [places, factor], .int32, [count], layer: layer)
        let moved = first == .init(0)
            ? spread
            : graph.add(.binary(.add), [spread, extent(first, layer: layer)], .int32, [count], layer: layer)
        let typed = type == .int32 ? moved : graph.add(.cast, [moved], type, [count], layer: layer)
        return reshaped(typed, try dimensions(tensors.map(\.shape), from: [], layer: layer), layer)
    }

    /// Truth values in two axes that hold up to a diagonal, as the mask of what comes before has them, or behind one.
    private mutating func triangle(_ tensors: [Tensor], _ layer: String) throws -> Int? {
        // Where the other axes have one element.
        let places = tensors[0].shape.dimensions.indices.filter { axis in tensors.contains { $0.shape[axis] != 1 } }
        guard places.count == 2 else { return nil }
        func matrix(_ tensor: Tensor) -> Tensor { tensor.reshaped([tensor.shape[places[0]], tensor.shape[places[1]]]) }
        func triangle(_ rows: Int, _ columns: Int, _ first: Int) -> Tensor {
            Tensor.range(0..<rows).reshaped([rows, 1]) + first .> Tensor.range(0..<columns)
        }
        let isLower = matrix(tensors[0])[0, 0].item(as: Bool.self)
        /// How many columns of the first row are as its first.
        let firsts = tensors.map { tensor in
            let row = matrix(tensor)[0].scalars(as: Bool.self)
            return row.firstIndex { $0 != isLower } ?? row.count
        }
        guard let first = dimension(firsts) else { return nil }
        for (tensor, count) in zip(tensors, firsts) {
            let (rows, columns) = (tensor.shape[places[0]], tensor.shape[places[1]])
            let expected = triangle(rows, columns, count)
            guard matrix(tensor).isSame(as: isLower ? expected : expected.logicalNot()) else { return nil }
        }
        let shape = try dimensions(tensors.map(\.shape), from: [], layer: layer)
        let (rows, columns) = (shape[places[0]], shape[places[1]])
        let row = graph.add(.range, [extent(rows, layer: layer)], .int32, [rows], layer: layer)
        let column = graph.add(.range, [extent(columns, layer: layer)], .int32, [columns], layer: layer)
        let end = graph.add(.binary(.add), [row, extent(first, layer: layer)], .int32, [rows], layer: layer)
        let standing = graph.add(.reshape, [end], .int32, [rows, .init(1)], layer: layer)
        let mask = graph.add(
            .binary(isLower ? .greater : .lessEqual), [standing, column], .bool, [rows, columns], layer: layer)
        return reshaped(mask, shape, layer)
    }

    private mutating func number(_ numbers: [Double], _ type: DType, _ layer: String) throws -> Int? {
        func whole(_ numbers: [Double]) -> ExportGraph.Dimension? {
            let near = numbers.map { $0.rounded() }
            for (number, size) in zip(numbers, near) {
                guard abs(number - size) <= 1e-5 * abs(size), abs(size) < 1e12 else { return nil }
            }
            return dimension(near.map { Int($0) })
        }
        if let size = whole(numbers) {
            let value = extent(size, layer: layer)
            return type == .int32 ? value : graph.add(.cast, [value], type, [], layer: layer)
        }
        guard type.isFloatingPoint, let size = whole(numbers.map { 1 / $0 }) else { return nil }
        let one = graph.addConstant(Tensor(1.0).cast(to: type), "\(layer)/one")
        let value = graph.add(.cast, [extent(size, layer: layer)], type, [], layer: layer)
        return graph.add(.binary(.divide), [one, value], type, [], layer: layer)
    }

    private mutating func reshaped(_ value: Int, _ shape: [ExportGraph.Dimension], _ layer: String) -> Int {
        graph.values[value].shape == shape ? value : graph.add(.reshape, [value], graph.values[value].dtype, shape, layer: layer)
    }
}

extension ExportGraph.Dimension {
    /// The quotient where every factor is a multiple of the divisor, without the number; nil else.
    fileprivate func divided(by divisor: Int) -> ExportGraph.Dimension? {
        guard fixed % divisor == 0, products.allSatisfy({ $0.factor % divisor == 0 }) else { return nil }
        return products.reduce(.init(fixed / divisor)) { sum, term in
            sum + term.sizes.reduce(.init(term.factor / divisor)) { $0 * .open($1) }
        }
    }
}

extension Tensor {
    /// Whether shape, type and bytes are those of another tensor.
    func isSame(as other: Tensor) -> Bool {
        spec == other.spec && withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
    }
}

extension Windows {
    /// Windows whose padding the runtime computes from the size as `Padding.same` does: no amount says it.
    static func same(strides: [Int], dilations: [Int]) -> Windows {
        let open = strides.map { _ in -1 }
        return Windows(strides: strides, dilations: dilations, before: open, after: open)
    }

    /// Whether the padding follows from a size that is open.
    var isSame: Bool { before.contains(-1) }
}
