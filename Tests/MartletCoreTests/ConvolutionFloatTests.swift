import MartletCore
import TestSupport
import Testing

/// The `float32` paths of convolutions (Winograd's algorithm, few channels, 1x1, columns) against the `float64` one, which
/// sums plainly and is itself tested against loops. Serialized: whether Winograd's algorithm is used is a setting of
/// the process.
@Suite(.serialized, .ownSession) struct ConvolutionFloatTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var input: Shape
        var window = [3, 3]
        var filters: Int
        var strides = [1, 1]
        var dilations = [1, 1]
        var padding = Padding.valid

        var testDescription: String { "\(input) \(window) \(filters) \(strides) \(dilations) \(padding)" }
    }

    /// Every padding; sizes that are no multiple of the tile's 4; channels that are no multiple of a vector's 16.
    static let winograd: [Case] = {
        let paddings: [Padding] = [.valid, .same, .explicit([(2, 0), (1, 2)]), .explicit([(3, 4), (0, 5)])]
        let sizes: [(Int, Int, Int)] = [(2, 13, 13), (1, 16, 17), (3, 9, 30), (5, 8, 8)]
        let channels = [(16, 16), (17, 33), (64, 17), (32, 64)]
        return paddings.flatMap { padding in
            zip(sizes, channels).map {
                Case(input: [$0.0, $0.1, $0.2, $1.0], filters: $1.1, padding: padding)
            }
        } + [
            Case(input: [40, 4, 4, 16], filters: 16, padding: .same),
            Case(input: [2, 29, 31, 96], filters: 160, padding: .same),
            Case(input: [16, 7, 7, 256], filters: 256, padding: .same),
            // Without padding, images lie in a grid for the gradient to the input: in one row and in several, one left over.
            Case(input: [7, 13, 13, 32], filters: 64), Case(input: [9, 6, 11, 16], filters: 16),
            Case(input: [50, 5, 7, 17], filters: 33), Case(input: [11, 10, 9, 24], filters: 48),
            // Sizes that stay with plain sums: one pixel, few tiles, no images.
            Case(input: [3, 1, 1, 64], filters: 64, padding: .same), Case(input: [1, 3, 3, 64], filters: 17),
            Case(input: [0, 13, 13, 32], filters: 64, padding: .same),
        ]
    }()

    static let others: [Case] = [1, 2, 3, 4].flatMap { channels in
        [
            Case(input: [3, 11, 26, channels], filters: 32),
            Case(input: [2, 13, 9, channels], filters: 17, padding: .same),
            Case(input: [2, 12, 7, channels], window: [5, 4], filters: 8, strides: [2, 3], padding: .same),
            Case(input: [1, 15, 14, channels], filters: 40, dilations: [2, 3], padding: .explicit([(4, 1), (0, 9)])),
            Case(input: [4, 1, 1, channels], filters: 64, padding: .same),
            Case(input: [0, 9, 9, channels], filters: 32),
        ]
    } + [
        Case(input: [2, 20, 20, 3], window: [7, 7], filters: 64, strides: [2, 2], padding: .same),
        Case(input: [2, 20, 20, 3], window: [11, 11], filters: 16, strides: [4, 4]),
        Case(input: [3, 14, 14, 130], window: [1, 1], filters: 70),
        Case(input: [3, 15, 14, 64], window: [1, 1], filters: 33, strides: [2, 2], padding: .same),
    ]

    /// The result with bias and relu, and the gradients to the input, the kernel and the bias.
    static func results(_ c: Case, _ type: DType) -> [Tensor] {
        let kernelShape = Shape(c.window + [c.input[-1], c.filters])
        let inputs = [(c.input, 1), (kernelShape, 2), ([c.filters], 3)].map { shape, seed in
            // Rounded to float32 first: both types see the same numbers.
            SampleInput.uniform(shape, seed: seed).cast(to: .float32).cast(to: type)
        }
        func apply(_ activation: FusedActivation) -> Tensor {
            convLayer(
                inputs[0], inputs[1], strides: c.strides, padding: c.padding, dilations: c.dilations, bias: inputs[2],
                activation: activation)
        }
        let tape = GradientTape()
        for input in inputs { tape.watch(input) }
        let y = tape.record { apply(.none) }
        let upstream = SampleInput.uniform(y.shape, seed: 4).cast(to: .float32).cast(to: type)
        return [apply(.relu)] + tape.gradient(of: y, withRespectTo: inputs, outputGradient: upstream).map { $0! }
    }

    func expectClose(_ c: Case, _ tolerance: Double) {
        let names = ["result", "input gradient", "kernel gradient", "bias gradient"]
        for ((name, result), expected) in zip(zip(names, Self.results(c, .float32)), Self.results(c, .float64)) {
            let error = largestError(of: result.cast(to: .float64), expected, relativeTo: .tensor(atLeast: 1e-3))
            #expect(error <= tolerance, "\(name) of \(c.testDescription)")
        }
    }

    @Test(arguments: winograd) func winogradIsClose(_ c: Case) { expectClose(c, 1e-5) }

    @Test(arguments: others) func othersAreClose(_ c: Case) { expectClose(c, 2e-6) }

    @Test func plainSumsOnRequest() {
        #expect(Settings.usesWinograd)
        defer { Settings.usesWinograd = true }
        for c in Self.winograd.suffix(6).prefix(3) {
            Settings.usesWinograd = true
            let fast = Self.results(c, .float32)
            Settings.usesWinograd = false
            #expect(!Settings.usesWinograd)
            expectClose(c, 2e-6)
            let plain = Self.results(c, .float32)
            let differ = zip(fast, plain).map { $0.scalars(as: Float.self) != $1.scalars(as: Float.self) }
            // The bias's gradient is a sum of its own.
            #expect(differ == [true, true, true, false])
        }
    }

    @Test func reluKeepsNaN() {
        for channels in [1, 16] {
            let x = Tensor.full([2, 12, 12, channels], Float.nan, dtype: .float32)
            let y = convLayer(
                x, Tensor.ones([3, 3, channels, 16], dtype: .float32), padding: .same,
                bias: Tensor.ones([16], dtype: .float32), activation: .relu)
            #expect(y.scalars(as: Float.self).allSatisfy { $0.isNaN })
        }
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let cases = [
            Case(input: [7, 29, 31, 32], filters: 48, padding: .same),
            Case(input: [5, 28, 28, 128], filters: 128, padding: .same),
            Case(input: [16, 7, 7, 256], filters: 256, padding: .same),
            Case(input: [32, 28, 28, 1], filters: 32), Case(input: [9, 65, 33, 3], filters: 24, padding: .same),
            Case(input: [9, 33, 35, 64], window: [1, 1], filters: 96, strides: [2, 2]),
        ]
        for c in cases {
            #expect(sameBitsWithAnyThreads { Self.results(c, .float32) }, "\(c.testDescription)")
        }
    }
}
