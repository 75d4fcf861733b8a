import Foundation
import MartletCore

/// Shape rules of Keras's operations, on shapes with unknown sizes.
enum ShapeRule {
    static func axis(_ axis: Int, of shape: PartialShape) throws -> Int {
        guard let place = shape.normalizedAxis(axis) else {
            throw MartletError("Expected an axis of the shape \(shape). Received: axis \(axis).")
        }
        return place
    }

    static func broadcast(_ shapes: [PartialShape]) throws -> PartialShape {
        try shapes.dropFirst().reduce(shapes[0]) { a, b in
            guard let shape = PartialShape.broadcast(a, b) else {
                throw MartletError("Expected shapes that broadcast. Received: \(shapes).")
            }
            return shape
        }
    }

    static func reduced(_ shape: PartialShape, axes: [Int]?, keepDims: Bool) throws -> PartialShape {
        let reduced = Set(try axes?.map { try axis($0, of: shape) } ?? Array(0..<shape.rank))
        guard reduced.count == axes?.count ?? shape.rank else {
            throw MartletError("Expected different axes. Received: \(axes ?? []).")
        }
        return PartialShape(
            shape.dimensions.indices.compactMap { index -> Int?? in
                reduced.contains(index) ? (keepDims ? .some(1) : nil) : .some(shape[index])
            })
    }

    /// - Parameter sizes: one of them may be -1; it then follows from the others.
    static func reshaped(_ shape: PartialShape, to sizes: [Int]) throws -> PartialShape {
        func fail() -> MartletError { MartletError("Expected a shape like \(sizes). Received: shape \(shape).") }
        let known = sizes.filter { $0 != -1 }
        guard sizes.count - known.count <= 1, known.allSatisfy({ $0 >= 0 }) else { throw fail() }
        _ = try PartialShape(known).validated()
        let product = known.reduce(1, *)
        if let count = shape.known?.elementCount {
            guard known.count == sizes.count ? count == product : product > 0 && count % product == 0 else { throw fail() }
            return PartialShape(sizes.map { $0 == -1 ? count / product : $0 })
        }
        let rest = shape.dimensions.compactMap { $0 }.reduce(1, *)
        if known.count == sizes.count {
            // The unknown sizes may turn out to fit.
            guard rest > 0 ? product % rest == 0 : product == 0 else { throw fail() }
            return PartialShape(sizes)
        }
        // Whether the unknown sizes make whole rows shows when they are known.
        guard product > 0 else { throw fail() }
        return PartialShape(sizes.map { $0 == -1 ? nil : $0 })
    }

    static func permuted(_ shape: PartialShape, _ order: [Int]) throws -> PartialShape {
        let places = try order.map { try axis($0, of: shape) }
        guard places.sorted() == Array(0..<shape.rank) else {
            throw MartletError("Expected each of \(shape.rank) axes once. Received: \(order).")
        }
        return PartialShape(places.map { shape[$0] })
    }

    /// The place of a new axis.
    static func place(of axis: Int, addedTo shape: PartialShape) throws -> Int {
        let place = axis < 0 ? axis + shape.rank + 1 : axis
        guard (0...shape.rank).contains(place) else {
            throw MartletError("Expected an axis within \(shape.rank + 1). Received: \(axis).")
        }
        return place
    }

    static func expanded(_ shape: PartialShape, at axes: [Int]) throws -> PartialShape {
        var result = shape
        for axis in axes {
            result.dimensions.insert(1, at: try place(of: axis, addedTo: result))
        }
        return result
    }

    static func squeezed(_ shape: PartialShape, axes: [Int]?) throws -> PartialShape {
        let places = Set(try axes?.map { try axis($0, of: shape) } ?? shape.dimensions.indices.filter { shape[$0] == 1 })
        guard places.allSatisfy({ shape[$0] == 1 }) else {
            throw MartletError("Expected axes of size 1. Received: axes \(places.sorted()) of shape \(shape).")
        }
        return PartialShape(shape.dimensions.indices.filter { !places.contains($0) }.map { shape[$0] })
    }

    static func concatenated(_ shapes: [PartialShape], axis: Int) throws -> PartialShape {
        let place = try Self.axis(axis, of: shapes[0])
        var result = shapes[0]
        for shape in shapes.dropFirst() {
            guard shape.rank == result.rank, shape.replacing(place, by: nil).accepts(result.replacing(place, by: nil))
            else { throw MartletError("Expected shapes that differ along axis \(axis) only. Received: \(shapes).") }
            result[place] = result[place].flatMap { sum in shape[place].map { sum + $0 } }
        }
        return result
    }

    static func product(_ a: PartialShape, _ b: PartialShape) throws -> PartialShape {
        let (left, right) = (
            a.rank == 1 ? PartialShape([1] + a.dimensions) : a, b.rank == 1 ? PartialShape(b.dimensions + [1]) : b
        )
        guard left.rank >= 2, right.rank >= 2, left[-1] == nil || right[-2] == nil || left[-1] == right[-2],
            let lead = PartialShape.broadcast(
                PartialShape(Array(left.dimensions.dropLast(2))), PartialShape(Array(right.dimensions.dropLast(2))))
        else { throw MartletError("Expected shapes of matrices that multiply. Received: \(a) and \(b).") }
        return PartialShape(
            lead.dimensions + (a.rank == 1 ? [] : [left[-2]]) + (b.rank == 1 ? [] : [right[-1]]))
    }

    static func einsum(_ equation: String, _ shapes: [PartialShape]) throws -> PartialShape {
        func fail() -> MartletError {
            MartletError(
                "Expected an equation like \"ab,bc->ac\" or \"...b,bc->...c\" for shapes \(shapes). Received: \"\(equation)\".")
        }
        /// The axes of a term: letters, and for the axes of an ellipsis their places counted from the last.
        func labels(_ term: String, rank: Int?, hidden: Int) throws -> [String] {
            let parts = term.components(separatedBy: "...")
            guard parts.count <= 2, parts.joined().allSatisfy({ $0.isASCII && $0.isLetter }) else { throw fail() }
            let letters = parts.map { $0.map(String.init) }
            let count = rank.map { $0 - letters.joined().count } ?? hidden
            guard count >= 0, parts.count == 2 || count == 0 || rank == nil else { throw fail() }
            return letters[0] + (parts.count == 2 ? (0..<count).reversed().map { "...\($0)" } + letters[1] : [])
        }
        let sides = equation.filter { $0 != " " }.components(separatedBy: "->")
        let terms = sides[0].components(separatedBy: ",")
        guard sides.count == 2, terms.count == shapes.count else { throw fail() }
        let inputs = try zip(terms, shapes).map { try labels($0, rank: $1.rank, hidden: 0) }
        var sizes: [String: Int] = [:]
        for (label, size) in zip(inputs, shapes).flatMap({ zip($0, $1.dimensions) }) {
            guard let size else { continue }
            let known = sizes[label] ?? 1
            guard known == size || known == 1 || size == 1 else { throw fail() }
            sizes[label] = known == 1 ? size : known
        }
        // An axis of size 1 broadcasts to the same axis of unknown size.
        for (label, size) in zip(inputs, shapes).flatMap({ zip($0, $1.dimensions) }) where size == nil && sizes[label] == 1 {
            sizes[label] = nil
        }
        let known = Set(inputs.joined())
        let output = try labels(sides[1], rank: nil, hidden: known.filter { $0.hasPrefix("...") }.count)
        guard Set(output).count == output.count, output.allSatisfy(known.contains),
            sides[1].contains("...") || !known.contains("...0")
        else { throw fail() }
        return PartialShape(output.map { sizes[$0] })
    }
}

extension PartialShape {
    /// The shape that both broadcast to by NumPy's rules, nil when they do not broadcast.
    static func broadcast(_ a: PartialShape, _ b: PartialShape) -> PartialShape? {
        let rank = max(a.rank, b.rank)
        var result = [Int?](repeating: nil, count: rank)
        for axis in 1...max(1, rank) where rank > 0 {
            let x = axis <= a.rank ? a[-axis] : 1
            let y = axis <= b.rank ? b[-axis] : 1
            if let x, let y, x != y, x != 1, y != 1 { return nil }
            result[rank - axis] = x == 1 ? y : y == 1 ? x : x ?? y
        }
        return PartialShape(result)
    }
}
