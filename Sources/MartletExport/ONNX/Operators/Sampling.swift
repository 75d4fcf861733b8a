import Martlet

/// Elements of images at places between their pixels.
struct ONNXSampling {
    enum Mode { case nearest, linear, cubic }
    enum Padding { case zeros, border, reflection }
    let mode: Mode
    let padding: Padding
    let aligns: Bool

    init(mode: String, padding: String, aligns: Bool) throws {
        let modes: [String: Mode] = [
            "nearest": .nearest, "linear": .linear, "bilinear": .linear, "cubic": .cubic, "bicubic": .cubic,
        ]
        let paddings: [String: Padding] = ["zeros": .zeros, "border": .border, "reflection": .reflection]
        guard let mode = modes[mode], let padding = paddings[padding] else {
            throw MartletError("Expected a mode nearest, linear or cubic, and a padding zeros, border or reflection.")
        }
        (self.mode, self.padding, self.aligns) = (mode, padding, aligns)
    }

    private init(_ mode: Mode, _ padding: Padding) { (self.mode, self.padding, aligns) = (mode, padding, true) }

    /// Linear between the pixels, zeros outside.
    /// - Parameters:
    ///   - x: [batch, channels, height, width].
    ///   - places: [batch, points, 2].
    static func linear(_ x: Tensor, at places: Tensor) -> Tensor {
        let axes = (0..<2).map { places.sliced($0..<$0 + 1, axis: 2).squeezed(axis: 2) }
        return ONNXSampling(.linear, .zeros).apply(to: x, at: axes)
    }

    /// - Parameters:
    ///   - x: [batch, channels, sizes...].
    ///   - places: for each spatial axis the coordinates of the points: [batch, points].
    /// - Returns: [batch, channels, points].
    func apply(to x: Tensor, at places: [Tensor]) -> Tensor {
        let sizes = Array(x.shape.dimensions[2...])
        // For each axis, which pixels count at each point, and how much.
        let neighbours = places.enumerated().map { axis, place in self.neighbours(of: place, size: sizes[axis]) }
        let parts = corners(of: x, neighbours)
        return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    }

    /// The weighted pixels around each point, one tensor for each combination of neighbours.
    func corners(of x: Tensor, _ neighbours: [[(index: Tensor, weight: Tensor)]]) -> [Tensor] {
        let sizes = Array(x.shape.dimensions[2...])
        let (n, c) = (x.shape[0], x.shape[1])
        let flat = x.reshaped([n, c, sizes.reduce(1, *)])
        let combinations = neighbours.reduce([[]]) { found, list in found.flatMap { head in list.map { head + [$0] } } }
        return combinations.map { combination in
            var (place, weight) = (combination[0].index, combination[0].weight)
            for axis in combination.indices.dropFirst() {
                place = place * sizes[axis] + combination[axis].index
                weight = weight * combination[axis].weight
            }
            let points = place.shape[1]
            let indices = place.reshaped([n, 1, points]).broadcast(to: [n, c, points])
            return flat.takenAlong(axis: 2, indices: indices) * weight.reshaped([n, 1, points])
        }
    }

    func neighbours(of place: Tensor, size: Int) -> [(index: Tensor, weight: Tensor)] {
        let x = mode == .cubic ? place : moved(place, size)
        switch mode {
        case .nearest: return [pixel(x.round(), size, weight: nil)]
        case .linear:
            let low = x.floor()
            let fraction = x - low
            return [pixel(low, size, weight: 1 - fraction), pixel(low + 1, size, weight: fraction)]
        case .cubic:
            let low = x.floor()
            let fraction = x - low
            return (-1...2).map { offset in
                let distance = (fraction - Double(offset)).abs()
                let weight = cubic(distance, isInner: offset == 0 || offset == 1)
                return pixel(moved(low + Double(offset), size), size, weight: weight)
            }
        }
    }

    private func cubic(_ x: Tensor, isInner: Bool) -> Tensor {
        let a = -0.75
        if isInner { return ((a + 2) * x - (a + 3)) * x.square() + 1 }
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }

    /// A coordinate that the padding moves into the image.
    private func moved(_ x: Tensor, _ size: Int) -> Tensor {
        let last = Double(size - 1)
        switch padding {
        case .zeros: return x
        case .border: return x.clipped(to: 0.0...last)
        case .reflection:
            let (low, span) = aligns ? (0.0, last) : (-0.5, last + 1)
            guard span > 0 else { return x * 0.0 }
            let turned = (x - low).abs() % (2 * span)
            let inside = `where`(turned .> span, 2 * span - turned, turned) + low
            return inside.clipped(to: 0.0...last)
        }
    }

    /// A pixel, whose weight is 0 outside of the image.
    private func pixel(_ x: Tensor, _ size: Int, weight: Tensor?) -> (index: Tensor, weight: Tensor) {
        let last = Double(size - 1)
        let isInside = (x .>= 0.0).logicalAnd(x .<= last).cast(to: x.dtype)
        let index = x.clipped(to: 0.0...last).cast(to: .int64)
        return (index, weight.map { $0 * isInside } ?? isInside)
    }
}
