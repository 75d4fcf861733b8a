import MartletCore
import TestSupport
import Testing

/// What must hold for every op of the registry, on its samples.
@Suite(.ownSession) struct OpSweepTests {
    /// What stands for the results of a call that failed are as many as the results would be.
    @Test func opsHaveAsManyOutputsAsTheySay() throws {
        for sample in samples {
            #expect(try sample.op.outputs(for: sample.inputs.map(\.spec)).count == sample.op.outputCount, "\(sample.name)")
        }
    }

    /// Inputs rounded to a narrow type give what they give in float64, to that type's precision: two units in the last
    /// place where each step rounds, one where the op runs in float32 and its result is rounded.
    @Test(arguments: [DType.float32, .float16, .bfloat16]) func narrowTypesAgreeWithFloat64(_ type: DType) {
        let tolerance = type.epsilon * (type.isHalf ? 1 : 2)
        var count = 0
        // What a recurrent sequence keeps for its gradient is of its own type; RecurrentSequenceTests has both types.
        let kept = "recurrentSequenceGradient"
        for sample in samples
        where sample.inputs.contains(where: \.dtype.isFloatingPoint) && Swift.type(of: sample.op).name != kept {
            func cast(_ inputs: [Tensor], to type: DType) -> [Tensor] {
                inputs.map { $0.dtype.isFloatingPoint ? $0.cast(to: type) : $0 }
            }
            let narrow = cast(sample.inputs, to: type)
            // A loop's body was traced for one type.
            guard !OpRegistry.controlFlow.contains(where: { $0 == Swift.type(of: sample.op) }) else { continue }
            let wide = cast(narrow, to: .float64)
            let floats = wide.filter(\.dtype.isFloatingPoint)
            let size = floats.map { $0.scalars(as: Double.self).largestMagnitude }.max() ?? 0
            for (output, expected) in zip(perform(sample.op, narrow), perform(sample.op, wide)) {
                // Bytes that a kernel keeps for its gradient are as many as the type is wide.
                if expected.dtype == .uint8, output.shape != expected.shape { continue }
                let error = largestError(of: output, expected, relativeTo: .tensor(atLeast: size))
                // The exponential of a score has the score's rounding error many times over, and products follow.
                let isChain = Swift.type(of: sample.op).name == "attentionGradient"
                #expect(error <= (isChain ? 2 : 1) * tolerance, "\(sample.name): \(output), in float64: \(expected)")
                if expected.dtype == .float64, Swift.type(of: sample.op).name != "cast" {
                    #expect(output.dtype == type, "\(sample.name)")
                }
            }
            count += 1
        }
        print("\(count) samples in \(type)")
    }

    /// Whichever inputs have no elements along their first axis: the op either does not take them or computes something
    /// of the right shape, and has gradients, which are zero when no output has an element.
    @Test func emptyBatches() {
        var (taken, refused) = (0, 0)
        for sample in samples {
            let candidates = sample.inputs.indices.filter { sample.inputs[$0].rank > 0 }
            for subset in 1..<max(1, 1 << candidates.count) {
                var inputs = sample.inputs
                for (bit, index) in candidates.enumerated() where subset >> bit & 1 == 1 {
                    inputs[index] = inputs[index][0..<0]
                }
                guard isAccepted(sample.op, inputs) else {
                    refused += 1
                    continue
                }
                taken += 1
                let sources = zip(inputs, sample.checked).filter { $0.1 }.map { $0.0 }
                let tape = GradientTape()
                let outputs = tape.record {
                    for source in sources { tape.watch(source) }
                    return perform(sample.op, inputs)
                }
                let targets = outputs.filter(\.dtype.isFloatingPoint)
                guard !sources.isEmpty, !targets.isEmpty else { continue }
                let gradients = tape.gradients(of: targets, withRespectTo: sources, unconnected: .zeros)
                for (gradient, source) in zip(gradients, sources) {
                    #expect(gradient?.spec == source.spec, "\(sample.name)")
                    if targets.allSatisfy({ $0.elementCount == 0 }) {
                        #expect(gradient?.scalars(as: Double.self).allSatisfy { $0 == 0 } == true, "\(sample.name)")
                    }
                }
            }
        }
        print("\(taken) combinations of inputs without elements taken, \(refused) refused")
    }

    /// Whether shape rule and kernel take the inputs (a kernel refuses an index that is out of range).
    private func isAccepted(_ op: some Op, _ inputs: [Tensor]) -> Bool {
        (try? op.computed(inputs)) != nil
    }

    private var samples: [OpSample] { OpRegistry.all.flatMap { $0.samples } }
}

extension OpSample {
    /// The op and the label.
    var name: String { "\(type(of: op).name) \(label)" }
}
