/// The minimum of a smooth function in a box, by the quasi-Newton method L-BFGS with projection to the box.
///
/// Source: J. Nocedal, S. Wright, *Numerical optimization*, 2006.
package enum BoundedSearch {
    /// - Parameters:
    ///   - tolerance: the search ends when no coordinate can move with a slope above it.
    ///   - function: the value, infinite where there is none, and the gradient.
    package static func minimize(
        _ start: [Double], from low: [Double], to high: [Double], iterations: Int, tolerance: Double,
        _ function: ([Double]) -> (Double, [Double])
    ) -> (point: [Double], value: Double) {
        var x = zip(start, zip(low, high)).map { max($1.0, min($1.1, $0)) }
        var (value, gradient) = function(x)
        guard value.isFinite else { return (x, value) }
        var steps: [(s: [Double], y: [Double], curvature: Double)] = []
        for _ in 0..<iterations {
            let isFree = x.indices.map { !(x[$0] <= low[$0] && gradient[$0] > 0) && !(x[$0] >= high[$0] && gradient[$0] < 0) }
            let free = zip(gradient, isFree).map { $1 ? $0 : 0 }
            let largest = free.map(abs).max() ?? 0
            guard largest > tolerance else { break }
            var direction = free.map { -$0 }
            var factors: [Double] = []
            for step in steps.reversed() {
                let factor = dot(step.s, direction) / step.curvature
                factors.append(factor)
                for i in direction.indices { direction[i] -= factor * step.y[i] }
            }
            if let last = steps.last {
                let scale = last.curvature / dot(last.y, last.y)
                for i in direction.indices { direction[i] *= scale }
            }
            for (step, factor) in zip(steps, factors.reversed()) {
                let back = dot(step.y, direction) / step.curvature
                for i in direction.indices { direction[i] += (factor - back) * step.s[i] }
            }
            for i in direction.indices where !isFree[i] { direction[i] = 0 }
            if dot(direction, free) >= 0 {
                direction = free.map { -$0 }
                steps = []
            }
            // The first step has no scale: at most a quarter of the box.
            var length = 1.0
            if steps.isEmpty {
                let reach = direction.indices.map { abs(direction[$0]) / max(1e-300, high[$0] - low[$0]) }.max() ?? 1
                length = min(1, 0.25 / reach)
            }
            var next: (x: [Double], value: Double, gradient: [Double])?
            for _ in 0..<20 {
                let trial = x.indices.map { max(low[$0], min(high[$0], x[$0] + length * direction[$0])) }
                let (found, slope) = function(trial)
                let gain = x.indices.reduce(0) { $0 + gradient[$1] * (trial[$1] - x[$1]) }
                if found.isFinite, found <= value + 1e-4 * gain, trial != x {
                    next = (trial, found, slope)
                    break
                }
                length *= 0.4
            }
            guard let next else { break }
            let s = zip(next.x, x).map { $0 - $1 }
            let y = zip(next.gradient, gradient).map { $0 - $1 }
            let curvature = dot(s, y)
            if curvature > 1e-10 * dot(y, y) { steps.append((s, y, curvature)) }
            if steps.count > 8 { steps.removeFirst() }
            let change = value - next.value
            (x, value, gradient) = next
            if change < 1e-9 * max(1, abs(value)) { break }
        }
        return (x, value)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
