import Foundation
import Martlet

extension ONNXOperator {
    static func addImages(_ table: inout [String: ONNXOperator]) {
        table["Resize"] = ONNXOperator(inputCounts: 1...4, settings: [1, 2, 3]) { try $0.resized() }
        table["Upsample"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0, rank: 1)
            let scales = call.version >= 9 ? try call.doubles(1) : try call.floats("scales") ?? []
            let mode = try call.string("mode", default: "nearest")
            var rule = ONNXResize(mode: mode == "nearest" ? .nearest : .linear)
            (rule.transformation, rule.nearest) = ("asymmetric", "floor")
            guard scales.count == x.rank else { throw MartletError("Expected \(x.rank) scales. Received: \(scales).") }
            return try call.result(rule.apply(to: x, axes: Array(0..<x.rank), scales: scales, sizes: nil, region: nil))
        }
        table["GridSample"] = ONNXOperator(inputCounts: 2...2) { call in
            let (x, grid) = (try call.tensor(0, rank: 3), try call.floating(1))
            let rank = x.rank - 2
            guard grid.rank == x.rank, grid.shape[-1] == rank, grid.shape[0] == x.shape[0] else {
                throw MartletError("Expected a grid [\(x.shape[0]), sizes, \(rank)]. Received: \(grid.spec).")
            }
            let aligns = try call.flag("align_corners")
            let mode = try call.string("mode", default: "linear")
            let padding = try call.string("padding_mode", default: "zeros")
            let points = grid.reshaped([x.shape[0], -1, rank])
            // The last axis of a grid names the last spatial axis first.
            let places = (0..<rank).map { axis in
                let g = points.sliced(rank - 1 - axis..<rank - axis, axis: 2).squeezed(axis: 2)
                let size = Double(x.shape[axis + 2])
                return aligns ? (g + 1) * ((size - 1) / 2) : ((g + 1) * size - 1) / 2
            }
            let sampling = try ONNXSampling(mode: mode, padding: padding, aligns: aligns)
            let y = sampling.apply(to: x, at: places)
            return try call.result(y.reshaped(Array(x.shape.dimensions[..<2]) + grid.shape.dimensions[1...(rank)]))
        }
        table["AffineGrid"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let (theta, sizes) = (try call.tensor(0, rank: 3), try call.integers(1))
            let rank = sizes.count - 2
            guard (1...3).contains(rank), theta.shape.dimensions == [sizes[0], rank, rank + 1],
                sizes.allSatisfy({ (1...1 << 24).contains($0) })
            else { throw MartletError("Expected [batch, \(rank), \(rank + 1)] for sizes \(sizes). Received: \(theta.spec).") }
            let aligns = try call.flag("align_corners")
            let spatial = Array(sizes[2...])
            let lines = spatial.map { size -> Tensor in
                let places = Tensor.range(0..<size, dtype: .int64).cast(to: theta.dtype)
                if !aligns { return (places * 2 + 1) / Double(size) - 1 }
                return size == 1 ? places * 0 : places * (2 / Double(size - 1)) - 1
            }
            let axes = (0..<rank).reversed().map { axis in
                lines[axis].reshaped((0..<rank).map { $0 == axis ? -1 : 1 }).broadcast(to: Shape(spatial)).flattened()
            }
            let points = Tensor.stack(axes + [.ones(axes[0].shape, dtype: theta.dtype)])
            let grid = matmul(theta, points).transposed(1, 2)
            return try call.result(grid.reshaped([sizes[0]] + spatial + [rank]))
        }
    }
}

/// Resizing along axes, each by itself.
struct ONNXResize {
    enum Mode { case nearest, linear, cubic }
    var mode: Mode
    var transformation = "half_pixel"
    var nearest = "round_prefer_floor"
    var cubicFactor = -0.75
    var excludesOutside = false
    var antialiases = false
    var outside = 0.0

    init(mode: Mode) { self.mode = mode }

    /// - Parameters:
    ///   - sizes: the new sizes; nil follows from the scales.
    ///   - region: starts and ends of the part that is resized, for `tf_crop_and_resize`.
    func apply(to x: Tensor, axes: [Int], scales: [Double], sizes: [Int]?, region: [Double]?) throws -> Tensor {
        var y = x
        var isInside: Tensor?
        for (place, axis) in axes.enumerated() {
            let size = x.shape[axis]
            let scale = scales[place]
            guard scale > 0, scale * Double(size) < 0x1p31 else {
                throw MartletError("Expected a positive scale, and fewer than 2^31 pixels. Received: \(scale).")
            }
            let count = sizes?[place] ?? Int((scale * Double(size)).rounded(.down))
            try Settings.requireMemory(64 * max(count, 0), at: "Resize")
            guard count >= 0, size > 0 || count == 0 else {
                throw MartletError("Expected elements along axis \(axis). Received: \(x.spec).")
            }
            let bounds = region.map { ($0[place], $0[place + axes.count]) }
            let origins = (0..<count).map { origin($0, size: size, count: count, scale: scale, bounds) }
            if bounds != nil, transformation == "tf_crop_and_resize" {
                let last = Double(size - 1)
                let flags = origins.map { (origin: Double) -> Bool in origin >= 0 && origin <= last }
                if flags.contains(false) {
                    let line = Tensor(flags, shape: Shape((0..<x.rank).map { $0 == axis ? count : 1 }))
                    isInside = isInside.map { $0.logicalAnd(line) } ?? line
                }
            }
            if count == size, origins.enumerated().allSatisfy({ $1 == Double($0) }) { continue }
            if mode == .nearest {
                y = y.gathered(at: Tensor(origins.map { nearestPlace($0, size) }), axis: axis)
                continue
            }
            guard Double(count) * Double(size) < 0x1p40 else {
                throw MartletError("Expected smaller sizes. Received: \(size) to \(count).")
            }
            try Settings.requireMemory(8 * count * size, at: "Resize")
            var matrix = [Double](repeating: 0, count: count * size)
            for (row, origin) in origins.enumerated() {
                let (first, weights) = weights(at: origin, scale: scale, size: size)
                for (offset, weight) in weights.enumerated() {
                    matrix[row * size + min(max(first + offset, 0), size - 1)] += weight
                }
            }
            let wide = y.dtype.isFloatingPoint ? y : y.cast(to: .float32)
            let weights = Tensor(matrix, shape: [count, size]).cast(to: wide.dtype)
            y = matmul(wide.movingAxis(axis, to: -1), weights, transposeB: true).movingAxis(-1, to: axis)
        }
        return isInside.map { `where`($0, y, Tensor(outside).cast(to: y.dtype)) } ?? y
    }

    private func origin(_ place: Int, size: Int, count: Int, scale: Double, _ bounds: (Double, Double)?) -> Double {
        let (x, input, output) = (Double(place), Double(size), scale * Double(size))
        switch transformation {
        case "align_corners": return output == 1 ? 0 : x * (input - 1) / (output - 1)
        case "asymmetric": return x / scale
        case "tf_crop_and_resize":
            let (start, end) = bounds ?? (0, 1)
            let inner = output == 1 ? (end - start) * (input - 1) / 2 : x * (end - start) * (input - 1) / (output - 1)
            return inner + start * (input - 1)
        case "pytorch_half_pixel": return output == 1 ? -0.5 : (x + 0.5) / scale - 0.5
        case "half_pixel_symmetric":
            let offset = input / 2 * (1 - Double(count) / output)
            return offset + (x + 0.5) / scale - 0.5
        case "tf_half_pixel_for_nn": return (x + 0.5) / scale
        default: return (x + 0.5) / scale - 0.5
        }
    }

    private func nearestPlace(_ x: Double, _ size: Int) -> Int {
        let (low, fraction) = (x.rounded(.down), x - x.rounded(.down))
        let place: Double
        switch nearest {
        case "floor": place = low
        case "ceil": place = x.rounded(.up)
        case "round_prefer_ceil": place = fraction < 0.5 ? low : low + 1
        default: place = fraction <= 0.5 ? low : low + 1
        }
        return min(max(Int(place), 0), size - 1)
    }

    private func weights(at x: Double, scale: Double, size: Int) -> (first: Int, [Double]) {
        let low = x.rounded(.down)
        let ratio = x - low
        let stretch = antialiases ? min(scale, 1) : 1
        let radius = mode == .cubic ? 2.0 : 1.0
        let start = Int((-radius / stretch).rounded(.down)) + 1
        var weights = (start..<(2 - start)).map { kernel(abs(stretch * (Double($0) - ratio))) }
        let first = Int(low) + start
        if excludesOutside {
            for place in weights.indices where !(0..<size).contains(first + place) { weights[place] = 0 }
        }
        let sum = weights.reduce(0, +)
        if (excludesOutside || antialiases), sum != 0 { weights = weights.map { $0 / sum } }
        return (first, weights)
    }

    private func kernel(_ x: Double) -> Double {
        guard mode == .cubic else { return max(1 - x, 0) }
        let a = cubicFactor
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
}

extension ONNXCall {
    fileprivate func resized() throws -> [ONNX.Value] {
        let x = try tensor(0, rank: 1)
        let names: [String: ONNXResize.Mode] = ["nearest": .nearest, "linear": .linear, "cubic": .cubic]
        guard let mode = names[try string("mode", default: "nearest")] else {
            throw MartletError("Expected the mode nearest, linear or cubic.")
        }
        var rule = ONNXResize(mode: mode)
        let isFirst = version < 11
        rule.transformation = isFirst ? "asymmetric" : try string("coordinate_transformation_mode", default: "half_pixel")
        rule.nearest = isFirst ? "floor" : try string("nearest_mode", default: "round_prefer_floor")
        rule.cubicFactor = try float("cubic_coeff_a", default: -0.75)
        rule.excludesOutside = try flag("exclude_outside")
        rule.antialiases = try flag("antialias")
        rule.outside = try float("extrapolation_value", default: 0)
        let axes = try axes(ints("axes") ?? Array(0..<x.rank), rank: x.rank)
        let scalePlace = isFirst ? 1 : 2
        var scales = has(scalePlace) ? try doubles(scalePlace) : []
        var sizes = has(3) && !isFirst ? try integers(3) : nil
        let olds = axes.map { x.shape[$0] }
        if sizes?.isEmpty ?? false { sizes = nil }
        if let given = sizes {
            guard given.count == axes.count, given.allSatisfy({ (0...1 << 31).contains($0) }) else {
                throw MartletError("Expected \(axes.count) sizes. Received: \(given).")
            }
            scales = zip(given, olds).map { Double($0) / Double(max($1, 1)) }
            let policy = try string("keep_aspect_ratio_policy", default: "stretch")
            if policy != "stretch", let scale = policy == "not_larger" ? scales.min() : scales.max() {
                scales = scales.map { _ in scale }
                sizes = olds.map { Int((scale * Double($0)).rounded(.toNearestOrAwayFromZero)) }
            }
        }
        guard scales.count == axes.count else {
            throw MartletError("Expected \(axes.count) scales or sizes. Received: \(scales).")
        }
        let region = has(1) && !isFirst && rule.transformation == "tf_crop_and_resize" ? try doubles(1) : nil
        guard region.map({ $0.count == 2 * axes.count && $0.allSatisfy { $0.magnitude < 0x1p20 } }) ?? true else {
            throw MartletError("Expected a start and an end for each axis.")
        }
        return try result(rule.apply(to: x, axes: axes, scales: scales, sizes: sizes, region: region))
    }
}
