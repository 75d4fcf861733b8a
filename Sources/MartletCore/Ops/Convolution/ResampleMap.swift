import Foundation

/// How the values between the pixels of an image are made.
public enum Interpolation: String, Sendable, CaseIterable {
    /// The nearest pixel.
    case nearest
    /// Linear between neighbours.
    case bilinear
    /// Keys's cubic of four neighbours.
    case bicubic
    /// The mean of the area that a new pixel covers.
    case area
    /// Lanczos's windowed sine over three neighbours on each side.
    case lanczos3
    /// The same over five.
    case lanczos5
}

/// Which elements of an axis, and how much of each, make each element of a resampled one. The elements of one lie next
/// to each other.
package final class ResampleMap: Sendable, Hashable {
    /// How a new element is made.
    package enum Rule: Hashable, Sendable {
        /// As TensorFlow resizes images; places of pixels are their centres.
        case interpolation(Interpolation, antialias: Bool)
        /// The mean of the elements that a new one touches: `floor(i n / count) ..< ceil((i + 1) n / count)`.
        case mean
    }

    /// What a map is made from: equal ones make equal maps.
    private struct Key: Hashable {
        let rule: Rule
        let size: Int
        let count: Int
        let isAdjoint: Bool
    }

    private let key: Key
    /// The first element of each new one.
    package let starts: [Int64]
    /// Where the weights of each new element begin; one number more than elements.
    package let offsets: [Int64]
    package let weights: [Double]

    /// The size of the axis before.
    package var size: Int { key.isAdjoint ? key.count : key.size }
    /// The size of the axis after.
    package var count: Int { key.isAdjoint ? key.size : key.count }

    /// - Parameters:
    ///   - size: the axis's size before.
    ///   - count: its size after; both at least 1.
    package convenience init(_ rule: Rule, from size: Int, to count: Int) {
        self.init(
            Key(rule: rule, size: size, count: count, isAdjoint: false),
            (0..<count).map { rule.window(at: $0, from: size, to: count) })
    }

    private init(_ key: Key, _ windows: [Window]) {
        self.key = key
        starts = windows.map { Int64($0.start) }
        offsets = windows.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int64($1.weights.count)) }
        weights = windows.flatMap(\.weights)
    }

    /// The map of the gradients, back from new elements to old ones.
    var adjoint: ResampleMap {
        var windows = [Window](repeating: Window(start: 0, weights: []), count: size)
        for new in 0..<count {
            for (place, index) in (offsets[new]..<offsets[new + 1]).enumerated() {
                let old = Int(starts[new]) + place
                if windows[old].weights.isEmpty { windows[old].start = new }
                let gap = new - windows[old].start - windows[old].weights.count
                windows[old].weights += [Double](repeating: 0, count: gap) + [weights[Int(index)]]
            }
        }
        return ResampleMap(
            Key(rule: key.rule, size: key.size, count: key.count, isAdjoint: !key.isAdjoint), windows)
    }

    package static func == (a: ResampleMap, b: ResampleMap) -> Bool { a.key == b.key }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// The elements that make a new one.
private struct Window {
    var start: Int
    var weights: [Double]

    /// Divided by their sum, without zeros at the ends: what does not count must not pass on an infinity.
    var normalized: Window {
        let sum = weights.reduce(0, +)
        guard let first = weights.firstIndex(where: { $0 != 0 }), let last = weights.lastIndex(where: { $0 != 0 }) else {
            return Window(start: 0, weights: [])
        }
        return Window(start: start + first, weights: weights[first...last].map { $0 / sum })
    }
}

extension ResampleMap.Rule {
    /// TensorFlow computes places in `float32`, and which element is nearest may depend on it; so these are too.
    fileprivate func window(at index: Int, from size: Int, to count: Int) -> Window {
        let scale = Float(size) / Float(count)
        let centre = (Float(index) + 0.5) * scale
        switch self {
        case .mean:
            let (start, end) = (index * size / count, ((index + 1) * size + count - 1) / count)
            return Window(start: start, weights: [Double](repeating: 1, count: end - start)).normalized
        case .interpolation(.nearest, _):
            return Window(start: Self.nearest(index, scale: scale, size: size), weights: [1])
        case .interpolation(.area, _):
            let (low, high) = (Float(index) * scale, Float(index + 1) * scale)
            let places = Int(low)..<min(Int(high.rounded(.up)), size)
            let covered = places.map { Double(min(Float($0 + 1), high) - max(Float($0), low)) }
            return Window(start: places.lowerBound, weights: covered).normalized
        case .interpolation(.bilinear, antialias: false):
            let place = centre - 0.5
            let lower = place.rounded(.down)
            let fraction = Double(place - lower)
            let weights = [1 - fraction, fraction]
            return Window(start: Int(lower), weights: weights).folded(into: size)
        case .interpolation(.bicubic, antialias: false):
            let place = centre - 0.5
            let lower = place.rounded(.down)
            // TensorFlow has a table of 1024 steps.
            let fraction = Double(((place - lower) * 1024).rounded(.toNearestOrEven)) / 1024
            let distances = [1 + fraction, fraction, 1 - fraction, 2 - fraction]
            return Window(start: Int(lower) - 1, weights: distances.map(Self.cubic)).cut(to: size).normalized
        case .interpolation(let interpolation, let antialias):
            let (radius, kernel) = Self.kernel(interpolation)
            let width = antialias ? max(scale, 1) : 1
            let reach = radius * width
            let start = min(max(Int((centre - reach - 0.5).rounded(.up)), 0), size - 1)
            let end = min(max(Int((centre + reach - 0.5).rounded(.down)), 0), size - 1)
            let weights = (start...end).map { kernel(Double(abs((Float($0) + 0.5 - centre) / width))) }
            return Window(start: start, weights: weights).normalized
        }
    }

    fileprivate static func nearest(_ index: Int, scale: Float, size: Int) -> Int {
        min(Int(((Float(index) + 0.5) * scale).rounded(.down)), size - 1)
    }

    /// Half the width of an interpolation's kernel, and its value at a distance.
    private static func kernel(_ interpolation: Interpolation) -> (radius: Float, value: (Double) -> Double) {
        switch interpolation {
        case .bicubic: (2, cubic)
        case .lanczos3: (3, { lanczos($0, radius: 3) })
        case .lanczos5: (5, { lanczos($0, radius: 5) })
        default: (1, { max(1 - $0, 0) })
        }
    }

    /// R. Keys, *Cubic convolution interpolation for digital image processing*, 1981, with a = -1/2.
    private static func cubic(_ x: Double) -> Double {
        if x >= 2 { return 0 }
        return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1
    }

    private static func lanczos(_ x: Double, radius: Double) -> Double {
        if x > radius { return 0 }
        if x <= 1e-3 { return 1 }
        let angle = Double.pi * x
        return radius * sin(angle) * sin(angle / radius) / (angle * angle)
    }
}

extension Window {
    /// Two neighbours of which those outside of the axis are its ends.
    fileprivate func folded(into size: Int) -> Window {
        if start < 0 { return Window(start: 0, weights: [1]) }
        return start >= size - 1 ? Window(start: size - 1, weights: [1]) : normalized
    }

    /// Without what lies outside of the axis.
    fileprivate func cut(to size: Int) -> Window {
        let places = start..<start + weights.count
        let inside = places.clamped(to: 0..<size)
        return Window(start: inside.lowerBound, weights: inside.map { weights[$0 - start] })
    }
}

extension ResampleMap {
    /// The nearest old element of each new one.
    static func nearest(from size: Int, to count: Int) -> [Int] {
        (0..<count).map { Rule.nearest($0, scale: Float(size) / Float(count), size: size) }
    }
}
