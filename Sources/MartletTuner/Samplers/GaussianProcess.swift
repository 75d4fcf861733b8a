import Foundation

/// A function of points in the unit cube as a Gaussian process: Matérn's kernel of order 5/2 with a length for each coordinate,
/// and noise. Coordinates of choices are either equal or not.
///
/// All loops run in this thread and in one order, so that the results are the same wherever it runs.
package struct GaussianProcess: Sendable {
    /// What the kernel is made of.
    package struct Parameters: Sendable, Equatable {
        /// One over the square of each length.
        package var inverseSquaredLengths: [Double]
        package var scale: Double
        package var noise: Double

        package init(inverseSquaredLengths: [Double], scale: Double = 1, noise: Double = 1) {
            (self.inverseSquaredLengths, self.scale, self.noise) = (inverseSquaredLengths, scale, noise)
        }
    }

    let parameters: Parameters
    private let isChoice: [Bool]
    private let points: [[Double]]
    /// The inverse of the Cholesky factor, row by row.
    private let inverse: Matrix
    /// The inverse of the covariance, times the values.
    private let weights: [Double]

    /// Nil when the covariance is not positive definite.
    package init?(_ points: [[Double]], _ values: [Double], isChoice: [Bool], _ parameters: Parameters) {
        (self.points, self.isChoice, self.parameters) = (points, isChoice, parameters)
        var matrix = Matrix(points.count)
        for i in points.indices {
            for j in 0...i {
                let distance = Self.distance(points[i], points[j], isChoice, parameters.inverseSquaredLengths)
                matrix[i, j] = parameters.scale * Self.kernel(distance) + (i == j ? parameters.noise : 0)
            }
        }
        guard matrix.factorize() else { return nil }
        inverse = matrix.triangularInverse()
        weights = inverse.transposedProduct(inverse.product(values))
    }

    private static func distance(_ a: [Double], _ b: [Double], _ isChoice: [Bool], _ factors: [Double]) -> Double {
        var sum = 0.0
        for axis in a.indices {
            let difference = a[axis] - b[axis]
            sum += factors[axis] * (isChoice[axis] ? (difference == 0 ? 0 : 1) : difference * difference)
        }
        return sum
    }

    private static func kernel(_ squaredDistance: Double) -> Double {
        let root = (5 * squaredDistance).squareRoot()
        return (1 + root + 5 / 3 * squaredDistance) * exp(-root)
    }

    /// The kernel's derivative by the squared distance.
    private static func slope(_ squaredDistance: Double) -> Double {
        let root = (5 * squaredDistance).squareRoot()
        return -5 / 6 * (1 + root) * exp(-root)
    }

    /// The mean and the variance of the function at a point.
    package func posterior(_ x: [Double]) -> (mean: Double, variance: Double) {
        var mean = 0.0
        let factors = parameters.inverseSquaredLengths
        var column = [Double](repeating: 0, count: points.count)
        for i in points.indices {
            column[i] = parameters.scale * Self.kernel(Self.distance(x, points[i], isChoice, factors))
            mean += column[i] * weights[i]
        }
        let half = inverse.product(column)
        return (mean, max(0, parameters.scale - half.reduce(0) { $0 + $1 * $1 }))
    }

    /// The same with gradients by the point; those of choices are 0.
    package func posteriorWithGradient(_ x: [Double]) -> (mean: Double, variance: Double, meanSlope: [Double], varianceSlope: [Double]) {
        let factors = parameters.inverseSquaredLengths
        var column = [Double](repeating: 0, count: points.count)
        var slopes = column
        var mean = 0.0
        for i in points.indices {
            let distance = Self.distance(x, points[i], isChoice, factors)
            column[i] = parameters.scale * Self.kernel(distance)
            slopes[i] = 2 * parameters.scale * Self.slope(distance)
            mean += column[i] * weights[i]
        }
        let half = inverse.product(column)
        let solved = inverse.transposedProduct(half)
        var (meanSlope, varianceSlope) = (x.map { _ in 0.0 }, x.map { _ in 0.0 })
        for axis in x.indices where !isChoice[axis] {
            var (a, b) = (0.0, 0.0)
            for i in points.indices {
                let part = slopes[i] * (x[axis] - points[i][axis])
                a += part * weights[i]
                b += part * solved[i]
            }
            meanSlope[axis] = factors[axis] * a
            varianceSlope[axis] = -2 * factors[axis] * b
        }
        return (mean, max(0, parameters.scale - half.reduce(0) { $0 + $1 * $1 }), meanSlope, varianceSlope)
    }

    // MARK: - Fitting

    /// The least noise.
    package static let leastNoise = 1e-6

    /// The parameters under which the values are most likely, with weak beliefs about them: lengths near 1, a scale near 1,
    /// little noise. The search starts from the same place every time, so the result is a function of the data.
    package static func fit(_ points: [[Double]], _ values: [Double], isChoice: [Bool]) -> Parameters {
        let axes = isChoice.count
        let count = points.count
        // The squared differences of pairs, axis by axis.
        var differences = [[Double]](repeating: [], count: axes)
        for axis in 0..<axes {
            differences[axis].reserveCapacity(count * (count - 1) / 2)
            for i in 0..<count {
                for j in 0..<i {
                    let difference = points[i][axis] - points[j][axis]
                    differences[axis].append(isChoice[axis] ? (difference == 0 ? 0 : 1) : difference * difference)
                }
            }
        }
        func parameters(_ x: [Double]) -> Parameters {
            Parameters(
                inverseSquaredLengths: x[..<axes].map { exp($0) }, scale: exp(x[axes]), noise: exp(x[axes + 1]) + leastNoise)
        }
        let start = [Double](repeating: 0, count: axes) + [0, log(0.05)]
        let best = BoundedSearch.minimize(
            start, from: [Double](repeating: -8, count: axes) + [-6, -14], to: [Double](repeating: 8, count: axes) + [6, 2],
            iterations: 40, tolerance: 1e-2
        ) { x in
            let parameters = parameters(x)
            return loss(parameters, differences, values, count)
        }
        return parameters(best.point)
    }

    /// The negative logarithm of likelihood and beliefs, with its gradient by the logarithms of the parameters.
    package static func loss(
        _ parameters: Parameters, _ differences: [[Double]], _ values: [Double], _ count: Int
    ) -> (Double, [Double]) {
        let factors = parameters.inverseSquaredLengths
        let pairs = count * (count - 1) / 2
        var distances = [Double](repeating: 0, count: pairs)
        for (axis, factor) in factors.enumerated() {
            differences[axis].withUnsafeBufferPointer { source in
                distances.withUnsafeMutableBufferPointer { target in
                    for pair in 0..<pairs { target[pair] += factor * source[pair] }
                }
            }
        }
        var matrix = Matrix(count)
        var slopes = distances
        var pair = 0
        for i in 0..<count {
            for j in 0..<i {
                let root = (5 * distances[pair]).squareRoot()
                let decay = parameters.scale * exp(-root)
                matrix[i, j] = decay * (1 + root + 5 / 3 * distances[pair])
                slopes[pair] = -5 / 6 * decay * (1 + root)
                pair += 1
            }
            matrix[i, i] = parameters.scale + parameters.noise
        }
        let kernel = matrix
        guard matrix.factorize() else { return (.infinity, [Double](repeating: 0, count: factors.count + 2)) }
        var logarithm = 0.0
        for i in 0..<count { logarithm += log(matrix[i, i]) }
        let inverse = matrix.triangularInverse()
        let half = inverse.product(values)
        let weights = inverse.transposedProduct(half)
        var result = logarithm + 0.5 * half.reduce(0) { $0 + $1 * $1 }
        // d = (inverse of the covariance - weights weights') / 2, of each pair twice.
        let covarianceInverse = inverse.gram()
        var (byScale, byNoise) = (0.0, 0.0)
        pair = 0
        for i in 0..<count {
            for j in 0..<i {
                let d = covarianceInverse[i, j] - weights[i] * weights[j]
                byScale += d * kernel[i, j]
                slopes[pair] *= d
                pair += 1
            }
            let d = 0.5 * (covarianceInverse[i, i] - weights[i] * weights[i])
            byScale += d * parameters.scale
            byNoise += d
        }
        var gradient: [Double] = []
        for (axis, factor) in factors.enumerated() {
            gradient.append(factor * Matrix.dot(slopes, differences[axis]) + 0.1 * factor - 0.1 / factor)
            result += 0.1 * factor + 0.1 / factor
        }
        // Gamma distributions: of shape 2 and rate 1 for the scale, of shape 1.1 and rate 30 for the noise.
        let (scale, noise) = (parameters.scale, parameters.noise)
        result += scale - log(scale) + 30 * noise - 0.1 * log(noise)
        gradient.append(byScale + scale - 1)
        gradient.append((byNoise + 30 - 0.1 / noise) * (noise - leastNoise))
        return (result, gradient)
    }
}

/// A square matrix, row by row.
struct Matrix: Sendable {
    let size: Int
    private var elements: [Double]

    init(_ size: Int) {
        self.size = size
        elements = [Double](repeating: 0, count: size * size)
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * size + column] }
        set { elements[row * size + column] = newValue }
    }

    static func dot(_ a: [Double], _ b: [Double]) -> Double {
        guard !a.isEmpty, a.count == b.count else { return 0 }
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in dot(a.baseAddress!, b.baseAddress!, a.count) }
        }
    }

    /// In eight sums, as compilers may not reorder one.
    private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD8<Double>.zero
        var i = 0
        while i + 8 <= count {
            let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Double>.self)
            let y = UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Double>.self)
            sums += x * y
            i += 8
        }
        var sum = sums.sum()
        while i < count {
            sum += a[i] * b[i]
            i += 1
        }
        return sum
    }

    private static func add(_ factor: Double, _ a: UnsafePointer<Double>, to b: UnsafeMutablePointer<Double>, _ count: Int) {
        for i in 0..<count { b[i] += factor * a[i] }
    }

    /// Replaces the lower triangle by that of the Cholesky factor; false when the matrix is not positive definite.
    mutating func factorize() -> Bool {
        let size = size
        guard size > 0 else { return true }
        return elements.withUnsafeMutableBufferPointer { buffer in
            let m = buffer.baseAddress!
            for i in 0..<size {
                for j in 0...i {
                    let rest = m[i * size + j] - Self.dot(m + i * size, m + j * size, j)
                    if i == j {
                        guard rest > 0, rest.isFinite else { return false }
                        m[i * size + i] = rest.squareRoot()
                    } else {
                        m[i * size + j] = rest / m[j * size + j]
                    }
                }
            }
            return true
        }
    }

    /// The inverse of the lower triangle.
    func triangularInverse() -> Matrix {
        var result = Matrix(size)
        guard size > 0 else { return result }
        elements.withUnsafeBufferPointer { source in
            result.elements.withUnsafeMutableBufferPointer { buffer in
                let (l, r) = (source.baseAddress!, buffer.baseAddress!)
                for i in 0..<size {
                    for k in 0..<i { Self.add(-l[i * size + k], r + k * size, to: r + i * size, k + 1) }
                    for j in 0..<i { r[i * size + j] /= l[i * size + i] }
                    r[i * size + i] = 1 / l[i * size + i]
                }
            }
        }
        return result
    }

    /// The lower triangle times a vector.
    func product(_ vector: [Double]) -> [Double] {
        guard size > 0 else { return [] }
        return elements.withUnsafeBufferPointer { m in
            vector.withUnsafeBufferPointer { v in
                (0..<size).map { Self.dot(m.baseAddress! + $0 * size, v.baseAddress!, $0 + 1) }
            }
        }
    }

    /// The transpose of the lower triangle times a vector.
    func transposedProduct(_ vector: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        guard size > 0 else { return result }
        elements.withUnsafeBufferPointer { m in
            result.withUnsafeMutableBufferPointer { r in
                for i in 0..<size { Self.add(vector[i], m.baseAddress! + i * size, to: r.baseAddress!, i + 1) }
            }
        }
        return result
    }

    /// The transpose of the lower triangle times the lower triangle, of which the lower triangle is given.
    func gram() -> Matrix {
        var result = Matrix(size)
        guard size > 0 else { return result }
        elements.withUnsafeBufferPointer { source in
            result.elements.withUnsafeMutableBufferPointer { buffer in
                let (m, r) = (source.baseAddress!, buffer.baseAddress!)
                for i in 0..<size {
                    for j in 0...i { Self.add(m[i * size + j], m + i * size, to: r + j * size, j + 1) }
                }
            }
        }
        return result
    }
}
