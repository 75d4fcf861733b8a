import MartletCore
import MartletFormats

extension Operation {
    /// Operations that move elements.
    static func layout(_ table: inout [String: Maker]) {
        table["Cast"] = { attributes in
            let type = try DType(name: attributes.required("dtype"))
            return Operation(shapes: { $0 }, type: { _ in type }, run: { [$0[0].cast(to: type)] })
        }
        table["Reshape"] = { attributes in
            let sizes: [Int] = try attributes.required("newshape", as: [JSONValue].self).map {
                $0 == .null ? -1 : try $0.value(at: [])
            }
            return moving({ try ShapeRule.reshaped($0, to: sizes) }) { $0.reshaped(sizes) }
        }
        table["Ravel"] = { _ in moving({ try ShapeRule.reshaped($0, to: [-1]) }) { $0.flattened() } }
        table["Transpose"] = { attributes in
            let order: [Int]? = try attributes.optional("axes")
            @Sendable func places(_ rank: Int) -> [Int] { order?.map { $0 < 0 ? $0 + rank : $0 } ?? (0..<rank).reversed() }
            return moving({ try ShapeRule.permuted($0, places($0.rank)) }) { $0.transposed(permutation: places($0.rank)) }
        }
        table["Swapaxes"] = { attributes in
            let (a, b): (Int, Int) = (try attributes.required("axis1"), try attributes.required("axis2"))
            return moving({ shape in
                var result = shape
                let (i, j) = (try ShapeRule.axis(a, of: shape), try ShapeRule.axis(b, of: shape))
                result.dimensions.swapAt(i, j)
                return result
            }) { $0.transposed(a, b) }
        }
        table["Moveaxis"] = { attributes in
            let (from, to): (Int, Int) = (try attributes.required("source"), try attributes.required("destination"))
            return moving({ shape in
                var result = shape
                let size = result.dimensions.remove(at: try ShapeRule.axis(from, of: shape))
                result.dimensions.insert(size, at: try ShapeRule.axis(to, of: shape))
                return result
            }) { $0.movingAxis(from, to: to) }
        }
        table["ExpandDims"] = { attributes in
            let axes = try attributes.optionalAxes("axis") ?? [0]
            return moving({ try ShapeRule.expanded($0, at: axes) }) { axes.reduce($0) { $0.expandingDims(at: $1) } }
        }
        table["Squeeze"] = { attributes in
            let axes = try attributes.optionalAxes("axis")
            return moving({ try ShapeRule.squeezed($0, axes: axes) }) { $0.squeezed(axes: axes) }
        }
        table["Concatenate"] = { attributes in
            let axis: Int = try attributes.value("axis", default: 0)
            return Operation(
                operandCount: nil, shapes: { [try ShapeRule.concatenated($0, axis: axis)] },
                run: { [Tensor.concatenate($0, axis: axis)] })
        }
        table["Stack"] = { attributes in
            let axis: Int = try attributes.value("axis", default: 0)
            return Operation(
                operandCount: nil,
                shapes: { shapes in
                    guard shapes.allSatisfy({ $0.accepts(shapes[0]) }) else {
                        throw MartletError("Expected tensors of one shape. Received: \(shapes).")
                    }
                    let place = try ShapeRule.place(of: axis, addedTo: shapes[0])
                    return [try ShapeRule.expanded(shapes[0], at: [place]).replacing(place, by: shapes.count)]
                }, run: { [Tensor.stack($0, axis: axis)] })
        }
        table["Split"] = { attributes in
            let axis: Int = try attributes.value("axis", default: 0)
            return try splitting(attributes, isEven: true) { _ in axis }
        }
        table["Tile"] = { attributes in
            let repeats = try attributes.perAxis("repeats", default: 1).numbers(axes: 1)
            return moving({ shape in
                guard repeats.count == shape.rank, repeats.allSatisfy({ $0 >= 0 }) else {
                    throw MartletError("Expected repeats of \(shape.rank) axes. Received: \(repeats).")
                }
                return PartialShape(zip(shape.dimensions, repeats).map { size, count in size.map { $0 * count } })
            }) { $0.tiled(repeats) }
        }
        table["Repeat"] = { attributes in
            let (count, axis): (Int, Int) = (try attributes.required("repeats"), try attributes.required("axis"))
            return moving({ shape in
                guard count >= 0 else { throw MartletError("Expected repeats of at least 0. Received: \(count).") }
                let place = try ShapeRule.axis(axis, of: shape)
                return shape.replacing(place, by: shape[place].map { $0 * count })
            }) { $0.repeated(count, axis: axis) }
        }
        table["Pad"] = { attributes in
            let widths: [[Int]] = try attributes.required("pad_width")
            let mode: String = try attributes.value("mode", default: "constant")
            let value: Double = try attributes.value("constant_values", default: 0)
            let modes: [String: PadMode] = [
                "constant": .constant(value), "reflect": .reflect, "symmetric": .symmetric, "edge": .edge,
            ]
            guard let mode = modes[mode] else {
                throw MartletError("Expected a known padding mode. Received: \"\(mode)\".", at: "Pad.mode")
            }
            return moving({ shape in
                guard widths.count == shape.rank, widths.allSatisfy({ $0.count == 2 && $0[0] >= 0 && $0[1] >= 0 }) else {
                    throw MartletError("Expected two widths for each of \(shape.rank) axes. Received: \(widths).")
                }
                // A size that is not known yet is checked with the data.
                for case (let size?, let width) in zip(shape.dimensions, widths) where mode == .reflect || mode == .symmetric {
                    guard max(width[0], width[1]) <= (mode == .reflect ? size - 1 : size) || width == [0, 0] else {
                        throw MartletError("Expected widths within the shape \(shape). Received: \(widths).")
                    }
                }
                return PartialShape(
                    zip(shape.dimensions, widths).map { size, width in size.map { $0 + width[0] + width[1] } })
            }) { $0.padded(widths.map { ($0[0], $0[1]) }, mode: mode) }
        }
        table["BroadcastTo"] = { attributes in
            let sizes: [Int] = try attributes.required("shape")
            return moving({ shape in
                guard sizes.allSatisfy({ $0 >= 0 }), shape.known != nil,
                    PartialShape.broadcast(shape, PartialShape(sizes)) == PartialShape(sizes)
                else { throw MartletError("Expected a shape that broadcasts to \(sizes). Received: \(shape).") }
                return PartialShape(sizes)
            }) { $0.broadcast(to: Shape(sizes)) }
        }
        table["GetItem"] = { attributes in
            guard let key = attributes.arguments[.key(secondArgument)] ?? attributes.arguments["key"] else {
                throw MartletError("Expected indices.", at: "GetItem.key")
            }
            let indices = try Indexing(key)
            return moving(indices.shape) { $0.indexed(by: indices.list) }
        }
        table["Take"] = { attributes in
            let axis: Int = try attributes.required("axis")
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    let place = try ShapeRule.axis(axis, of: shapes[0])
                    var result = shapes[0]
                    result.dimensions.replaceSubrange(place...place, with: shapes[1].dimensions)
                    return [result]
                }, type: { $0[0] },
                run: { inputs in
                    let size = inputs[0].shape[axis]
                    let indices = inputs[1].cast(to: .int64)
                    let positive = `where`(indices .< 0, indices + size, indices)
                    return [inputs[0].gathered(at: positive.checkedIndices(below: size), axis: axis)]
                })
        }
        table["OneHot"] = { attributes in
            let (count, axis): (Int, Int) = (
                try attributes.required("num_classes"), try attributes.value("axis", default: -1)
            )
            guard count >= 0 else { throw MartletError("Expected at least 0 classes. Received: \(count).", at: "OneHot") }
            let type =
                try attributes.optional("dtype", as: String.self).map { try DType(name: $0) }
                ?? Settings.defaultFloatType
            return Operation(
                shapes: { shapes in
                    let place = try ShapeRule.place(of: axis, addedTo: shapes[0])
                    return [try ShapeRule.expanded(shapes[0], at: [place]).replacing(place, by: count)]
                }, type: { _ in type }, run: { [Tensor.oneHot($0[0].cast(to: .int64), depth: count, axis: axis, dtype: type)] })
        }
        table["Tril"] = triangle { $0.lowerTriangle(k: $1) }
        table["Triu"] = triangle { $0.upperTriangle(k: $1) }
    }

    private static func triangle(_ function: @escaping @Sendable (Tensor, Int) -> Tensor) -> Maker {
        { attributes in
            let k: Int = try attributes.value("k", default: 0)
            return moving({ shape in
                guard shape.rank >= 2 else { throw MartletError("Expected matrices. Received: shape \(shape).") }
                return shape
            }) { function($0, k) }
        }
    }
}

/// Indices between brackets, as Keras writes them.
private struct Indexing {
    let list: [TensorIndex]
    private let kinds: [Kind]

    private enum Kind {
        case index(Int)
        case slice(from: Int?, to: Int?, by: Int)
        case ellipsis, newAxis
    }

    init(_ json: JSONValue) throws {
        let items: [JSONValue]
        if case .array(let values) = json { items = values } else { items = [json] }
        kinds = try items.map { item in
            switch (item, item["class_name"]) {
            case (.int(let index), _): return .index(index)
            case (.null, _): return .newAxis
            case (_, "__ellipsis__"?): return .ellipsis
            case (_, "__slice__"?):
                let step = try item.valueIfPresent(at: ["config", "step"]) ?? 1
                guard step != 0 else { throw MartletError("Expected a step other than 0.", at: "GetItem") }
                return .slice(
                    from: try item.valueIfPresent(at: ["config", "start"]),
                    to: try item.valueIfPresent(at: ["config", "stop"]),
                    by: step)
            default: throw MartletError("Expected integers and slices. Received: \(item.serialized()).", at: "GetItem")
            }
        }
        list = kinds.map { kind in
            switch kind {
            case .index(let index): TensorIndex(integerLiteral: index)
            case .slice(let from, let to, let by): .stride(from: from, to: to, by: by)
            case .ellipsis: .ellipsis
            case .newAxis: .newAxis
            }
        }
    }

    func shape(_ shape: PartialShape) throws -> PartialShape {
        var (used, ellipses) = (0, 0)
        for kind in kinds {
            switch kind {
            case .index, .slice: used += 1
            case .ellipsis: ellipses += 1
            case .newAxis: break
            }
        }
        guard used <= shape.rank, ellipses <= 1 else {
            throw MartletError("Expected at most \(shape.rank) indices. Received: \(used).", at: "GetItem")
        }
        var rest = shape.dimensions[...]
        var result: [Int?] = []
        for kind in kinds {
            switch kind {
            case .index(let index):
                let size = rest.removeFirst()
                if let size, !(-size..<size).contains(index) {
                    throw MartletError("Expected an index within the shape \(shape). Received: \(index).", at: "GetItem")
                }
            case .slice(let from, let to, let by):
                result.append(rest.removeFirst().map { TensorIndex.count(from: from, to: to, by: by, size: $0) })
            case .ellipsis:
                let count = shape.rank - used
                result += rest.prefix(count)
                rest = rest.dropFirst(count)
            case .newAxis: result.append(1)
            }
        }
        return PartialShape(result + rest)
    }
}
