import Foundation
import Martlet
import MartletCore
import MartletFormats

/// A test of the `onnx` project: a model, and inputs with the outputs that they give.
package struct ONNXNodeTest {
    package let name: String
    /// The operators of the graph.
    package let operators: [String]
    /// Whether all inputs and outputs are tensors of floating-point numbers, integers of 8 to 64 bits, or truth values.
    package let isPlain: Bool
    /// Why the test fails, nil when it passes.
    package let failure: String?

    /// Runs the test in a folder: `model.onnx`, and folders `test_data_set_*` with `input_*.pb` and `output_*.pb`.
    package init(_ folder: String) {
        let sets = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = sets.filter { $0.hasPrefix("test_data_set_") }.flatMap { set in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + set)) ?? []).map { set + "/" + $0 }
        }
        self.init((folder as NSString).lastPathComponent, files: files) { try FileIO.read(folder + "/" + $0) }
    }

    /// Runs a test whose files `read` gives by their paths in its folder.
    ///
    /// Outputs must agree as in the project's own runner: to a relative difference of 1e-3 and an absolute one of 1e-7.
    /// - Parameter change: is applied to the model's file before it runs.
    package init(
        _ name: String, files: [String], _ change: (ONNX.File) throws -> ONNX.File = { $0 }, read: (String) throws -> [UInt8]
    ) {
        self.name = name
        var (file, problem): (ONNX.File?, String?) = (nil, nil)
        // Random numbers are the same in every run.
        let context = Context.current
        let outer = context.randomGenerator
        context.randomGenerator = RandomGenerator(seed: 1)
        defer { context.randomGenerator = outer }
        do {
            let own = try change(ONNX.File(read("model.onnx"), name: "model.onnx"))
            file = own
            try Self.run(own, files, read)
        } catch let error as MartletError {
            problem = ((error.location.map { $0 + ": " } ?? "") + error.message).replacing("model.onnx, ", with: "")
        } catch {
            problem = "\(error)"
        }
        failure = problem
        let infos = (file?.graph.inputs ?? []) + (file?.graph.outputs ?? [])
        isPlain = file != nil && infos.allSatisfy { info in
            guard case .tensor(let type?, _)? = info.type else { return false }
            if let integer = type.integer { return integer.bits >= 8 }
            return [.float, .double, .float16, .bfloat16, .bool].contains(type)
        }
        operators = Array(Set(file?.graph.nodes.map { $0.domain.isEmpty ? $0.type : $0.domain + "." + $0.type } ?? [])).sorted()
    }

    private static func run(_ file: ONNX.File, _ files: [String], _ read: (String) throws -> [UInt8]) throws {
        let model = try withErrors { try ONNXModel(file, path: "model.onnx") }
        let sets = Set(files.compactMap { $0.split(separator: "/").first }.filter { $0.hasPrefix("test_data_set_") }).sorted()
        guard !sets.isEmpty else { throw MartletError("Expected folders test_data_set_*.") }
        let initializers = Set(file.graph.initializers.map(\.name))
        let infos = file.graph.inputs.filter { !initializers.contains($0.name) }
        for set in sets {
            let inputs = try infos.enumerated().map { index, info in
                try ONNX.Value(read("\(set)/input_\(index).pb"), as: info.type)
            }
            let outputs = try withErrors { try model.run(inputs) }
            for (index, (info, value)) in zip(file.graph.outputs, outputs).enumerated() {
                let expected = try ONNX.Value(read("\(set)/output_\(index).pb"), as: info.type)
                do {
                    try value.requireEqual(expected)
                } catch let error as MartletError {
                    throw MartletError(error.message, at: "output \"\(info.name)\"")
                }
            }
        }
    }
}

extension ONNX.Value {
    /// - Throws: `MartletError` with the first difference to what is expected.
    package func requireEqual(_ expected: ONNX.Value, relative: Double = 1e-3, absolute: Double = 1e-7) throws {
        switch (self, expected) {
        case (.nothing, .nothing): return
        case (.sequence(let own, _), .sequence(let others, _)):
            guard own.count == others.count else {
                throw MartletError("Expected a sequence of \(others.count). Received: \(own.count).")
            }
            for (value, other) in zip(own, others) { try value.requireEqual(other, relative: relative, absolute: absolute) }
        case (.tensor(let x, let type), .tensor(let y, let expectedType)):
            guard type == expectedType, x.stringShape == y.stringShape else {
                throw MartletError("Expected \(expectedType)\(y.stringShape). Received: \(type)\(x.stringShape).")
            }
            if x.dtype == .string {
                guard x.utf8Strings() == y.utf8Strings() else {
                    throw MartletError("Expected \(y.strings()). Received: \(x.strings()).")
                }
                return
            }
            guard x.dtype.isFloatingPoint else {
                let (own, others) = (x.scalars(as: Int.self), y.scalars(as: Int.self))
                if let place = own.indices.first(where: { own[$0] != others[$0] }) {
                    throw MartletError("Expected \(others[place]) at \(place). Received: \(own[place]).")
                }
                return
            }
            let (own, others) = (x.scalars(as: Double.self), y.scalars(as: Double.self))
            let place = own.indices.first { place in
                let (a, b) = (own[place], others[place])
                if a.isNaN || b.isNaN { return a.isNaN != b.isNaN }
                return a != b && !((a - b).magnitude <= absolute + relative * b.magnitude && b.isFinite)
            }
            if let place { throw MartletError("Expected \(others[place]) at \(place). Received: \(own[place]).") }
        default: throw MartletError("Expected another kind of value.")
        }
    }
}

/// A short training of a test's model: on its inputs, towards its outputs made smaller.
package struct ONNXTrainingCheck: CustomStringConvertible {
    package let losses: [Double]
    /// The rate at which the losses fell.
    package let learningRate: Double
    /// What the check of the gradients found, for each weight.
    package let gradients: [GradientCheckReport.Entry]
    package var passed: Bool { gradients.allSatisfy(\.passed) && (losses.last ?? 0) < (losses.first ?? 0) }

    package var description: String {
        let worst = gradients.max { $0.error < $1.error }
        return "\(passed ? "pass" : "fail")\t\(gradients.count) weights, loss \(losses.first ?? 0) to \(losses.last ?? 0) "
            + "in \(losses.count) steps at the rate \(learningRate), largest error of a gradient \(worst?.error ?? 0)"
            + (worst.map { $0.passed ? "" : " of \($0.name), \($0.worst)" } ?? "")
    }

    /// Checks the gradients of all weights of floating-point numbers, and trains them with Adam.
    package init(_ folder: String, steps: Int) throws {
        let file = try ONNX.File(path: folder + "/model.onnx")
        let model = try withErrors { try ONNXModel(file, path: folder) }
        let inputs = try model.graphInputs.indices.map { index in
            try ONNX.Value(FileIO.read("\(folder)/test_data_set_0/input_\(index).pb"), as: nil).requireTensor()
        }
        let weights = model.trainableWeights
        // Outputs differ in size; each counts by its own.
        let targets = try withErrors { model.apply(inputs, training: false) }.map { $0 * 0.9 }
        func loss(_ outputs: [Tensor]) -> Tensor {
            zip(outputs, targets).reduce(Tensor(0.0, dtype: outputs[0].dtype)) { sum, pair in
                let target = pair.1.cast(to: pair.0.dtype)
                return sum + (pair.0 - target).square().sum() / (target.square().sum() + 1e-12)
            }
        }
        let start = weights.map(\.value)
        gradients = try Self.check(model, weights, inputs, loss)
        var (rate, found) = (1e-5, [Double]())
        // Some models allow small steps only.
        repeat {
            for (weight, value) in zip(weights, start) { weight.assign(value) }
            let optimizer = Adam(learningRate: rate)
            optimizer.build(weights)
            found = []
            try withErrors {
                for _ in 0..<steps {
                    let tape = GradientTape()
                    let value = tape.record { loss(model.apply(inputs, training: true)) }
                    found.append(value.item())
                    optimizer.apply(tape.gradient(of: value, withRespectTo: weights), to: weights)
                }
            }
            if (found.last ?? 0) < (found.first ?? 0) { break }
            rate /= 10
        } while rate > 1e-9
        (learningRate, losses) = (rate, found)
    }

    /// Compares some elements of each gradient in `float64` with differences, for steps of several sizes: the estimate errs by
    /// kinks where a step is large, and by rounding where it is small, but a wrong gradient is wrong for all of them.
    private static func check(
        _ model: ONNXModel, _ weights: [Variable], _ inputs: [Tensor], _ loss: @escaping ([Tensor]) -> Tensor
    ) throws -> [GradientCheckReport.Entry] {
        let context = Context.current
        context.castsInputs = false
        defer { context.castsInputs = true }
        let wide = inputs.map { $0.dtype.isFloatingPoint ? $0.cast(to: .float64) : $0 }
        let fixed = model.nonTrainableWeights.map { ($0, $0.value.cast(to: .float64)) }
        let reports = try [0x1p-22, 0x1p-26, 0x1p-30].map { step in
            let options = GradientCheckOptions(
                tolerance: 1e-5, step: step, fullJacobianLimit: 1, sampledElements: 2, secondOrder: false)
            return try withErrors {
                gradientCheck(at: weights.map(\.value), checked: weights.map { _ in true }, options: options) { values in
                    hold(Array(zip(weights, values)) + fixed) { [loss(model.apply(wide, training: false))] }
                }
            }
        }
        return weights.indices.map { place in
            reports.map { $0.entries[place] }.min { $0.error < $1.error }!.renamed(weights[place].name)
        }
    }

    private static func hold<R>(_ pairs: [(Variable, Tensor)], _ body: () -> R) -> R {
        guard let (variable, value) = pairs.first else { return body() }
        return variable.withValue(value) { hold(Array(pairs.dropFirst()), body) }
    }
}
