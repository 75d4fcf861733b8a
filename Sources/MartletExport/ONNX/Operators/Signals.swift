import Foundation
import Martlet

extension ONNXOperator {
    static func addSignals(_ table: inout [String: ONNXOperator]) {
        table["DFT"] = ONNXOperator(inputCounts: 1...3, settings: [1, 2]) { call in
            let x = try call.tensor(0, rank: 2)
            let given = call.version >= 20 ? try call.has(2) ? call.integer(2) : -2 : try call.int("axis", default: 1)
            let axis = try call.axis(given, rank: x.rank)
            guard axis < x.rank - 1, (1...2).contains(x.shape[-1]) else {
                throw MartletError("Expected [..., 1 or 2]. Received: \(x.spec).")
            }
            let length = try call.has(1) ? call.integer(1) : nil
            return try call.result(
                FourierTransform(inverse: call.flag("inverse"), oneSided: call.flag("onesided"), length: length)
                    .apply(to: x, axis: axis))
        }
        table["STFT"] = ONNXOperator(inputCounts: 2...4, settings: [1, 2, 3]) { call in
            var x = try call.tensor(0, rank: 2)
            if x.rank == 2 { x = x.expandingDims(at: 2) }
            let step = try call.integer(1)
            let window = try call.optional(2)
            guard let length = try call.has(3) ? call.integer(3) : window?.shape[0], step > 0, (1...x.shape[1]).contains(length),
                window.map({ $0.rank == 1 && $0.shape[0] == length }) ?? true
            else {
                throw MartletError(
                    "Expected frames of at most \(x.shape[1]) elements, a positive step and a window of a frame's length.")
            }
            let count = (x.shape[1] - length) / step + 1
            let starts = Tensor.range(0..<count, dtype: .int64).reshaped([-1, 1]) * step + Tensor.range(0..<length, dtype: .int64)
            var frames = x.gathered(at: starts, axis: 1)
            if let window { frames = frames * window.reshaped([length, 1]) }
            let transform = FourierTransform(inverse: false, oneSided: try call.flag("onesided", default: true), length: nil)
            return try call.result(transform.apply(to: frames, axis: 2))
        }
        let windows: [(String, [Double])] = [
            ("HannWindow", [0.5, 0.5]), ("HammingWindow", [25.0 / 46, 21.0 / 46]), ("BlackmanWindow", [0.42, 0.5, 0.08]),
        ]
        for (name, factors) in windows {
            table[name] = ONNXOperator(inputCounts: 1...1, settings: [0]) { call in
                let size = try call.integer(0)
                guard (0...1 << 24).contains(size) else {
                    throw MartletError("Expected a size from 0 to 2^24. Received: \(size).")
                }
                let span = Double(try call.flag("periodic", default: true) ? size : max(size - 1, 1))
                let values = (0..<size).map { place in
                    factors.enumerated().reduce(0) { sum, factor in
                        let wave = cos(2 * .pi * Double(factor.offset * place) / span)
                        return sum + (factor.offset % 2 == 0 ? 1 : -1) * factor.element * wave
                    }
                }
                let type = try call.elementType("output_datatype") ?? .float
                return [.tensor(type.wrapped(Tensor(values, shape: [size])), type)]
            }
        }
        table["MelWeightMatrix"] = ONNXOperator(inputCounts: 5...5, settings: [0, 1, 2, 3, 4]) { call in
            let numbers = try (0..<5).map { try call.doubles($0).first ?? 0 }
            guard numbers.allSatisfy(\.isFinite) else { throw MartletError("Expected finite numbers. Received: \(numbers).") }
            let (bands, length) = (Int(max(min(numbers[0], 1e7), 0)), Int(max(min(numbers[1], 1e7), 0)))
            let isRising = numbers[2] > 0 && numbers[3] >= 0 && numbers[3] <= numbers[4]
            guard bands > 0, length > 0, bands * length < 1 << 28, isRising else {
                throw MartletError("Expected positive counts. Received: \(numbers).")
            }
            func mel(_ frequency: Double) -> Double { 2595 * log10(1 + frequency / 700) }
            let (low, high) = (mel(numbers[3]), mel(numbers[4]))
            let step = (high - low) / Double(bands + 2)
            let bins = length / 2 + 1
            let edges = (0..<bands + 2).map { place in
                let frequency = 700 * (pow(10, (Double(place) * step + low) / 2595) - 1)
                return Int(min(max(Double(length + 1) * frequency / numbers[2], 0), 1e9).rounded(.down))
            }
            var matrix = [Double](repeating: 0, count: bins * bands)
            for band in 0..<bands {
                let (start, centre, end) = (edges[band], edges[band + 1], edges[band + 2])
                if centre == start, centre < bins {
                    matrix[centre * bands + band] = 1
                } else {
                    for bin in start..<max(min(centre + 1, bins), start) where bin < bins {
                        matrix[bin * bands + band] = Double(bin - start) / Double(centre - start)
                    }
                }
                if end > centre {
                    for bin in centre..<max(min(end, bins), centre) {
                        matrix[bin * bands + band] = Double(end - bin) / Double(end - centre)
                    }
                }
            }
            let type = try call.elementType("output_datatype") ?? .float
            return [.tensor(type.wrapped(Tensor(matrix, shape: [bins, bands])), type)]
        }
    }
}

/// A discrete Fourier transform as a product with matrices of cosines and sines.
struct FourierTransform {
    let inverse: Bool
    let oneSided: Bool
    /// What the axis is cut or filled up to.
    let length: Int?

    /// - Parameter x: the last axis holds real and imaginary parts, or only real ones.
    func apply(to x: Tensor, axis: Int) throws -> Tensor {
        var x = x
        let count: Int
        if inverse && oneSided {
            // The half that is left out is the conjugate.
            count = length ?? 2 * (x.shape[axis] - 1)
            guard count > 0, x.shape[axis] >= count / 2 + 1 else {
                throw MartletError("Expected \(count / 2 + 1) elements along axis \(axis).")
            }
        } else {
            count = length ?? x.shape[axis]
            guard (1...1 << 24).contains(count) else {
                throw MartletError("Expected a length of at least 1. Received: \(count).")
            }
            if x.shape[axis] > count { x = x.sliced(0..<count, axis: axis) }
        }
        let given = inverse && oneSided ? count / 2 + 1 : x.shape[axis]
        if x.shape[axis] > given { x = x.sliced(0..<given, axis: axis) }
        let results = oneSided && !inverse ? count / 2 + 1 : count
        try Settings.requireMemory(16 * given.multipliedReportingOverflow(by: results).partialValue, at: "DFT")
        var (cosines, sines) = ([Double](), [Double]())
        for k in 0..<results {
            for n in 0..<given {
                let weight = inverse && oneSided && n > 0 && 2 * n != count ? 2.0 : 1
                let angle = 2 * Double.pi * Double((k * n) % count) / Double(count) * (inverse ? 1 : -1)
                cosines.append(weight * cos(angle))
                sines.append(weight * sin(angle))
            }
        }
        func matrix(_ values: [Double]) -> Tensor {
            Tensor(values, shape: [results, given]).cast(to: x.dtype) / (inverse ? Double(count) : 1)
        }
        let (c, s) = (matrix(cosines), matrix(sines))
        let last = x.rank - 1
        func part(_ place: Int) -> Tensor {
            x.sliced(place..<place + 1, axis: last).squeezed(axis: last).movingAxis(axis, to: -1)
        }
        func product(_ a: Tensor, _ b: Tensor) -> Tensor { matmul(a, b, transposeB: true).movingAxis(-1, to: axis) }
        let real = part(0)
        guard x.shape[last] == 2 else { return .stack([product(real, c), product(real, s)], axis: -1) }
        let imaginary = part(1)
        let result = product(real, c) - product(imaginary, s)
        if inverse && oneSided { return result.expandingDims(at: last) }
        return .stack([result, product(real, s) + product(imaginary, c)], axis: -1)
    }
}
