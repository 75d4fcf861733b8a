import MartletCore
import MartletFormats

/// One of Keras's operations with its attributes: its number of operands, its rules and its function.
struct Operation: Sendable {
    /// The number of operands; nil for any number, in a list or not.
    var operandCount: Int? = 1
    let shapes: @Sendable ([PartialShape]) throws -> [PartialShape]
    var type: @Sendable ([DType]) -> DType = Operation.numericType
    let run: @Sendable ([Tensor]) -> [Tensor]

    /// Makes the operation from its attributes: Keras's `config`, and arguments that are not operands.
    typealias Maker = @Sendable (Configuration) throws -> Operation

    /// The name under which an operation finds a positional argument that may not be an operand, counted from 0.
    static func argument(_ place: Int) -> String { "argument \(place)" }
    static let secondArgument = argument(1)

    // MARK: - Dtypes

    /// The dtype of the operands; truth values count as integers.
    static let numericType: @Sendable ([DType]) -> DType = { types in
        let type = types.dropFirst().reduce(types[0], DType.promoted)
        return type == .bool ? .int32 : type
    }

    /// The dtype of the operands if it is a floating-point one.
    static let floatingType: @Sendable ([DType]) -> DType = { types in
        let type = types.dropFirst().reduce(types[0], DType.promoted)
        return type.isFloatingPoint ? type : Settings.defaultFloatType
    }

    private static func numeric(_ x: Tensor) -> Tensor { x.dtype == .bool ? x.cast(to: .int32) : x }

    // MARK: - Kinds of operations

    /// An elementwise operation on operands that broadcast.
    /// - Parameter type: the dtype of the result; nil is the dtype of the operands.
    static func elementwise(
        _ count: Int = 1, _ type: DType? = nil, _ function: @escaping @Sendable ([Tensor]) -> Tensor
    ) -> Maker {
        { _ in
            var operation = Operation(
                operandCount: count, shapes: { [try ShapeRule.broadcast($0)] }, run: { [function($0.map(numeric))] })
            if let type { operation.type = { _ in type } }
            return operation
        }
    }

    static func unary(_ function: @escaping @Sendable (Tensor) -> Tensor) -> Maker { elementwise { function($0[0]) } }

    static func binary(_ type: DType? = nil, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> Maker {
        elementwise(2, type) { function($0[0], $0[1]) }
    }

    /// An elementwise operation on floating-point numbers.
    static func floating(_ count: Int = 1, _ function: @escaping @Sendable ([Tensor]) -> Tensor) -> Maker {
        { attributes in
            var operation = try elementwise(count, nil) { function($0.map(\.floating)) }(attributes)
            operation.type = floatingType
            return operation
        }
    }

    static func real(_ function: @escaping @Sendable (Tensor) -> Tensor) -> Maker { floating { function($0[0]) } }

    /// A reduction over the axes `axis`, all when null. With `keepdims` they stay, with size 1.
    /// - Parameter needsElements: whether the reduction of no elements is an error.
    static func reduction(
        _ type: DType? = nil, isFloating: Bool = false, needsElements: Bool = false,
        _ function: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor
    ) -> Maker {
        { attributes in
            let axes = try attributes.optionalAxes("axis")
            let keeps = try attributes.value("keepdims", default: false)
            var operation = Operation(
                shapes: { shapes in
                    let reduced = try ShapeRule.reduced(shapes[0], axes: axes, keepDims: keeps)
                    let isEmpty = (axes ?? Array(0..<shapes[0].rank)).contains { shapes[0][$0] == 0 }
                    guard !(needsElements && isEmpty) else {
                        throw MartletError("Expected elements along the axes. Received: shape \(shapes[0]).")
                    }
                    return [reduced]
                },
                run: { [function(isFloating ? $0[0].floating : numeric($0[0]), axes, keeps)] })
            if isFloating { operation.type = floatingType }
            if let type { operation.type = { _ in type } }
            return operation
        }
    }

    /// The place of an element along `axis`, or among all elements when null.
    static func place(_ function: @escaping @Sendable (Tensor, Int?, Bool) -> Tensor) -> Maker {
        { attributes in
            let _: Int? = try attributes.optional("axis")
            return try reduction(.int32, needsElements: true) { function($0, $1?.first, $2).cast(to: .int32) }(attributes)
        }
    }

    /// An activation, by its name in snake case.
    static func activation(_ name: String) -> Maker {
        { attributes in
            let activation = try ActivationRegistry.shared.make(className: name, config: attributes.arguments)
            let axis: Int? = try attributes.optional("axis")
            return Operation(
                shapes: { shapes in
                    if let axis { _ = try ShapeRule.axis(axis, of: shapes[0]) }
                    guard name == "glu" else { return [shapes[0]] }
                    let place = try ShapeRule.axis(axis ?? -1, of: shapes[0])
                    guard (shapes[0][place] ?? 0) % 2 == 0 else {
                        throw MartletError("Expected an axis of even size. Received: shape \(shapes[0]).")
                    }
                    return [shapes[0].replacing(place, by: shapes[0][place].map { $0 / 2 })]
                }, type: floatingType, run: { [activation($0[0].floating)] })
        }
    }

    /// An operation along one axis that keeps the shape.
    static func along(
        _ axisName: String = "axis", default first: Int = -1, _ function: @escaping @Sendable (Tensor, Int) -> Tensor
    ) -> Maker {
        { attributes in
            let axis: Int = try attributes.value(axisName, default: first)
            return Operation(
                shapes: { shapes in
                    _ = try ShapeRule.axis(axis, of: shapes[0])
                    return [shapes[0]]
                }, run: { [function(numeric($0[0]), axis)] })
        }
    }

    /// An operation along one axis, or on all elements when `axis` is null, that keeps shape and dtype.
    static func movingAlong(_ function: @escaping @Sendable (Tensor, Int?) -> Tensor) -> Maker {
        { attributes in
            let axis: Int? = try attributes.optional("axis")
            return moving({ shape in
                if let axis { _ = try ShapeRule.axis(axis, of: shape) }
                return shape
            }) { function($0, axis) }
        }
    }

    /// An operation on one tensor that keeps its dtype, with the given shape rule.
    static func moving(
        _ shape: @escaping @Sendable (PartialShape) throws -> PartialShape,
        _ function: @escaping @Sendable (Tensor) -> Tensor
    ) -> Operation {
        Operation(
            shapes: { [try shape($0[0])] }, type: { $0[0] }, run: { [function($0[0])] })
    }
}
