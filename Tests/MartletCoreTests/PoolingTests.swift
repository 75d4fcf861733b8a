import MartletCore
import TestSupport
import Testing

/// Pooling against loops over windows.
@Suite(.ownSession) struct PoolingTests {
    typealias Case = ConvolutionTests.Case

    static let cases: [Case] = [
        Case([2, 7, 3], [2], 0), Case([2, 7, 1], [3], 0, strides: [2], padding: .same),
        Case([2, 6, 6, 3], [2, 2], 0), Case([2, 7, 5, 2], [3, 2], 0, strides: [1, 2], padding: .same),
        Case([1, 7, 7, 1], [2, 3], 0, strides: [3, 3]),
        Case([1, 5, 5, 17], [2, 2], 0, padding: .explicit([(1, 0), (1, 1)])),
        Case([2, 7, 9, 17], [3, 2], 0), Case([2, 5, 5, 40], [2, 2], 0), Case([1, 8, 8, 16], [1, 4], 0),
        Case([0, 4, 4, 2], [2, 2], 0), Case([1, 4, 6, 5, 2], [2, 3, 2], 0, strides: [2, 1, 2], padding: .same),
        Case([1, 1, 1, 1], [1, 1], 0), Case([3, 26, 26, 32], [2, 2], 0),
    ]

    /// The flat places of each window's elements, for each element of the output.
    static func windows(_ c: Case) -> (Shape, [[Int]]) {
        var shaped = Case(
            Shape(c.input.dimensions.dropLast() + [1]), c.window, 1, strides: c.strides ?? c.window, padding: c.padding)
        shaped.groups = 1
        var places: [[Int]] = []
        let single = ConvolutionTests.forEachProduct(shaped) { x, _, y in
            while places.count <= y { places.append([]) }
            places[y].append(x)
        }
        let channels = c.input[-1]
        let spread = places.flatMap { window in
            (0..<channels).map { channel in window.map { $0 * channels + channel } }
        }
        return (Shape(single.dimensions.dropLast() + [channels]), spread)
    }

    @Test(arguments: cases) func matchesLoops(_ c: Case) {
        let (shape, windows) = Self.windows(c)
        let x = SampleInput.distinct(c.input)
        let upstream = SampleInput.uniform(shape, seed: 2)
        let (xs, us): ([Double], [Double]) = (x.scalars(), upstream.scalars())
        var maxGradient = [Double](repeating: 0, count: xs.count)
        var meanGradient = maxGradient
        for (index, window) in windows.enumerated() {
            maxGradient[window.max { xs[$0] < xs[$1] }!] += us[index]
            for place in window { meanGradient[place] += us[index] / Double(window.count) }
        }
        let largest = windows.map { window in window.map { xs[$0] }.max()! }
        let means = windows.map { window in window.map { xs[$0] }.reduce(0, +) / Double(window.count) }
        for (dtype, tolerance) in [(DType.float64, 1e-14), (.float32, 1e-6)] {
            let input = x.cast(to: dtype)
            for (isMax, values, gradient) in [(true, largest, maxGradient), (false, means, meanGradient)] {
                let tape = GradientTape()
                tape.watch(input)
                let y = tape.record {
                    isMax
                        ? maxPool(input, size: c.window, strides: c.strides, padding: c.padding)
                        : averagePool(input, size: c.window, strides: c.strides, padding: c.padding)
                }
                #expect(y.shape == shape)
                #expect(worstError(y, values) <= tolerance * max(1, values.map { abs($0) }.max() ?? 0))
                let dx = tape.gradient(of: y, withRespectTo: input, outputGradient: upstream.cast(to: dtype))!
                #expect(worstError(dx, gradient) <= tolerance)
            }
        }
    }

    @Test func tiesGoToTheFirstAndNaNWins() {
        let x = Tensor([1.0, 1, 1, 1, 2, .nan, 3, .infinity], shape: [1, 8, 1])
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { maxPool(x, size: [4]) }
        #expect(y.scalars(as: Double.self)[0] == 1 && y.scalars(as: Double.self)[1].isNaN)
        let dx = tape.gradient(of: y, withRespectTo: x)!
        #expect(dx.scalars() == [1.0, 0, 0, 0, 0, 1, 0, 0])
        #expect(maxPool(Tensor.full([1, 2, 1], -Double.infinity), size: [2]).item() == -.infinity)
    }

    /// The same rules where windows touch and many channels are done at a time.
    @Test func tiesAndNaNInManyChannels() {
        let channels = 33
        let plane = Tensor([1, 1, 2, .nan, 1, 1, 3, .infinity] as [Float], shape: [1, 2, 4, 1])
        let x = plane.broadcast(to: [1, 2, 4, channels])
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { maxPool(x, size: [2, 2]) }
        let values = y.scalars(as: Float.self)
        #expect(values.prefix(channels).allSatisfy { $0 == 1 } && values.dropFirst(channels).allSatisfy { $0.isNaN })
        let dx = tape.gradient(of: y, withRespectTo: x)!
        let expected = [1.0, 0, 0, 1, 0, 0, 0, 0].flatMap { [Double](repeating: $0, count: channels) }
        #expect(dx.scalars(as: Double.self) == expected)
    }

    @Test func wrongCalls() async {
        // Every window lies in the padding alone.
        await #expect(processExitsWith: .failure) {
            _ = maxPool(Tensor.ones([1, 0, 4, 1]), size: [3, 3], padding: .explicit([(2, 2), (0, 0)]))
        }
        await #expect(processExitsWith: .failure) { _ = maxPool(Tensor.ones([1, 2, 2, 1]), size: [3, 3]) }
        await #expect(processExitsWith: .failure) { _ = maxPool(Tensor.ones([1, 4, 4, 1]), size: [2]) }
        await #expect(processExitsWith: .failure) {
            _ = averagePool(Tensor.ones([1, 4, 4, 1]), size: [2, 2], padding: .explicit([(2, 0), (0, 0)]))
        }
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let x = SampleInput.uniform([5, 30, 30, 16]).cast(to: .float32)
        let same = sameBitsWithAnyThreads {
            let tape = GradientTape(persistent: true)
            tape.watch(x)
            let y = tape.record {
                maxPool(x, size: [3, 3], strides: [2, 2]) * averagePool(x, size: [3, 3], strides: [2, 2])
            }
            let halves = tape.record { maxPool(x, size: [2, 2]) * averagePool(x, size: [2, 2]) }
            return [y, halves] + [y, halves].map { tape.gradient(of: $0, withRespectTo: x)! }
        }
        #expect(same)
    }
}
