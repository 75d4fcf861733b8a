import MartletCore
import MartletFormats

extension Operation {
    /// Reductions that leave NaN out, medians and quantiles.
    static func statistics(_ table: inout [String: Maker]) {
        table["Ptp"] = reduction(needsElements: true) {
            $0.max(axes: $1, keepDims: $2) - $0.min(axes: $1, keepDims: $2)
        }
        table["Nansum"] = reduction { $0.replacingNaN(by: 0).sum(axes: $1, keepDims: $2) }
        table["Nanprod"] = reduction { $0.replacingNaN(by: 1).product(axes: $1, keepDims: $2) }
        table["Nanmax"] = extreme(-.infinity) { $0.max(axes: $1, keepDims: $2) }
        table["Nanmin"] = extreme(.infinity) { $0.min(axes: $1, keepDims: $2) }
        table["Nanmean"] = reduction(isFloating: true) { nanMean($0, $1, $2) }
        table["Nanvar"] = reduction(isFloating: true) { nanVariance($0, $1, $2) }
        table["Nanstd"] = reduction(isFloating: true) { nanVariance($0, $1, $2).squareRoot() }
        table["Nanargmax"] = nanPlace(-.infinity) { $0.argmax(axis: $1, keepDims: $2) }
        table["Nanargmin"] = nanPlace(.infinity) { $0.argmin(axis: $1, keepDims: $2) }
        table["Nancumsum"] = cumulative { $0.replacingNaN(by: 0).cumulativeSum(axis: $1) }
        table["Nancumprod"] = cumulative { $0.replacingNaN(by: 1).cumulativeProduct(axis: $1) }
        table["Median"] = quantiles(.half, leavesOutNaN: false)
        table["Nanmedian"] = quantiles(.half, leavesOutNaN: true)
        table["Quantile"] = quantiles(.share, leavesOutNaN: false)
        table["Nanquantile"] = quantiles(.share, leavesOutNaN: true)
        table["Percentile"] = quantiles(.percent, leavesOutNaN: false)
        table["Nanpercentile"] = quantiles(.percent, leavesOutNaN: true)
        table["Trapezoid"] = { attributes in
            guard attributes.arguments["x"] ?? .null == .null else {
                throw MartletError("Expected samples at equal distances.", at: "Trapezoid.x")
            }
            let (distance, axis): (Double, Int) = (
                try attributes.value("dx", default: 1), try attributes.value("axis", default: -1)
            )
            return Operation(
                shapes: { shapes in
                    let place = try ShapeRule.axis(axis, of: shapes[0])
                    var rest = shapes[0]
                    rest.dimensions.remove(at: place)
                    return [rest]
                }, type: floatingType,
                run: { inputs in
                    let x = inputs[0].floating.movingAxis(axis, to: -1)
                    let count = x.shape[-1]
                    guard count > 0 else { return [x.sum(axis: -1)] }
                    let ends = x.split(sizes: [1, count - 1], axis: -1)[0] + x.split(sizes: [count - 1, 1], axis: -1)[1]
                    return [(x.sum(axis: -1) - ends.squeezed(axis: -1) * 0.5) * distance]
                })
        }
    }

    /// A cumulative function along `axis`, over all elements in order when null.
    static func cumulative(_ function: @escaping @Sendable (Tensor, Int) -> Tensor) -> Maker {
        { attributes in
            guard attributes.arguments["axis"] ?? .null == .null else { return try along("axis", function)(attributes) }
            return Operation(
                shapes: { [try ShapeRule.reshaped($0[0], to: [-1])] }, run: { [function($0[0].flattened(), 0)] })
        }
    }

    private static func nanMean(_ x: Tensor, _ axes: [Int]?, _ keepDims: Bool) -> Tensor {
        let count = x.isNaN().logicalNot().cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
        return x.replacingNaN(by: 0).sum(axes: axes, keepDims: keepDims) / count
    }

    private static func nanVariance(_ x: Tensor, _ axes: [Int]?, _ keepDims: Bool) -> Tensor {
        nanMean((x - nanMean(x, axes, true)).square(), axes, keepDims)
    }

    /// The largest or smallest number, NaN where there is none.
    private static func extreme(_ neutral: Double, _ function: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor) -> Maker {
        reduction(needsElements: true) { x, axes, keepDims in
            guard x.dtype.isFloatingPoint else { return function(x, axes, keepDims) }
            let none = x.isNaN().all(axes: axes, keepDims: keepDims)
            return `where`(none, Double.nan, function(x.replacingNaN(by: neutral), axes, keepDims))
        }
    }

    /// The place of the largest or smallest number, -1 where there is none.
    private static func nanPlace(_ neutral: Double, _ function: @escaping @Sendable (Tensor, Int?, Bool) -> Tensor) -> Maker {
        place { x, axis, keepDims in
            guard x.dtype.isFloatingPoint else { return function(x, axis, keepDims) }
            let none = x.isNaN().all(axes: axis.map { [$0] }, keepDims: keepDims)
            return `where`(none, -1, function(x.replacingNaN(by: neutral), axis, keepDims))
        }
    }

    /// How an operation says which quantiles it is of.
    private enum QuantileForm { case half, share, percent }

    /// Values below which given shares of the elements along axes lie; for a list of shares, along a new first axis.
    private static func quantiles(_ form: QuantileForm, leavesOutNaN: Bool) -> Maker {
        { attributes in
            let q = attributes.arguments["q"] ?? attributes.arguments[.key(secondArgument)] ?? .null
            let isList: Bool
            var shares: [Double]
            switch (form, q) {
            case (.half, _): (isList, shares) = (false, [0.5])
            case (_, .array): (isList, shares) = (true, try q.value(at: []))
            case (_, .object): (isList, shares) = try constants(q)
            default: (isList, shares) = (false, [try q.value(at: [])])
            }
            if form == .percent { shares = shares.map { $0 / 100 } }
            guard shares.allSatisfy({ (0...1).contains($0) }) else {
                throw MartletError("Expected shares within 0 and 1. Received: \(shares).", at: "\(attributes.className).q")
            }
            let (axes, keeps) = (try attributes.optionalAxes("axis"), try attributes.value("keepdims", default: false))
            // Keras 3.15's Quantile does not hand its method on: the models that files hold interpolate.
            let given = try attributes.option("method", default: QuantileMethod.linear)
            let (numbers, method) = (shares, attributes.className == "Quantile" ? .linear : given)
            return Operation(
                shapes: { shapes in
                    let rest = try ShapeRule.reduced(shapes[0], axes: axes, keepDims: keeps)
                    guard !(axes ?? Array(0..<shapes[0].rank)).contains(where: { shapes[0][$0] == 0 }) else {
                        throw MartletError("Expected elements along the axes. Received: shape \(shapes[0]).")
                    }
                    return [isList ? PartialShape([numbers.count] + rest.dimensions) : rest]
                }, type: floatingType,
                run: { inputs in
                    let results = inputs[0].floating.quantiles(numbers, axes: axes, keepDims: keeps, method, leavesOutNaN)
                    return [isList ? Tensor.stack(results) : results[0]]
                })
        }
    }

    /// The numbers of a constant tensor of rank 0 or 1 in a file, and whether it is a list.
    private static func constants(_ json: JSONValue) throws -> (isList: Bool, [Double]) {
        let value: JSONValue = try json.value(at: ["config", "value"])
        if case .array = value { return (true, try value.value(at: [])) }
        return (false, [try value.value(at: [])])
    }
}

/// What a quantile between two elements is.
private enum QuantileMethod: String, CaseIterable {
    case linear, lower, higher, midpoint, nearest
}

extension Tensor {
    /// The floating-point numbers with another number in the place of NaN; integers as they are.
    fileprivate func replacingNaN(by value: Double) -> Tensor {
        dtype.isFloatingPoint ? `where`(isNaN(), value, self) : self
    }

    /// The quantiles of given shares along axes, all when nil.
    fileprivate func quantiles(
        _ shares: [Double], axes: [Int]?, keepDims: Bool, _ method: QuantileMethod, _ leavesOutNaN: Bool
    ) -> [Tensor] {
        let reduced = Set(axes?.map { $0 < 0 ? $0 + rank : $0 } ?? Array(0..<rank))
        let (kept, gone) = ((0..<rank).filter { !reduced.contains($0) }, (0..<rank).filter(reduced.contains))
        let target = keepDims ? (0..<rank).map { reduced.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
        let (rows, count) = (kept.map { shape[$0] }.reduce(1, *), gone.map { shape[$0] }.reduce(1, *))
        let ordered = transposed(permutation: kept + gone).reshaped(to: [rows, count]).sorted(axis: 1)
        // NaN is behind all numbers.
        let numbers = ordered.isNaN().logicalNot().cast(to: .int64).sum(axis: 1, keepDims: true)
        let last = (leavesOutNaN ? maximum(numbers - 1, 0) : numbers * 0 + (count - 1)).cast(to: .float64)
        let isWrong = leavesOutNaN ? numbers .== 0 : numbers .< count
        return shares.map { share in
            let place = last * share
            func element(_ place: Tensor) -> Tensor { ordered.takenAlong(axis: 1, indices: place.cast(to: .int64)) }
            let (low, high) = (element(place.floor()), element(place.ceil()))
            let value: Tensor
            switch method {
            case .lower: value = low
            case .higher: value = high
            case .midpoint: value = (low + high) * 0.5
            case .nearest: value = element(place.round())
            case .linear:
                let fraction = (place - place.floor()).cast(to: dtype)
                // The difference of infinities is no number.
                value = `where`(low .== high, low, low + (high - low) * fraction)
            }
            return `where`(isWrong, Double.nan, value).reshaped(to: Shape(target))
        }
    }
}
