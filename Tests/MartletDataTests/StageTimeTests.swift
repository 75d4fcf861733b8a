import MartletCore
import MartletData
import TestSupport
import Testing

/// What a profile says of pipelines.
@Suite(.ownSession) struct StageTimeTests {
    @Test(arguments: [0, 2])
    func stages(threads: Int) throws {
        let dataset = Dataset.range(100).map { $0 }.batch(10).prefetch().threads(threads)
        let profile = try Profiler.profile {
            try dataset.forEach { _ in }
            try dataset.forEach { _ in }
        }
        #expect(profile.pipelines.count == 2)
        for stages in profile.pipelines {
            let names = ["range(0..<100)", "map", "batch(10)", "prefetch"]
            // Without workers there is nothing that reads ahead.
            #expect(stages.map(\.name) == (threads == 0 ? Array(names.dropLast()) : names))
            #expect(stages.map(\.elements) == (threads == 0 ? [100, 100, 10] : [100, 100, 10, 10]))
            #expect(stages.map(\.onReader).reduce(0, +) <= profile.duration)
            if threads == 0 { #expect(stages.allSatisfy { $0.onWorkers == 0 && $0.waitedFor == 0 && $0.onReader > 0 }) }
        }
        let table = profile.pipelineTable().split(separator: "\n").map(String.init)
        #expect(table.count == (threads == 0 ? 4 : 5) && table[0].contains("2 readings") && table[1].contains("200"))
        #expect(profile.description.contains(profile.pipelineTable()))
        // Who is not profiled pays nothing, and is not noted.
        #expect(try Profiler.profile { }.pipelines.isEmpty && dataset.array().count == 10)
    }
}
