import Foundation
import MartletCore
import TestSupport
import Testing

/// Values and gradients of the ops against PyTorch's in float64.
@Suite(.ownSession) struct OpFixtureTests {
    /// With denormal numbers kept, as PyTorch does unless it is asked not to.
    @Test(arguments: OpFixture.files) func float64(_ file: String) throws {
        try Settings.withDenormals(flushed: false) { try compareInFloat64(file) }
    }

    private func compareInFloat64(_ file: String) throws {
        for (index, fixture) in try OpFixture.cases(of: file).enumerated() {
            let place = "\(file).json, case \(index), \(fixture.op)"
            let (outputs, gradients) = try fixture.derive(try fixture.inputs.map { try $0.tensor() })
            try #require(outputs.count == fixture.outputs.count, "\(place)")
            for (output, expected) in zip(outputs, fixture.outputs) {
                let expected = try expected.tensor()
                let error = largestError(of: output, expected, relativeTo: fixture.outputScale(in: file))
                #expect(error <= 1e-12, "\(place): \(output), PyTorch: \(expected)")
                // sign(-0) is -0 here and in JAX, 0 in NumPy and PyTorch.
                if file == "unary", fixture.op != "sign" {
                    #expect(negativeZeros(output) == negativeZeros(expected), "\(place): signs of zeros in \(output)")
                }
            }
            for case (let gradient?, let expected?) in zip(gradients, fixture.gradients ?? []) {
                let expected = try expected.tensor()
                let error = largestError(of: gradient, expected, relativeTo: try fixture.gradientScale(in: file))
                #expect(error <= 1e-12, "\(place): gradient \(gradient), PyTorch: \(expected)")
            }
        }
    }

    /// In float32, against float64 on the same inputs, rounded before: what is lost is lost in the op. An output may be
    /// off by two units in the last place, a gradient, which several ops compute, by four.
    @Test(arguments: OpFixture.files) func float32(_ file: String) throws {
        for (index, fixture) in try OpFixture.cases(of: file).enumerated() {
            let place = "\(file).json, case \(index), \(fixture.op)"
            let inputs = try fixture.inputs.map { try $0.tensor(as: .float32) }
            guard inputs.contains(where: { $0.dtype == .float32 }) else { continue }
            let (outputs, gradients) = try fixture.derive(inputs)
            let wide = try fixture.derive(inputs.map { $0.dtype == .float32 ? $0.cast(to: .float64) : $0 })
            for (output, expected) in zip(outputs, wide.outputs) {
                if expected.dtype == .float64 { #expect(output.dtype == .float32, "\(place)") }
                let error = largestError(of: output, expected, relativeTo: fixture.outputScale(in: file))
                #expect(
                    error <= fixture.steps(in: file) * 2 * DType.float32.epsilon,
                    "\(place): \(output), in float64: \(expected)")
            }
            for case (let gradient?, let expected?) in zip(gradients, wide.gradients) {
                let error = largestError(of: gradient, expected, relativeTo: try fixture.gradientScale(in: file))
                #expect(
                    error <= fixture.steps(in: file) * 4 * DType.float32.epsilon,
                    "\(place): gradient \(gradient), in float64: \(expected)")
            }
        }
    }

    @Test func everyHandlerHasCases() throws {
        let ops = Set(try OpFixture.files.flatMap { try OpFixture.cases(of: $0).map(\.op) })
        #expect(ops == Set(OpFixture.handlers.keys))
    }

    private func negativeZeros(_ x: Tensor) -> [Bool] {
        x.scalars(as: Double.self).map { $0 == 0 && $0.sign == .minus }
    }
}

extension OpFixture {
    /// The outputs, and the gradients of those inputs that have one in the fixture, nil for the others.
    func derive(_ inputs: [Tensor]) throws -> (outputs: [Tensor], gradients: [Tensor?]) {
        let handler = try #require(Self.handlers[op], "\(op) has no handler")
        guard let gradients else { return (handler(inputs, args), []) }
        let tape = GradientTape()
        let outputs = tape.record {
            for (input, gradient) in zip(inputs, gradients) where gradient != nil { tape.watch(input) }
            return handler(inputs, args)
        }
        let targets = outputs.filter(\.dtype.isFloatingPoint)
        let weights = try outputWeights.map { try $0.tensor(as: targets[0].dtype) }
        let found = tape.gradients(
            of: targets, withRespectTo: inputs, outputGradients: weights, unconnected: .zeros)
        return (outputs, zip(found, gradients).map { $1 == nil ? nil : $0 })
    }

    /// Ops that are a chain of others (statistics, then a quotient; products, exponentials, products) round at each link.
    func steps(in file: String) -> Double { file == "normalization" || file == "attention" ? 2 : 1 }

    private var outputWeights: [FixtureTensor] { outputGradients ?? [outputGradient].compactMap { $0 } }

    /// Functions of single elements are exact for each element. Where terms are added up, what counts is their size.
    func outputScale(in file: String) -> ErrorScale {
        switch file {
        case "unary", "binary", "shapes": .element()
        case "indexing" where op != "scatterAdd": .element()
        case "softmax": .tensor()
        default: .tensor(atLeast: inputs.map { $0.values.map(\.value).largestMagnitude }.max() ?? 0)
        }
    }

    /// As of the outputs; and the gradients of operands that broadcast are sums.
    func gradientScale(in file: String) throws -> ErrorScale {
        if file == "unary" {
            switch op {
            // PyTorch takes them from the output, y + 1, 1 - y * y, y * (1 - y), which rounds a number close to 1.
            case "expm1", "tanh", "sigmoid": return .element(atLeast: 1)
            default: return .element()
            }
        }
        return .tensor(atLeast: outputWeights.map { $0.values.map(\.value).largestMagnitude }.max() ?? 0)
    }
}
