import MartletCore
import MartletFormats

extension Operation {
    /// Functions of neural networks with several operands, and of sequences and points.
    static func neural(_ table: inout [String: Maker]) {
        table["LayerNorm"] = { attributes in
            guard try !attributes.value("rms_scaling", default: false) else {
                throw MartletError("Expected no scaling by the root mean square: RMSNorm does that.", at: "LayerNorm")
            }
            // Scale and offset, of which each may be missing.
            let hasScale = attributes.arguments[.key(argument(1))] ?? attributes.arguments["gamma"] ?? .null != .null
            return try norm(attributes, hasScale: hasScale) { layerNorm($0, epsilon: $1) }
        }
        table["RMSNorm"] = { attributes in try norm(attributes, hasScale: true) { rmsNorm($0, epsilon: $1) } }
        table["DotProductAttention"] = attention
        table["BinaryCrossentropy"] = { attributes in
            let fromLogits: Bool = try attributes.value("from_logits", default: false)
            return try floating(2) { BinaryCrossentropy.entropy($0[0], $0[1], fromLogits: fromLogits) }(attributes)
        }
        table["CategoricalCrossentropy"] = crossentropy { CategoricalCrossentropy(fromLogits: $0, axis: $1) }
        table["SparseCategoricalCrossentropy"] = crossentropy(isSparse: true) {
            SparseCategoricalCrossentropy(fromLogits: $0, axis: $1)
        }
        table["PSNR"] = { attributes in
            let largest: Double = try attributes.required("max_val")
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    _ = try ShapeRule.broadcast(shapes)
                    return [[]]
                }, type: floatingType,
                run: { inputs in
                    let error = (inputs[0].floating - inputs[1].floating).square().mean()
                    return [(error.log() * -1 + Tensor(largest * largest, dtype: error.dtype).log()) * (10 * 0.4342944819032518)]
                })
        }
        table["InTopK"] = { attributes in
            let k: Int = try attributes.required("k")
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard shapes[0].rank == 1, shapes[1].rank == 2 else {
                        throw MartletError("Expected labels (n,) and predictions (n, classes). Received: \(shapes).")
                    }
                    return [shapes[0]]
                }, type: { _ in .bool },
                run: { inputs in
                    let places = inputs[0].cast(to: .int64).checkedIndices(below: inputs[1].shape[1]).expandingDims(at: 1)
                    let own = inputs[1].takenAlong(axis: 1, indices: places)
                    return [(inputs[1] .> own).cast(to: .int64).sum(axis: 1) .< k]
                })
        }
        table["CDist"] = { _ in
            Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard shapes.allSatisfy({ $0.rank >= 2 }) else {
                        throw MartletError("Expected lists of points. Received: \(shapes).")
                    }
                    let (x, y) = (shapes[0], shapes[1])
                    let turned = PartialShape(y.dimensions.dropLast(2) + [y[-1], y[-2]])
                    return [try ShapeRule.product(x, turned)]
                }, type: floatingType,
                run: { inputs in
                    let difference = inputs[0].floating.expandingDims(at: -2) - inputs[1].floating.expandingDims(at: -3)
                    return [difference.square().sum(axis: -1).squareRoot()]
                })
        }
        table["ExtractSequences"] = { attributes in
            let (length, stride): (Int, Int) = (
                try attributes.required("sequence_length"), try attributes.required("sequence_stride")
            )
            guard length > 0, stride > 0, length < 1 << 31, stride < 1 << 31 else {
                throw MartletError("Expected a positive length and stride. Received: \(length), \(stride).")
            }
            return moving({ shape in
                let place = try ShapeRule.axis(-1, of: shape)
                guard shape[place] ?? length >= length else {
                    throw MartletError("Expected at least \(length) steps. Received: shape \(shape).")
                }
                return PartialShape(shape.dimensions.dropLast() + [shape[place].map { ($0 - length) / stride + 1 }, length])
            }) { x in
                let starts = Tensor((0..<(x.shape[-1] - length) / stride + 1).map { $0 * stride })
                return x.gathered(at: starts.expandingDims(at: 1) + Tensor(Array(0..<length)), axis: x.rank - 1)
            }
        }
        table["SegmentSum"] = { attributes in
            guard let count: Int = try attributes.optional("num_segments"), (0..<1 << 31).contains(count) else {
                throw MartletError("Expected the number of segments.", at: "SegmentSum.num_segments")
            }
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard shapes[1].rank == 1, shapes[0].rank >= 1 else {
                        throw MartletError("Expected rows and a vector of their segments. Received: \(shapes).")
                    }
                    return [shapes[0].replacing(0, by: count)]
                }, type: { $0[0] },
                run: { inputs in
                    let segments = inputs[1].cast(to: .int64)
                    let zeros = Tensor.zeros(
                        Shape([count] + inputs[0].shape.dimensions.dropFirst()), dtype: inputs[0].dtype)
                    return [zeros.scatteringAdd(at: segments.checkedIndices(below: count), inputs[0])]
                })
        }
        table["MultiHot"] = { attributes in
            let axis: Int = try attributes.value("axis", default: -1)
            let given: Int? = try attributes.optional("num_classes") ?? attributes.optional("num_tokens")
            guard let count = given, (0..<1 << 31).contains(count) else {
                throw MartletError("Expected the number of classes.", at: "MultiHot.num_classes")
            }
            let type =
                try attributes.optional("dtype", as: String.self).map { try DType(name: $0) } ?? Settings.defaultFloatType
            return Operation(
                shapes: { shapes in
                    let place = try ShapeRule.place(of: axis, addedTo: shapes[0])
                    var hot = try ShapeRule.expanded(shapes[0], at: [place]).replacing(place, by: count)
                    hot.dimensions.remove(at: shapes[0].rank > 1 ? 1 : 0)
                    return [hot]
                }, type: { _ in type },
                run: { inputs in
                    let hot = Tensor.oneHot(inputs[0].cast(to: .int64), depth: count, axis: axis, dtype: .float32)
                    return [hot.max(axes: [inputs[0].rank > 1 ? 1 : 0], keepDims: false).cast(to: type)]
                })
        }
    }

    /// A normalization over axes, then multiplied by the first of the operands that follow, where that is a scale, and shifted
    /// by the next.
    /// - Parameter kernel: normalizes along the last axis, with what is added to the variance.
    private static func norm(
        _ attributes: Configuration, hasScale: Bool, _ kernel: @escaping @Sendable (Tensor, Double) -> Tensor
    ) throws -> Operation {
        let axes = try attributes.optionalAxes("axis") ?? [-1]
        let epsilon: Double = try attributes.value("epsilon", default: 1e-7)
        return Operation(
            operandCount: nil,
            shapes: { shapes in
                _ = try ShapeRule.reduced(shapes[0], axes: axes, keepDims: true)
                return [shapes[0]]
            }, type: { $0[0] },
            run: { inputs in
                let x = inputs[0].dtype == .float64 ? inputs[0] : inputs[0].cast(to: .float32)
                let places = axes.map { $0 < 0 ? $0 + x.rank : $0 }
                let rest = inputs.dropFirst().map { operand -> Tensor in
                    let value = operand.cast(to: x.dtype)
                    guard value.rank != x.rank, places != [x.rank - 1], value.elementCount > 1 else { return value }
                    return value.reshaped((0..<x.rank).map { places.contains($0) ? x.shape[$0] : 1 })
                }
                var y = withTrailing(axes, of: x) { kernel($0, epsilon) }
                if hasScale, let scale = rest.first { y = y * scale }
                if let offset = rest.dropFirst(hasScale ? 1 : 0).first { y = y + offset }
                return [y.cast(to: inputs[0].dtype)]
            })
    }

    private static let attention: Maker = { attributes in
        func isGiven(_ name: String, _ place: Int) -> Bool {
            attributes.arguments[.key(name)] ?? attributes.arguments[.key(argument(place))] ?? .null != .null
        }
        let (hasBias, hasMask) = (isGiven("bias", 3), isGiven("mask", 4))
        let scale: Double? = try attributes.optional("scale") ?? attributes.optional(argument(5))
        let isCausal: Bool = try attributes.value("is_causal", default: false)
        guard attributes.arguments["attn_logits_soft_cap"] ?? .null == .null else {
            throw MartletError("Expected scores without a cap.", at: "DotProductAttention.attn_logits_soft_cap")
        }
        return Operation(
            operandCount: 3 + (hasBias ? 1 : 0) + (hasMask ? 1 : 0),
            shapes: { shapes in
                let (query, key, value) = (shapes[0], shapes[1], shapes[2])
                guard [query, key, value].allSatisfy({ $0.rank == 4 }),
                    query.replacing(1, by: nil).replacing(2, by: nil).accepts(key.replacing(1, by: nil).replacing(2, by: nil)),
                    key.replacing(3, by: nil).accepts(value.replacing(3, by: nil))
                else {
                    throw MartletError("Expected queries, keys and values (batch, steps, heads, size). Received: \(shapes).")
                }
                return [query.replacing(3, by: value[3])]
            },
            run: { inputs in
                [dotProductAttention(
                    query: inputs[0], key: inputs[1], value: inputs[2], bias: hasBias ? inputs[3] : nil,
                    mask: hasMask ? inputs[hasBias ? 4 : 3] : nil, scale: scale, isCausal: isCausal)]
            })
    }

    /// The loss of each sample, from targets and predictions with the classes along an axis.
    /// - Parameter loss: makes the loss of whether the predictions are logits, and of the axis.
    private static func crossentropy(isSparse: Bool = false, _ loss: @escaping @Sendable (Bool, Int) -> Loss) -> Maker {
        { attributes in
            let (fromLogits, axis): (Bool, Int) = (
                try attributes.value("from_logits", default: false), try attributes.value("axis", default: -1)
            )
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    let place = try ShapeRule.axis(axis, of: shapes[1])
                    var rest = shapes[1]
                    rest.dimensions.remove(at: place)
                    let isColumn = isSparse && shapes[0].rank == shapes[1].rank && shapes[0][-1] == 1
                    guard isColumn || (isSparse ? rest : shapes[1]).accepts(shapes[0]) else {
                        throw MartletError("Expected targets that fit the predictions. Received: \(shapes).")
                    }
                    return [rest]
                }, type: { floatingType([$0[1]]) },
                run: { inputs in
                    let output = inputs[1].floating
                    return [loss(fromLogits, axis).call(isSparse ? inputs[0] : inputs[0].cast(to: output.dtype), output)]
                })
        }
    }
}
