import Foundation
import MartletCore
import TestSupport
import Testing

/// The proof that every gradient is right: every op of the registry, on all its samples.
@Suite(.ownSession) struct OpGradientTests {
    /// Every sample of every op, first and second order; linear ops as adjoints to 1e-12; and for every input that has
    /// a gradient, a backward rule that is off by one part in a thousand must be caught by a sample of the op.
    @Test func everyOpIsCheckedAndEveryMutationIsCaught() {
        var samples = 0, secondOrder = 0, linear = 0, mutations = 0, caught = 0, differentiable = 0
        for type in OpRegistry.all {
            let all = type.samples
            #expect(!all.isEmpty, "\(type.name) has no samples")
            for sample in all {
                let report = OpCheck.report(for: sample)
                #expect(report.passed, "\(type.name) \(sample.label)\n\(report)")
                samples += 1
                if sample.secondOrder { secondOrder += 1 }
                if type.isLinear { linear += 1 }
            }
            let inputs = Set(
                all.flatMap { sample in
                    sample.checked.indices.filter { sample.checked[$0] && OpCheck.hasDerivative(sample) }
                })
            if !inputs.isEmpty { differentiable += 1 }
            for input in inputs.sorted() {
                mutations += 1
                let isCaught = all.contains { sample in
                    input < sample.inputs.count && sample.checked[input]
                        && OpCheck.catchesMutation(of: sample, input: input)
                }
                #expect(isCaught, "\(type.name): a wrong gradient of input \(input) passes the check")
                if isCaught { caught += 1 }
            }
        }
        print(
            """
            Gradient check: \(OpRegistry.all.count) ops, \(differentiable) with derivatives; \(samples) samples in first \
            order, \(secondOrder) in second, \(linear) as adjoints to 1e-12; \(caught) of \(mutations) mutations caught.
            """)
    }

    @Test func namesAreUnique() {
        let names = OpRegistry.all.map { $0.name }
        #expect(Set(names).count == names.count, "\(names.filter { name in names.count { $0 == name } > 1 })")
    }

    /// An op that is not in the registry would escape the check.
    @Test func everyOpInTheSourcesIsInTheRegistry() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/MartletCore/Ops")
        let registered = Set((OpRegistry.all + OpRegistry.compiled).map { "\($0)" })
        let pattern = /struct (\w+)(<[^>]*>)?: [\w, ]*Op\b/
        var found = 0
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
                found += 1
                #expect(registered.contains(String(match.1)), "\(match.1) in \(file.lastPathComponent)")
            }
        }
        #expect(found >= registered.count / 2)
    }
}
