import MartletCore
import MartletFormats

extension Operation {
    /// NumPy's functions that turn, split, join and multiply arrays.
    static func matrices(_ table: inout [String: Maker]) {
        table["Fliplr"] = flip(1)
        table["Flipud"] = flip(0)
        table["Rot90"] = { attributes in
            let turns: Int = try attributes.value("k", default: 1)
            let axes: [Int] = try attributes.value("axes", default: [0, 1])
            let count = ((turns % 4) + 4) % 4
            return moving({ shape in
                let places = try axes.map { try ShapeRule.axis($0, of: shape) }
                guard places.count == 2, places[0] != places[1] else {
                    throw MartletError("Expected two axes. Received: \(axes).", at: "Rot90.axes")
                }
                var result = shape
                if count % 2 == 1 { result.dimensions.swapAt(places[0], places[1]) }
                return result
            }) { x in
                switch count {
                case 1: x.reversed(axes: [axes[1]]).transposed(axes[0], axes[1])
                case 2: x.reversed(axes: axes)
                case 3: x.transposed(axes[0], axes[1]).reversed(axes: [axes[1]])
                default: x
                }
            }
        }
        table["Hsplit"] = parts { $0 == 1 ? 0 : 1 }
        table["Vsplit"] = parts { _ in 0 }
        table["Dsplit"] = parts { _ in 2 }
        table["ArraySplit"] = { attributes in
            let axis: Int = try attributes.value("axis", default: 0)
            return try splitting(attributes, isEven: false) { _ in axis }
        }
        table["Dstack"] = { _ in
            /// The size as one of at least three axes.
            @Sendable func deep(_ sizes: [Int?]) -> [Int?] {
                switch sizes.count {
                case 0: [1, 1, 1]
                case 1: [1, sizes[0], 1]
                case 2: sizes + [1]
                default: sizes
                }
            }
            return Operation(
                operandCount: nil,
                shapes: { [try ShapeRule.concatenated($0.map { PartialShape(deep($0.dimensions)) }, axis: 2)] },
                run: { inputs in
                    [Tensor.concatenate(
                        inputs.map { $0.reshaped(to: Shape(deep($0.shape.dimensions).map { $0! })) }, axis: 2)]
                })
        }
        table["Append"] = { attributes in
            let axis: Int? = try attributes.optional("axis")
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    let both = axis == nil ? try shapes.map { try ShapeRule.reshaped($0, to: [-1]) } : shapes
                    return [try ShapeRule.concatenated(both, axis: axis ?? 0)]
                },
                run: { inputs in
                    let (a, b) = Tensor.promoted(inputs[0], inputs[1])
                    return [Tensor.concatenate(axis == nil ? [a.flattened(), b.flattened()] : [a, b], axis: axis ?? 0)]
                })
        }
        table["Outer"] = { _ in
            Operation(
                operandCount: 2,
                shapes: { shapes in
                    let sizes = try shapes.map { try ShapeRule.reshaped($0, to: [-1])[0] }
                    return [PartialShape(sizes)]
                }, run: { [$0[0].reshaped([-1, 1]) * $0[1].reshaped([1, -1])] })
        }
        table["Vdot"] = { _ in
            Operation(
                operandCount: 2,
                shapes: { shapes in
                    let counts = shapes.map { $0.known?.elementCount }
                    guard counts[0] == nil || counts[1] == nil || counts[0] == counts[1] else {
                        throw MartletError("Expected as many elements in both. Received: \(shapes).")
                    }
                    return [[]]
                }, run: { [($0[0].flattened() * $0[1].flattened()).sum()] })
        }
        table["Inner"] = { _ in
            Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard let a = shapes[0].dimensions.last, let b = shapes[1].dimensions.last else {
                        return [shapes[0].rank == 0 ? shapes[1] : shapes[0]]
                    }
                    guard a == nil || b == nil || a == b else {
                        throw MartletError("Expected last axes of one size. Received: \(shapes).")
                    }
                    return [PartialShape(shapes[0].dimensions.dropLast() + shapes[1].dimensions.dropLast())]
                },
                run: { inputs in
                    let (a, b) = (inputs[0], inputs[1])
                    return [a.rank == 0 || b.rank == 0 ? a * b : tensordot(a, b, axes: ([a.rank - 1], [b.rank - 1]))]
                })
        }
        table["Cross"] = cross
        table["Diag"] = { attributes in
            let k: Int = try attributes.value("k", default: 0)
            guard (-1 << 20...1 << 20).contains(k) else {
                throw MartletError("Expected a diagonal near the main one. Received: \(k).", at: "Diag.k")
            }
            return moving({ shape in
                guard (1...2).contains(shape.rank) else {
                    throw MartletError("Expected a vector or a matrix. Received: shape \(shape).")
                }
                if shape.rank == 1 { return PartialShape([Int?](repeating: shape[0].map { $0 + abs(k) }, count: 2)) }
                guard let rows = shape[0], let columns = shape[1] else { return [nil] }
                return [max(0, min(rows + min(0, k), columns - max(0, k)))]
            }) { x in
                guard x.rank == 1 else { return x.diagonal(offset: k) }
                let size = x.shape[0] + abs(k)
                let moved = x.padded([(max(0, k), max(0, -k))]).expandingDims(at: 0)
                let isOn = Tensor.eye(size, k: k, dtype: .bool)
                return `where`(isOn, moved.broadcast(to: [size, size]), Tensor.zeros([], dtype: x.dtype))
            }
        }
        table["SearchSorted"] = search { try $0.value("side", default: "left") == "right" }
        table["Digitize"] = { attributes in
            let operation = try search { _ in true }(attributes)
            return Operation(
                operandCount: 2, shapes: { try operation.shapes([$0[1], $0[0]]) }, type: operation.type,
                run: { operation.run([$0[1], $0[0]]) })
        }
    }

    /// A reversal of one axis.
    private static func flip(_ axis: Int) -> Maker {
        { _ in
            moving({ shape in
                _ = try ShapeRule.axis(axis, of: shape)
                return shape
            }) { $0.reversed(axes: [axis]) }
        }
    }

    /// The vector product of 2 or 3 components along an axis.
    private static let cross: Maker = { attributes in
        let all: Int? = try attributes.optional("axis")
        func axis(_ name: String) throws -> Int { try all ?? attributes.value(name, default: -1) }
        let (first, second, last) = (try axis("axisa"), try axis("axisb"), try axis("axisc"))
        return Operation(
            operandCount: 2,
            shapes: { shapes in
                let places = [try ShapeRule.axis(first, of: shapes[0]), try ShapeRule.axis(second, of: shapes[1])]
                let sizes = [shapes[0][places[0]], shapes[1][places[1]]]
                guard sizes.allSatisfy({ $0 == 2 || $0 == 3 }) else {
                    throw MartletError("Expected 2 or 3 components along the axes. Received: \(shapes).")
                }
                let rests = zip(shapes, places).map { shape, place in
                    var rest = shape
                    rest.dimensions.remove(at: place)
                    return rest
                }
                let rest = try ShapeRule.broadcast(rests)
                guard sizes.contains(3) else { return [rest] }
                var result = rest
                result.dimensions.insert(3, at: try ShapeRule.place(of: last, addedTo: rest))
                return [result]
            },
            run: { inputs in
                let (a, b) = Tensor.promoted(inputs[0], inputs[1])
                let x = a.movingAxis(first, to: -1).unstacked(axis: -1)
                let y = b.movingAxis(second, to: -1).unstacked(axis: -1)
                let z = x[0] * y[1] - x[1] * y[0]
                guard x.count == 3 || y.count == 3 else { return [z] }
                let (x2, y2) = (x.count == 3 ? x[2] : .zeros(like: x[0]), y.count == 3 ? y[2] : .zeros(like: y[0]))
                return [Tensor.stack([x[1] * y2 - x2 * y[1], x2 * y[0] - x[0] * y2, z], axis: last)]
            })
    }

    /// The places of values in an ascending vector.
    private static func search(_ isRight: @escaping @Sendable (Configuration) throws -> Bool) -> Maker {
        { attributes in
            let right = try isRight(attributes)
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard shapes[0].rank == 1 else {
                        throw MartletError("Expected an ascending vector. Received: shape \(shapes[0]).")
                    }
                    return [shapes[1]]
                }, type: { _ in .int32 },
                run: { inputs in
                    let (sequence, values) = Tensor.promoted(inputs[0], inputs[1])
                    return [sequence.searchSorted(values, right: right).cast(to: .int32)]
                })
        }
    }

    private static func parts(_ axis: @escaping @Sendable (Int) -> Int) -> Maker {
        { try splitting($0, isEven: true, axis: axis) }
    }

    /// Parts of an axis: so many, or those between given places.
    /// - Parameters:
    ///   - isEven: whether the number of parts must divide the size, and places lie within it; else the first parts are one
    ///     larger, and places count from the end or stand for it.
    ///   - axis: the axis for a rank.
    static func splitting(
        _ attributes: Configuration, isEven: Bool, axis: @escaping @Sendable (Int) -> Int
    ) throws -> Operation {
        let given = try attributes.perAxis("indices_or_sections", default: 1)
        @Sendable func sizes(of size: Int) throws -> [Int] {
            if let count = given as? Int {
                guard count > 0, count < 1 << 16, !isEven || size % count == 0 else {
                    throw MartletError("Expected a size that \(count) divides. Received: \(size).")
                }
                return (0..<count).map { size / count + ($0 < size % count ? 1 : 0) }
            }
            let places = given.numbers(axes: 1)
            let borders = [0] + (isEven ? places : places.map { min(max($0 < 0 ? $0 + size : $0, 0), size) }) + [size]
            guard zip(borders, borders.dropFirst()).allSatisfy({ $0 <= $1 }) else {
                throw MartletError("Expected increasing places up to \(size). Received: \(borders).")
            }
            return zip(borders, borders.dropFirst()).map { $1 - $0 }
        }
        return Operation(
            shapes: { shapes in
                let place = try ShapeRule.axis(axis(shapes[0].rank), of: shapes[0])
                guard let size = shapes[0][place] else {
                    throw MartletError("Expected an axis of known size. Received: shape \(shapes[0]).")
                }
                return try sizes(of: size).map { shapes[0].replacing(place, by: $0) }
            }, type: { $0[0] },
            run: { inputs in
                let place = axis(inputs[0].rank)
                // The shape rule has checked the same size.
                return (try? inputs[0].split(sizes: sizes(of: inputs[0].shape[place]), axis: place)) ?? []
            })
    }
}
