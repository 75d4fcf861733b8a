import Martlet
import MartletCore
import MartletData
import MartletDistributed
import TestSupport
import Testing

/// What a message says of ranks that differ.
@Suite(.ownSession) struct StepFactsTests {
    private func facts(_ entries: [(String, String)]) -> StepFacts {
        var facts = StepFacts()
        for (name, value) in entries { facts.add(name, value) }
        return facts
    }

    @Test func theFirstDifferenceIsNamed() throws {
        let first = facts([("Martlet", "version 1"), ("net/dense/kernel", "kernel float32 [3, 4]"), ("x", "float32 [8, 3]")])
        let version = facts([("Martlet", "version 2"), ("net/dense/kernel", "kernel float32 [3, 5]"), ("x", "float32 [8, 3]")])
        let shape = facts([("Martlet", "version 1"), ("net/dense/kernel", "kernel float32 [3, 5]"), ("x", "float32 [8, 3]")])
        let more = facts(first.entries + [("y", "float32 [8]")])
        #expect(StepFacts.difference([first, first, first]) == nil)
        #expect(StepFacts.difference([first]) == nil)
        let ofVersion = try #require(StepFacts.difference([first, first, version]))
        #expect(ofVersion.rank == 2 && ofVersion.text.contains("version 2") && ofVersion.text.contains("version 1"))
        let ofShape = try #require(StepFacts.difference([first, shape]))
        #expect(ofShape.rank == 1)
        let name = "\"net/dense/kernel\": kernel float32"
        #expect(ofShape.text == "has \(name) [3, 5]; rank 0 has \(name) [3, 4]")
        #expect(StepFacts.difference([first, more])?.text == "has \"y\": float32 [8], which rank 0 has not")
        #expect(StepFacts.difference([more, first])?.text == "has nothing in place of \"y\": float32 [8] of rank 0")
    }

    @Test func factsTravelAsText() {
        let facts = facts([("net/ü", "a: b, c"), ("", ""), ("x", "\"float32\"\n[1]")])
        let read = StepFacts(text: facts.text)
        #expect(read.entries.map(\.name) == facts.entries.map(\.name))
        #expect(read.entries.map(\.value) == facts.entries.map(\.value))
        #expect(read.digest == facts.digest)
    }

    @Test func namesMayDiffer() {
        // A rank that made another model before counts its layers from there.
        let (a, b) = (facts([("net/dense/kernel", "kernel [3]")]), facts([("net/dense_1/kernel", "kernel [3]")]))
        #expect(a.digest == b.digest && StepFacts.difference([a, b]) == nil)
    }

    @Test func dataAndValuesAreTold() {
        let x = Sample.features(8, 3)
        let batch = Batch(inputs: [x], targets: [x[0..., 0]], sampleWeights: [])
        let other = Batch(inputs: [x], targets: [x[0..., 1]])
        #expect(StepFacts(ofData: batch).entries.map(\.name) == ["x", "y"])
        #expect(StepFacts.difference([StepFacts(ofData: batch), StepFacts(ofData: other)])?.text.contains("\"y\"") == true)
        #expect(StepFacts.difference([StepFacts(ofData: batch), StepFacts(ofData: batch)]) == nil)
        let variable = Variable(x, name: "kernel")
        let before = StepFacts(ofValues: [variable])
        variable.assign(variable.value + 1)
        #expect(StepFacts(ofValues: [variable]).digest != before.digest)
    }
}
