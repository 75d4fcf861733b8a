/// The check of every op in the registry on its samples.
package enum OpCheck {
    /// Checks one sample of an op: first order, second order unless the sample says no, and, for a linear op, that the
    /// gradient is the adjoint to 1e-12.
    package static func report(for sample: OpSample) -> GradientCheckReport {
        run(sample.op, sample)
    }

    private static func run<O: Op>(_ op: O, _ sample: OpSample) -> GradientCheckReport {
        var options = GradientCheckOptions()
        options.secondOrder = sample.secondOrder
        var report = gradientCheck(at: sample.inputs, checked: sample.checked, options: options) { inputs in
            perform(op, inputs)
        }
        if O.isLinear { report.entries.append(adjointEntry(op, sample)) }
        return report
    }

    /// <u, f(x)> = <f'u, x>, which holds to rounding for a linear function and its adjoint.
    private static func adjointEntry<O: Op>(_ op: O, _ sample: OpSample) -> GradientCheckReport.Entry {
        let sources = zip(sample.inputs, sample.checked).filter { $0.1 }.map { $0.0 }
        let tape = GradientTape()
        let outputs = tape.record {
            for source in sources { tape.watch(source) }
            return perform(op, sample.inputs)
        }.filter(\.dtype.isFloatingPoint)
        let weights = outputs.enumerated().map {
            SampleInput.uniform($1.shape, seed: UInt64(201 + $0)).cast(to: $1.dtype)
        }
        let gradients = tape.gradients(
            of: outputs, withRespectTo: sources, outputGradients: weights, unconnected: .zeros)
        func dot(_ a: Tensor, _ b: Tensor) -> (sum: Double, scale: Double) {
            let products = zip(a.scalars(as: Double.self), b.scalars(as: Double.self)).map { $0 * $1 }
            return (products.reduce(0, +), products.reduce(0) { $0 + $1.magnitude })
        }
        let forward = zip(outputs, weights).map(dot)
        let backward = zip(sources, gradients).map { dot($0, $1!) }
        let scale = max(1, (forward + backward).reduce(0) { max($0, $1.scale) })
        let (left, right) = (forward.reduce(0) { $0 + $1.sum }, backward.reduce(0) { $0 + $1.sum })
        return GradientCheckReport.Entry(
            name: "adjoint", error: (left - right).magnitude / scale, tolerance: 1e-12, comparisons: 1,
            worst: "<u, f(x)> = \(left), <f'u, x> = \(right)")
    }

    /// Whether an input and an output of the sample are floating-point numbers and neither is empty: something to
    /// check.
    package static func hasDerivative(_ sample: OpSample) -> Bool { floatOutputs(sample.op, sample) }

    private static func floatOutputs<O: Op>(_ op: O, _ sample: OpSample) -> Bool {
        perform(op, sample.inputs).contains { $0.dtype.isFloatingPoint && $0.elementCount > 0 }
            && zip(sample.inputs, sample.checked).contains { $1 && $0.elementCount > 0 }
    }

    /// Whether the check catches the op with a backward rule that is off by 1e-3 for one input.
    package static func catchesMutation(of sample: OpSample, input: Int) -> Bool {
        mutated(sample.op, sample, input)
    }

    private static func mutated<O: Op>(_ op: O, _ sample: OpSample, _ input: Int) -> Bool {
        var options = GradientCheckOptions()
        options.secondOrder = false
        let mutant = Mutant(base: op, input: input)
        return !gradientCheck(at: sample.inputs, checked: sample.checked, options: options) { inputs in
            perform(mutant, inputs)
        }.passed
    }
}

/// An op whose gradient is deliberately wrong by one part in a thousand: what the check must catch.
struct Mutant<Base: Op>: Op {
    let base: Base
    let input: Int

    static var name: String { "mutated \(Base.name)" }
    static var form: OpForm { Base.form }
    static func computeType(for type: DType) -> DType { Base.computeType(for: type) }
    static var samples: [OpSample] { [] }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { try base.outputs(for: inputs) }
    func operandTypes(_ inputs: [TensorSpec]) -> [DType] { base.operandTypes(inputs) }
    func makeKernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel? { base.makeKernel(inputs, outputs) }
    func formula(_ inputs: [Tensor]) -> [Tensor]? { base.formula(inputs) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var gradients = base.gradient(context)
        let shape = context.inputs[input].spec
        let right = gradients[input] ?? .zeros(shape.shape, dtype: shape.dtype)
        let isZero = right.scalars(as: Double.self).allSatisfy { $0 == 0 }
        gradients[input] = isZero ? right + 1e-3 : right * (1 + 1e-3)
        return gradients
    }
}
