/// Checks the gradient of a function against finite differences, in `float64`.
///
/// Inputs are moved by a 4-point stencil whose step grows with their magnitude. Where the Jacobian is small every
/// element is compared; otherwise several projections u'Jv onto random signs. With `secondOrder` the gradient is
/// checked as a function of its inputs and of the output gradient in the same way. The function must be smooth around
/// the inputs: keep them off kinks and ties.
///
/// ```swift
/// let report = gradientCheck(at: [x, w]) { inputs in [matmul(inputs[0], inputs[1]).tanh()] }
/// precondition(report.passed, "\(report)")
/// ```
///
/// - Parameters:
///   - inputs: where; floating-point ones are cast to `float64` and varied, others are passed on as they are.
///   - checked: which inputs to vary; all floating-point ones when nil.
///   - options: tolerance, step, sizes.
///   - function: a function of tensors, without side effects that change its result.
/// - Returns: an entry for each input that was varied, first order and then, marked so, second order.
public func gradientCheck(
    at inputs: [Tensor], checked: [Bool]? = nil, options: GradientCheckOptions = .init(),
    _ function: @escaping ([Tensor]) -> [Tensor]
) -> GradientCheckReport {
    let wide = inputs.map { $0.dtype.isFloatingPoint ? $0.cast(to: .float64) : $0 }
    let varied = checked ?? inputs.map(\.dtype.isFloatingPoint)
    require(
        zip(varied, inputs).allSatisfy { !$0 || $1.dtype.isFloatingPoint }, "gradientCheck",
        "Only floating-point inputs can be checked. Received: \(inputs.map(\.spec)).")
    var report = GradientCheckReport(entries: [])
    let first = FunctionUnderCheck(inputs: wide, varied: varied, options: options, function: function)
    report.entries += first.check(names: inputs.indices.map { "input \($0)" })
    guard options.secondOrder, varied.contains(true) else { return report }

    // The gradient J'u as a function of the inputs and of u.
    let outputs = first.outputs(wide)
    let weights = outputs.enumerated().map { index, output in
        SampleInput.uniform(output.shape, in: 0.5...1.5, seed: UInt64(101 + index))
    }
    let second = FunctionUnderCheck(
        inputs: wide + weights, varied: varied + weights.map { _ in true }, options: options
    ) { all in
        let tape = GradientTape()
        let arguments = Array(all.prefix(wide.count))
        let results = tape.record {
            for (argument, isVaried) in zip(arguments, varied) where isVaried { tape.watch(argument) }
            return first.outputs(arguments)
        }
        let sources = zip(arguments, varied).filter { $0.1 }.map { $0.0 }
        let upstream = zip(all.suffix(weights.count), results).map { $0.cast(to: $1.dtype) }
        return tape.gradients(
            of: results, withRespectTo: sources, outputGradients: upstream, unconnected: .zeros
        ).compactMap { $0 }
    }
    report.entries += second.check(
        names: inputs.indices.map { "second order, input \($0)" }
            + weights.indices.map { "second order, output gradient \($0)" })
    return report
}

/// A function with the place where its first derivative is checked.
struct FunctionUnderCheck {
    let inputs: [Tensor]
    let varied: [Bool]
    let options: GradientCheckOptions
    let function: ([Tensor]) -> [Tensor]

    /// The outputs that can have a derivative.
    func outputs(_ inputs: [Tensor]) -> [Tensor] { function(inputs).filter(\.dtype.isFloatingPoint) }

    private func values(_ inputs: [Tensor]) -> [Double] { outputs(inputs).flatMap { $0.scalars(as: Double.self) } }

    func check(names: [String]) -> [GradientCheckReport.Entry] {
        let outputCount = values(inputs).count
        return inputs.indices.filter { varied[$0] }.map { index in
            let count = inputs[index].elementCount
            if count * outputCount <= options.fullJacobianLimit {
                return entry(names[index], columns(of: index, elements: Array(0..<count), outputCount: outputCount))
            }
            if let sampled = options.sampledElements {
                let elements = SampleInput.spread(min(sampled, count), over: count)
                return entry(names[index], columns(of: index, elements: elements, outputCount: outputCount))
            }
            return entry(names[index], projections(of: index, outputCount: outputCount))
        }
    }

    private struct Comparison {
        let place: String
        let exact: Double
        let numerical: Double
    }

    private func entry(_ name: String, _ comparisons: [Comparison]) -> GradientCheckReport.Entry {
        let scale = comparisons.lazy.map { max($0.exact.magnitude, $0.numerical.magnitude) }
            .filter(\.isFinite).max().map { max($0, 1) } ?? 1
        var error = 0.0
        var worst = ""
        for comparison in comparisons {
            var difference = (comparison.exact - comparison.numerical).magnitude / scale
            if difference.isNaN { difference = .infinity }
            if difference > error || worst.isEmpty {
                error = max(error, difference)
                worst = "\(comparison.place): gradient \(comparison.exact), numerical \(comparison.numerical)"
            }
        }
        return GradientCheckReport.Entry(
            name: name, error: error, tolerance: options.tolerance, comparisons: comparisons.count, worst: worst)
    }

    /// J'u for the input: the analytic gradient of the outputs weighted by `weights`, all outputs in one row.
    private func gradient(of index: Int, _ tape: GradientTape, _ results: [Tensor], weights: [Double]) -> [Double] {
        var start = 0
        let outputGradients = results.map { output in
            defer { start += output.elementCount }
            return Tensor(Array(weights[start..<start + output.elementCount]), shape: output.shape)
                .cast(to: output.dtype)
        }
        let result = tape.gradients(
            of: results, withRespectTo: [inputs[index]], outputGradients: outputGradients, unconnected: .zeros)[0]!
        return result.scalars()
    }

    private func recorded(_ index: Int) -> (GradientTape, [Tensor]) {
        let tape = GradientTape(persistent: true)
        let results = tape.record {
            tape.watch(inputs[index])
            return outputs(inputs)
        }
        return (tape, results)
    }

    /// The outputs with the input moved to `moved`.
    private func values(moving index: Int, to moved: [Double]) -> [Double] {
        var all = inputs
        all[index] = Tensor(moved, shape: inputs[index].shape)
        return values(all)
    }

    /// The columns of the Jacobian for some elements of the input.
    private func columns(of index: Int, elements: [Int], outputCount: Int) -> [Comparison] {
        let (tape, results) = recorded(index)
        let rows = (0..<outputCount).map { row -> [Double] in
            var weights = [Double](repeating: 0, count: outputCount)
            weights[row] = 1
            return gradient(of: index, tape, results, weights: weights)
        }
        let place: [Double] = inputs[index].scalars()
        return elements.flatMap { element -> [Comparison] in
            let step = NumericalDerivative.step(for: place[element].magnitude, base: options.step)
            let column = NumericalDerivative.fourPoint(step: step) { offset in
                var moved = place
                moved[element] += offset
                return values(moving: index, to: moved)
            }
            return column.enumerated().map { row, numerical in
                Comparison(
                    place: "d output[\(row)] / d element[\(element)]", exact: rows[row][element], numerical: numerical)
            }
        }
    }

    private func projections(of index: Int, outputCount: Int) -> [Comparison] {
        let (tape, results) = recorded(index)
        let place: [Double] = inputs[index].scalars()
        return (0..<options.projections).map { number in
            let direction = NumericalDerivative.signs(place.count, seed: UInt64(2 * number + 1))
            let weights = NumericalDerivative.signs(outputCount, seed: UInt64(2 * number + 2))
            let row = gradient(of: index, tape, results, weights: weights)
            let exact = zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 }
            let magnitude = place.map(\.magnitude).max() ?? 0
            let numerical = NumericalDerivative.fourPoint(
                step: NumericalDerivative.step(for: magnitude, base: options.step)
            ) { offset in
                let outputs = values(moving: index, to: zip(place, direction).map { $0 + offset * $1 })
                return [zip(outputs, weights).reduce(0) { $0 + $1.0 * $1.1 }]
            }[0]
            return Comparison(place: "projection \(number)", exact: exact, numerical: numerical)
        }
    }
}
