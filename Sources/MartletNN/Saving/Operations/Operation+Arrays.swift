import MartletCore
import MartletFormats

extension Operation {
    /// NumPy's functions that split and join arrays, and find elements.
    static func arrays(_ table: inout [String: Maker]) {
        table["FullLike"] = { _ in
            Operation(
                operandCount: 2, shapes: { [$0[0]] }, type: { $0[0] },
                run: { [$0[1].cast(to: $0[0].dtype).broadcast(to: $0[0].shape)] })
        }
        table["Round"] = { attributes in
            let scale = (try attributes.value("decimals", default: 0) as Int).powerOfTen
            return moving({ $0 }) { scale == 1 || !$0.dtype.isFloatingPoint ? $0.round() : ($0 * scale).round() / scale }
        }
        table["NanToNum"] = { attributes in
            let nan: Double = try attributes.value("nan", default: 0)
            let (high, low): (Double?, Double?) = (try attributes.optional("posinf"), try attributes.optional("neginf"))
            return moving({ $0 }) { x in
                guard x.dtype.isFloatingPoint else { return x }
                let largest = x.dtype.largestFinite
                let positive = `where`(x .== Double.infinity, high ?? largest, `where`(x.isNaN(), nan, x))
                return `where`(x .== -Double.infinity, low ?? -largest, positive)
            }
        }
        table["Average"] = { attributes in
            guard attributes.arguments["weights"] ?? .null == .null else {
                throw MartletError("Expected a mean without weights.", at: "Average.weights")
            }
            return try reduction(isFloating: true) { $0.mean(axes: $1, keepDims: $2) }(attributes)
        }
        table["Diff"] = { attributes in
            let (count, axis): (Int, Int) = (try attributes.value("n", default: 1), try attributes.value("axis", default: -1))
            return moving({ shape in
                let place = try ShapeRule.axis(axis, of: shape)
                guard count >= 0, shape[place] ?? -1 >= count else {
                    throw MartletError("Expected at least \(count) elements along axis \(axis). Received: shape \(shape).")
                }
                return shape.replacing(place, by: shape[place].map { $0 - count })
            }) { x in
                (0..<count).reduce(x) { x, _ in
                    let size = x.shape[axis]
                    if size == 0 { return x }
                    return x.split(sizes: [1, size - 1], axis: axis)[1] - x.split(sizes: [size - 1, 1], axis: axis)[0]
                }
            }
        }
        table["Unstack"] = { attributes in
            let axis: Int = try attributes.value("axis", default: 0)
            return Operation(
                shapes: { shapes in
                    let place = try ShapeRule.axis(axis, of: shapes[0])
                    guard let count = shapes[0][place], count < 1 << 16 else {
                        throw MartletError("Expected an axis of a known size below 65536. Received: shape \(shapes[0]).")
                    }
                    var rest = shapes[0]
                    rest.dimensions.remove(at: place)
                    return Array(repeating: rest, count: count)
                }, type: { $0[0] }, run: { $0[0].unstacked(axis: axis) })
        }
        table["Hstack"] = stacking(1)
        table["Vstack"] = stacking(0)
        table["Argsort"] = { attributes in
            var operation = try along { $0.argsorted(axis: $1).cast(to: .int32) }(attributes)
            operation.type = { _ in .int32 }
            return operation
        }
        table["TakeAlongAxis"] = { attributes in
            let axis: Int = try attributes.value("axis", default: -1)
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    let place = try ShapeRule.axis(axis, of: shapes[0])
                    guard shapes[0].rank == shapes[1].rank,
                        shapes[0].replacing(place, by: nil).accepts(shapes[1].replacing(place, by: nil))
                    else { throw MartletError("Expected shapes that differ along axis \(axis) only. Received: \(shapes).") }
                    return [shapes[0].replacing(place, by: shapes[1][place])]
                }, type: { $0[0] },
                run: { inputs in
                    let (size, indices) = (inputs[0].shape[axis], inputs[1].cast(to: .int64))
                    let positive = `where`(indices .< 0, indices + size, indices)
                    return [inputs[0].takenAlong(axis: axis, indices: positive.checkedIndices(below: size))]
                })
        }
        table["Diagonal"] = diagonal { $0.diagonal(offset: $1) }
        table["Trace"] = { attributes in
            var operation = try diagonal { $0.diagonal(offset: $1).sum(axes: [-1]) }(attributes)
            let rule = operation.shapes
            operation = Operation(shapes: { [PartialShape(try rule($0)[0].dimensions.dropLast())] }, run: operation.run)
            return operation
        }
        table["Tensordot"] = { attributes in
            let places = try contraction(attributes)
            @Sendable func axes(_ a: Int, _ b: Int) -> ([Int], [Int]) {
                switch places {
                case .last(let count): (Array(max(0, a - count)..<a), Array(0..<min(count, b)))
                case .axes(let first, let second): (first, second)
                }
            }
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    let (first, second) = axes(shapes[0].rank, shapes[1].rank)
                    let left = try first.map { try ShapeRule.axis($0, of: shapes[0]) }
                    let right = try second.map { try ShapeRule.axis($0, of: shapes[1]) }
                    guard left.count == right.count, Set(left).count == left.count, Set(right).count == right.count,
                        zip(left, right).allSatisfy({ i, j in
                            shapes[0][i] == nil || shapes[1][j] == nil || shapes[0][i] == shapes[1][j]
                        })
                    else { throw MartletError("Expected axes of equal sizes. Received: \(first) and \(second) of \(shapes).") }
                    let kept = shapes[0].dimensions.indices.filter { !left.contains($0) }.map { shapes[0][$0] }
                    return [
                        PartialShape(kept + shapes[1].dimensions.indices.filter { !right.contains($0) }.map { shapes[1][$0] })
                    ]
                },
                run: { inputs in
                    [tensordot(inputs[0], inputs[1], axes: axes(inputs[0].rank, inputs[1].rank))]
                })
        }
    }

    /// Windows over spatial axes.
    static func pooling(_ table: inout [String: Maker]) {
        table["MaxPool"] = pool { maxPool($0, size: $1, strides: $2, padding: $3) }
        table["AveragePool"] = pool { averagePool($0, size: $1, strides: $2, padding: $3) }
    }

    private static func pool(_ function: @escaping @Sendable (Tensor, [Int], [Int], Padding) -> Tensor) -> Maker {
        { attributes in
            let size = try attributes.perAxis("pool_size", default: 1)
            let strides = try attributes.perAxis("strides", default: size)
            let (padding, format) = (try attributes.padding(), try attributes.dataFormat())
            @Sendable func window(_ rank: Int) throws -> (size: [Int], strides: [Int]) {
                let (sizes, steps) = (size.numbers(axes: max(0, rank - 2)), strides.numbers(axes: max(0, rank - 2)))
                guard (3...5).contains(rank), [sizes, steps].allSatisfy({ $0.count == rank - 2 && $0.allSatisfy { $0 >= 1 } }),
                    padding != .causal
                else { throw MartletError("Expected positive sizes for \(rank - 2) spatial axes. Received: \(sizes), \(steps).") }
                return (sizes, steps)
            }
            return Operation(
                shapes: { shapes in
                    let (size, strides) = try window(shapes[0].rank)
                    let last = format.channelsLast(shapes[0])
                    return [format.fromChannelsLast(
                        try Windows.outputShape(of: last, window: size, strides: strides, padding: padding))]
                }, type: floatingType,
                run: { inputs in
                    [format.apply(to: inputs[0].floating) { x in
                        // The shape rule has checked the same rank.
                        guard let (size, strides) = try? window(x.rank) else { return x }
                        return function(x, size, strides, padding)
                    }]
                })
        }
    }

    /// Stacking along the columns of tensors of rank 1 or more, or along the rows of matrices.
    private static func stacking(_ axis: Int) -> Maker {
        { _ in
            @Sendable func place(_ rank: Int) -> Int { min(axis, rank - 1) }
            return Operation(
                operandCount: nil,
                shapes: { shapes in
                    guard shapes[0].rank >= 1 + (1 - axis) else {
                        throw MartletError("Expected tensors with axes to stack along. Received: \(shapes).")
                    }
                    return [try ShapeRule.concatenated(shapes, axis: place(shapes[0].rank))]
                }, run: { [Tensor.concatenate($0, axis: place($0[0].rank))] })
        }
    }

    /// An operation on the diagonals along two axes, which become the last axes.
    private static func diagonal(_ function: @escaping @Sendable (Tensor, Int) -> Tensor) -> Maker {
        { attributes in
            let (offset, first, second): (Int, Int, Int) = (
                try attributes.value("offset", default: 0), try attributes.value("axis1", default: 0),
                try attributes.value("axis2", default: 1)
            )
            guard (-1 << 31..<1 << 31).contains(offset) else {
                throw MartletError(
                    "Expected an offset within a matrix. Received: \(offset).", at: "\(attributes.className).offset")
            }
            @Sendable func order(_ shape: PartialShape) throws -> [Int] {
                let places = [try ShapeRule.axis(first, of: shape), try ShapeRule.axis(second, of: shape)]
                guard places[0] != places[1] else { throw MartletError("Expected two axes. Received: \(first) twice.") }
                return (0..<shape.rank).filter { !places.contains($0) } + places
            }
            return moving({ shape in
                let moved = try ShapeRule.permuted(shape, order(shape)).dimensions
                let size = moved[moved.count - 2].flatMap { rows in
                    moved[moved.count - 1].map { columns in max(0, min(rows + min(0, offset), columns - max(0, offset))) }
                }
                return PartialShape(moved.dropLast(2) + [size])
            }) { x in
                // The shape rule has checked the same axes.
                (try? order(PartialShape(x.shape))).map { function(x.transposed(permutation: $0), offset) } ?? x
            }
        }
    }

    private enum Contraction {
        case last(Int)
        case axes([Int], [Int])
    }

    private static func contraction(_ attributes: Configuration) throws -> Contraction {
        guard case .array? = attributes.arguments["axes"] else {
            let count: Int = try attributes.value("axes", default: 2)
            guard count >= 0 else { throw MartletError("Expected at least 0 axes. Received: \(count).", at: "Tensordot.axes") }
            return .last(count)
        }
        if let pair: [[Int]] = try? attributes.required("axes"), pair.count == 2 { return .axes(pair[0], pair[1]) }
        let pair: [Int] = try attributes.required("axes")
        guard pair.count == 2 else { throw MartletError("Expected two lists of axes.", at: "Tensordot.axes") }
        return .axes([pair[0]], [pair[1]])
    }
}

extension DType {
    /// The largest finite number of a floating-point type.
    fileprivate var largestFinite: Double {
        switch self {
        case .float16: 65504
        case .bfloat16: 0x1.FEp127
        case .float64: .greatestFiniteMagnitude
        default: Double(Float.greatestFiniteMagnitude)
        }
    }
}

extension Int {
    /// 10 to this power.
    fileprivate var powerOfTen: Double {
        let power = (0..<Swift.min(magnitude, 308)).reduce(1.0) { power, _ in power * 10 }
        return self < 0 ? 1 / power : power
    }
}
