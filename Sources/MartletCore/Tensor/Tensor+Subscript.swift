/// What may stand between the brackets of `x[...]`: an `Int`, a range of `Int`s, or a `TensorIndex`.
public protocol TensorIndexConvertible {
    /// The index that it stands for.
    var tensorIndex: TensorIndex { get }
}

/// How a subscript treats one axis.
public struct TensorIndex: TensorIndexConvertible, ExpressibleByIntegerLiteral, Sendable {
    package enum Kind: Sendable {
        case index(Int)
        case stride(from: Int?, to: Int?, by: Int)
        case newAxis
        case ellipsis
    }

    package let kind: Kind

    /// One slice, whose axis goes; negative from the end.
    public init(integerLiteral value: Int) { kind = .index(value) }

    init(_ kind: Kind) { self.kind = kind }

    /// How many of `size` elements a stride takes.
    package static func count(from: Int?, to: Int?, by step: Int, size: Int) -> Int {
        places(from: from, to: to, by: step, size: size).count
    }

    public var tensorIndex: TensorIndex { self }
}

extension TensorIndexConvertible where Self == TensorIndex {
    /// The whole axis: Python's `:`.
    public static var all: TensorIndex { TensorIndex(.stride(from: nil, to: nil, by: 1)) }

    /// A new axis of size 1.
    public static var newAxis: TensorIndex { TensorIndex(.newAxis) }

    /// As many whole axes as the other indices leave over: Python's `...`.
    public static var ellipsis: TensorIndex { TensorIndex(.ellipsis) }

    /// Every `step`-th slice from `start` up to `end`, as in Python's `start:end:step`: negative ends count from the
    /// end, ends outside are moved to the border, a negative step goes backwards, nil is the border. The step may not
    /// be 0.
    public static func stride(from start: Int? = nil, to end: Int? = nil, by step: Int = 1) -> TensorIndex {
        let fits = require(step != 0, "subscript", "Expected a stride by a step other than 0.")
        return TensorIndex(.stride(from: start, to: end, by: fits ? step : 1))
    }
}

extension Int: TensorIndexConvertible {
    public var tensorIndex: TensorIndex { TensorIndex(.index(self)) }
}

extension Range: TensorIndexConvertible where Bound == Int {
    public var tensorIndex: TensorIndex { .stride(from: lowerBound, to: upperBound) }
}

extension ClosedRange: TensorIndexConvertible where Bound == Int {
    public var tensorIndex: TensorIndex { .stride(from: lowerBound, to: upperBound == -1 ? nil : upperBound + 1) }
}

extension PartialRangeFrom: TensorIndexConvertible where Bound == Int {
    public var tensorIndex: TensorIndex { .stride(from: lowerBound) }
}

extension PartialRangeUpTo: TensorIndexConvertible where Bound == Int {
    public var tensorIndex: TensorIndex { .stride(to: upperBound) }
}

extension PartialRangeThrough: TensorIndexConvertible where Bound == Int {
    public var tensorIndex: TensorIndex { .stride(to: upperBound == -1 ? nil : upperBound + 1) }
}

/// From the place `-bound` counted from the end, as Python's `-2:`. Swift reads `-2...` as the negative of `2...`.
public prefix func - (range: PartialRangeFrom<Int>) -> PartialRangeFrom<Int> { (-range.lowerBound)... }

prefix operator ..<-
infix operator ..<- : RangeFormationPrecedence

/// Up to the place `bound` counted from the end, as Python's `:-2`: `x[..<-2]`.
public prefix func ..<- (bound: Int) -> PartialRangeUpTo<Int> { ..<(-bound) }

/// From one place up to another that is counted from the end, as Python's `1:-1`: `x[1..<-1]`.
public func ..<- (start: Int, bound: Int) -> TensorIndex { .stride(from: start, to: -bound) }

extension Tensor {
    /// A part of the tensor, one index for each axis from the first on; axes without an index stay whole.
    ///
    /// ```swift
    /// x[0]                                  // the first slice, without its axis
    /// x[1..<3, -1]                          // rows 1 and 2 of the last column
    /// x[.ellipsis, .newAxis, 2...]          // from 2 on along the last axis, and a new axis before it
    /// x[-2..., 1..<-1]                      // the last two rows, without the first and the last column
    /// x[.stride(from: -1, by: -2), .all]    // every other row, from the last one backwards
    /// ```
    ///
    /// Indices and bounds may be negative and then count from the end. Ranges are cut at the borders, as in Python; an
    /// `Int` outside stops the program.
    public subscript<each Index: TensorIndexConvertible>(_ indices: repeat each Index) -> Tensor {
        var list: [TensorIndex.Kind] = []
        repeat list.append((each indices).tensorIndex.kind)
        return indexed(by: list)
    }

    /// The elements where a `bool` mask is true (`booleanMask`), or the slices at integer indices (`gathered`).
    public subscript(_ indices: Tensor) -> Tensor {
        indices.dtype == .bool ? booleanMask(indices) : gathered(at: indices)
    }

    /// The part that a list of indices names.
    package func indexed(by list: [TensorIndex]) -> Tensor { indexed(by: list.map(\.kind)) }

    private func indexed(by list: [TensorIndex.Kind]) -> Tensor {
        var (used, ellipses) = (0, 0)
        for kind in list {
            switch kind {
            case .index, .stride: used += 1
            case .ellipsis: ellipses += 1
            case .newAxis: break
            }
        }
        guard
            require(
                used <= rank && ellipses <= 1, "subscript",
                "Expected at most \(rank) indices and one ellipsis. Received: \(used) and \(ellipses) for \(spec).")
        else { return .substitute(spec) }

        var (begin, step, sizes, result) = ([Int](), [Int](), [Int](), [Int]())
        func take(from start: Int, by stride: Int, count: Int) {
            begin.append(count == 0 ? 0 : start)
            step.append(stride)
            sizes.append(count)
        }
        func takeWhole(_ count: Int) {
            for _ in 0..<count {
                take(from: 0, by: 1, count: shape[begin.count])
                result.append(sizes[sizes.count - 1])
            }
        }
        for kind in list {
            switch kind {
            case .index(let index):
                let size = shape[begin.count]
                require(
                    (-size..<size).contains(index), "subscript",
                    "Index \(index) is out of range \(-size)..<\(size) for axis \(begin.count) of \(spec).")
                take(from: index < 0 ? index + size : index, by: 1, count: 1)
            case .stride(let from, let to, let by):
                let (start, count) = places(from: from, to: to, by: by, size: shape[begin.count])
                take(from: start, by: by, count: count)
                result.append(count)
            case .newAxis: result.append(1)
            case .ellipsis: takeWhole(rank - used)
            }
        }
        takeWhole(rank - begin.count)
        let isWhole = sizes == shape.dimensions && step.allSatisfy { $0 == 1 }
        let part = isWhole ? self : perform(Slice(begin: begin, step: step, sizes: sizes), self)
        return part.reshaped(to: Shape(result))
    }
}

/// Where a Python slice of an axis begins, and how many places it has.
private func places(from: Int?, to: Int?, by step: Int, size: Int) -> (start: Int, count: Int) {
    // Going backwards, the place "before the first" is -1.
    let limits = step > 0 ? 0...size : -1...(size - 1)
    func place(_ bound: Int?, otherwise border: Int) -> Int {
        guard let bound else { return border }
        return min(max(bound < 0 ? bound + size : bound, limits.lowerBound), limits.upperBound)
    }
    let start = place(from, otherwise: step > 0 ? limits.lowerBound : limits.upperBound)
    let end = place(to, otherwise: step > 0 ? limits.upperBound : limits.lowerBound)
    let distance = step > 0 ? end - start : start - end
    return (start, distance <= 0 ? 0 : (distance - 1) / abs(step) + 1)
}
