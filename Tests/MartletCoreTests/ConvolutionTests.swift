import MartletCore
import TestSupport
import Testing

/// Convolutions against loops over windows in `Double`, and their gradients by the definition of an adjoint.
@Suite(.ownSession) struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input: Shape
        let window: [Int]
        let filters: Int
        var strides: [Int]?
        var padding = Padding.valid
        var dilations: [Int]?
        var groups = 1

        init(
            _ input: Shape, _ window: [Int], _ filters: Int, strides: [Int]? = nil, padding: Padding = .valid,
            dilations: [Int]? = nil, groups: Int = 1
        ) {
            self.input = input
            self.window = window
            self.filters = filters
            self.strides = strides
            self.padding = padding
            self.dilations = dilations
            self.groups = groups
        }

        var kernel: Shape { Shape(window + [input[-1] / groups, filters]) }
        var testDescription: String {
            "\(input) \(window) \(filters) strides \(strides ?? []) \(padding) dilations \(dilations ?? []) "
                + "groups \(groups)"
        }
    }

    static let cases: [Case] = [
        Case([2, 9, 1], [3], 2), Case([2, 9, 3], [3], 4, strides: [2], padding: .same),
        Case([1, 8, 2], [3], 2, padding: .causal, dilations: [2]), Case([3, 7, 4], [2], 4, strides: [3], groups: 2),
        Case([2, 6, 7, 1], [3, 3], 2), Case([2, 6, 7, 3], [3, 3], 5, padding: .same),
        Case([1, 7, 8, 3], [3, 2], 4, strides: [2, 3], padding: .same), Case([2, 5, 5, 2], [1, 1], 3),
        Case([2, 6, 6, 2], [1, 1], 3, strides: [2, 2]), Case([1, 9, 8, 2], [3, 3], 2, dilations: [2, 3]),
        Case([1, 9, 8, 2], [3, 3], 2, padding: .same, dilations: [3, 2]),
        Case([2, 6, 6, 4], [3, 3], 6, padding: .same, groups: 2), Case([2, 6, 6, 3], [3, 3], 6, groups: 3),
        Case([2, 5, 5, 3], [3, 3], 3, strides: [2, 2], padding: .same, groups: 3),
        Case([1, 4, 4, 2], [4, 4], 3), Case([1, 4, 4, 2], [5, 4], 3, padding: .same),
        Case([1, 5, 6, 2], [2, 3], 2, strides: [2, 1], padding: .explicit([(1, 2), (0, 3)])),
        Case([1, 3, 3, 1], [2, 2], 1, strides: [5, 5]), Case([0, 6, 6, 3], [3, 3], 2),
        Case([1, 1, 1, 1], [1, 1], 1), Case([2, 4, 5, 6, 1], [2, 3, 2], 2),
        Case([1, 5, 4, 6, 3], [3, 2, 3], 4, strides: [2, 1, 2], padding: .same),
        Case([1, 5, 5, 5, 2], [2, 2, 2], 4, dilations: [2, 1, 3], groups: 2),
        Case([3, 20, 21, 16], [3, 3], 24, padding: .same), Case([2, 28, 28, 1], [3, 3], 32),
        Case([2, 24, 24, 3], [7, 7], 16, strides: [2, 2], padding: .same), Case([2, 13, 13, 32], [3, 3], 64),
    ]

    /// TensorFlow's amount before an axis for `same`, from the definition of its documentation.
    static func before(_ c: Case, _ axis: Int) -> (before: Int, count: Int) {
        let (size, window) = (c.input.dimensions[axis + 1], c.window[axis])
        let (stride, dilation) = (c.strides?[axis] ?? 1, c.dilations?[axis] ?? 1)
        let span = (window - 1) * dilation + 1
        switch c.padding {
        case .valid: return (0, (size - span) / stride + 1)
        case .causal: return (span - 1, (size - 1) / stride + 1)
        case .explicit(let pads):
            return (pads[axis].before, (size + pads[axis].before + pads[axis].after - span) / stride + 1)
        case .same:
            let total = size % stride == 0 ? max(span - stride, 0) : max(span - size % stride, 0)
            return (total / 2, (size + stride - 1) / stride)
        }
    }

    /// Calls `body` with the flat places in x, kernel and y of every product that a convolution sums.
    static func forEachProduct(_ c: Case, _ body: (Int, Int, Int) -> Void) -> Shape {
        let rank = c.window.count
        let layout = (0..<rank).map { before(c, $0) }
        let output = Shape([c.input[0]] + layout.map(\.count) + [c.filters])
        let (perGroupIn, perGroupOut) = (c.input[-1] / c.groups, c.filters / c.groups)
        func walk(_ sizes: [Int], _ body: ([Int]) -> Void) {
            for index in 0..<sizes.reduce(1, *) {
                var rest = index
                body(sizes.reversed().map { size in defer { rest /= size }; return rest % size }.reversed())
            }
        }
        for image in 0..<c.input[0] {
            walk(layout.map(\.count)) { place in
                walk(c.window) { tap in
                    var (x, y, k) = (image, image, 0)
                    for axis in 0..<rank {
                        let position = place[axis] * (c.strides?[axis] ?? 1) - layout[axis].before
                            + tap[axis] * (c.dilations?[axis] ?? 1)
                        let size = c.input.dimensions[axis + 1]
                        guard (0..<size).contains(position) else { return }
                        x = x * size + position
                        y = y * layout[axis].count + place[axis]
                        k = k * c.window[axis] + tap[axis]
                    }
                    for filter in 0..<c.filters {
                        for channel in 0..<perGroupIn {
                            body(
                                x * c.input[-1] + filter / perGroupOut * perGroupIn + channel,
                                (k * perGroupIn + channel) * c.filters + filter, y * c.filters + filter)
                        }
                    }
                }
            }
        }
        return output
    }

    func expectClose(_ tensor: Tensor, _ expected: [Double], _ tolerance: Double, _ what: Comment) {
        let scale = max(1, expected.map { abs($0) }.max() ?? 0)
        #expect(worstError(tensor, expected) <= tolerance * scale, what)
    }

    @Test(arguments: cases) func matchesLoops(_ c: Case) {
        let (x, kernel) = (SampleInput.uniform(c.input, seed: 1), SampleInput.uniform(c.kernel, seed: 2))
        let (xs, ks): ([Double], [Double]) = (x.scalars(), kernel.scalars())
        let output = Self.forEachProduct(c) { _, _, _ in }
        var y = [Double](repeating: 0, count: output.elementCount)
        _ = Self.forEachProduct(c) { y[$2] += xs[$0] * ks[$1] }
        let upstream = SampleInput.uniform(output, seed: 3)
        let us: [Double] = upstream.scalars()
        var (dx, dk) = ([Double](repeating: 0, count: xs.count), [Double](repeating: 0, count: ks.count))
        _ = Self.forEachProduct(c) {
            dx[$0] += ks[$1] * us[$2]
            dk[$1] += xs[$0] * us[$2]
        }
        for (dtype, tolerance) in [(DType.float64, 1e-13), (.float32, 3e-6)] {
            let (input, weights) = (x.cast(to: dtype), kernel.cast(to: dtype))
            let tape = GradientTape()
            tape.watch(input)
            tape.watch(weights)
            let result = tape.record {
                conv(
                    input, weights, strides: c.strides, padding: c.padding, dilations: c.dilations, groups: c.groups)
            }
            #expect(result.shape == output)
            expectClose(result, y, tolerance, "forward \(dtype)")
            let gradients = tape.gradient(
                of: result, withRespectTo: [input, weights], outputGradient: upstream.cast(to: dtype))
            expectClose(gradients[0]!, dx, tolerance, "input gradient \(dtype)")
            expectClose(gradients[1]!, dk, tolerance, "kernel gradient \(dtype)")
        }
    }

    @Test func biasAndActivation() {
        let x = SampleInput.uniform([2, 6, 5, 3], seed: 1)
        let (kernel, bias) = (SampleInput.uniform([3, 3, 3, 4], seed: 2), SampleInput.uniform([4], seed: 3))
        let expected = conv(x, kernel, padding: .same) + bias
        #expect(conv(x, kernel, padding: .same, bias: bias).allClose(to: expected, relativeTolerance: 1e-13))
        let fused = convLayer(x, kernel, padding: .same, bias: bias, activation: .relu)
        #expect(fused.allClose(to: expected.relu(), relativeTolerance: 1e-13))
    }

    @Test func depthwiseChannelsAreSeparate() {
        let (x, kernel) = (SampleInput.uniform([2, 6, 5, 3], seed: 1), SampleInput.uniform([3, 2, 3, 2], seed: 2))
        let y = depthwiseConv(x, kernel, strides: [2, 1], padding: .same)
        #expect(y.shape == [2, 3, 5, 6])
        for channel in 0..<3 {
            let one = conv(
                x[.ellipsis, channel..<channel + 1], kernel[.all, .all, channel..<channel + 1], strides: [2, 1],
                padding: .same)
            let part = y[.ellipsis, channel * 2..<channel * 2 + 2]
            #expect(part.allClose(to: one, relativeTolerance: 1e-12, absoluteTolerance: 1e-12))
        }
    }

    /// Sizes from Keras's Conv2DTranspose.
    @Test func transposedSizes() {
        func size(
            _ n: Int, _ window: Int, _ stride: Int, _ padding: Padding, _ extra: Int? = nil, dilation: Int = 1
        ) -> Int {
            convTransposed(
                Tensor.ones([1, n, 2]), Tensor.ones([window, 3, 2]), strides: [stride], padding: padding,
                outputPadding: extra.map { [$0] }, dilations: [dilation]
            ).shape[1]
        }
        #expect(size(4, 3, 2, .same) == 8 && size(4, 3, 2, .valid) == 9 && size(4, 2, 3, .valid) == 12)
        #expect(size(4, 3, 2, .same, 1) == 8 && size(4, 3, 2, .same, 0) == 7 && size(4, 3, 2, .valid, 1) == 10)
        #expect(size(4, 3, 1, .valid, dilation: 2) == 8 && size(1, 1, 1, .valid) == 1 && size(4, 4, 2, .same) == 8)
    }

    /// <conv(x), y> = <x, convTransposed(y)>
    @Test func transposedIsTheAdjoint() {
        for padding in [Padding.valid, .same, .explicit([(1, 1), (0, 2)])] {
            let x = SampleInput.uniform([2, 8, 9, 3], seed: 1)
            let kernel = SampleInput.uniform([3, 2, 3, 4], seed: 2)
            let y = conv(x, kernel, strides: [2, 3], padding: padding)
            let z = SampleInput.uniform(y.shape, seed: 3)
            let extra: [Int]? = switch padding {
            case .same: [8 - (y.shape[1] - 1) * 2 - 1, 9 - (y.shape[2] - 1) * 3]
            case .explicit: [8 - (y.shape[1] - 1) * 2 - 3 + 2, 9 - (y.shape[2] - 1) * 3 - 2 + 2]
            default: [8 - (y.shape[1] - 1) * 2 - 3, 9 - (y.shape[2] - 1) * 3 - 2]
            }
            let back = convTransposed(z, kernel, strides: [2, 3], padding: padding, outputPadding: extra)
            #expect(back.shape == x.shape)
            let (left, right): (Double, Double) = ((y * z).sum().item(), (x * back).sum().item())
            #expect(abs(left - right) <= 1e-11)
        }
    }

    @Test func samePaddingIsTensorFlows() {
        func pads(_ size: Int, _ window: Int, _ stride: Int, _ dilation: Int = 1) -> [Int] {
            let (before, after) = Padding.same.amounts(
                axis: 0, size: size, window: window, stride: stride, dilation: dilation)
            return [before, after]
        }
        #expect(pads(28, 3, 1) == [1, 1] && pads(28, 3, 2) == [0, 1] && pads(28, 2, 1) == [0, 1])
        #expect(pads(5, 3, 2) == [1, 1] && pads(7, 3, 1, 2) == [2, 2] && pads(4, 1, 3) == [0, 0])
        #expect(Padding.outputSize(of: 2, window: 3) == 0 && Padding.outputSize(of: 10, window: 3, stride: 4) == 2)
    }

    @Test func wrongCalls() async {
        await #expect(processExitsWith: .failure) { _ = conv(Tensor.ones([1, 2, 2, 1]), Tensor.ones([3, 3, 1, 1])) }
        await #expect(processExitsWith: .failure) { _ = conv(Tensor.ones([1, 4, 4, 2]), Tensor.ones([3, 3, 1, 1])) }
        await #expect(processExitsWith: .failure) { _ = conv(Tensor.ones([4, 4]), Tensor.ones([3, 3])) }
        await #expect(processExitsWith: .failure) {
            _ = conv(Tensor.ones([1, 4, 4, 1]), Tensor.ones([3, 3, 1, 1]), strides: [0, 1])
        }
        await #expect(processExitsWith: .failure) {
            _ = conv(Tensor.ones([1, 4, 4, 4]), Tensor.ones([3, 3, 2, 3]), groups: 2)
        }
        await #expect(processExitsWith: .failure) {
            _ = conv(Tensor.ones([1, 4, 4, 1]), Tensor.ones([3, 3, 1, 2]), bias: Tensor.ones([3]))
        }
        await #expect(processExitsWith: .failure) {
            _ = conv(Tensor.ones([1, 4, 4, 1]), Tensor.ones([3, 3, 1, 2]), padding: .causal)
        }
    }

    @Test func kernelsMayBeVeryLong() {
        let taps = 2_000_000
        let (x, kernel) = (Tensor.ones([1, taps + 1, 1]), Tensor.ones([taps, 1, 1]))
        let tape = GradientTape()
        tape.watch(kernel)
        let y = tape.record { conv(x, kernel) }
        #expect(y.scalars(as: Double.self) == [Double(taps), Double(taps)])
        let gradient = tape.gradient(of: y, withRespectTo: kernel)!
        #expect(gradient.min().item() == 2.0 && gradient.max().item() == 2.0)
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        for c in Self.cases.suffix(4) {
            let x = SampleInput.uniform(c.input, seed: 1).cast(to: .float32)
            let kernel = SampleInput.uniform(c.kernel, seed: 2).cast(to: .float32)
            let same = sameBitsWithAnyThreads {
                let tape = GradientTape()
                tape.watch(x)
                tape.watch(kernel)
                let y = tape.record { conv(x, kernel, strides: c.strides, padding: c.padding) }
                return [y] + tape.gradient(of: y, withRespectTo: [x, kernel], outputGradient: y).map { $0! }
            }
            #expect(same, "\(c.testDescription)")
        }
    }
}
