import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct PrunerTests {
    static let pruners: [String: any Pruner] = [
        "median": MedianPruner(startupTrials: 3),
        "median warm": MedianPruner(startupTrials: 2, warmupSteps: 3, interval: 2, minimumTrials: 2),
        "percentile 25": PercentilePruner(25, startupTrials: 1),
        "halving": SuccessiveHalvingPruner(minResource: 1, reductionFactor: 2),
        "halving auto": SuccessiveHalvingPruner(),
        "halving late": SuccessiveHalvingPruner(minResource: 2, reductionFactor: 3, minEarlyStoppingRate: 1, bootstrapCount: 2),
        "hyperband": HyperbandPruner(minResource: 1, maxResource: 9, reductionFactor: 3),
        "hyperband auto": HyperbandPruner(),
        "threshold": ThresholdPruner(lower: 0.1, upper: 1.2, warmupSteps: 1, interval: 2),
        "patient": PatientPruner(nil, patience: 1, minDelta: 0.05),
        "patient median": PatientPruner(MedianPruner(startupTrials: 2), patience: 2),
    ]

    /// Numbers of steps that no training has are no reason to stop.
    @Test(arguments: [2, 3, Int.max]) func hugeNumbers(_ factor: Int) throws {
        let pruners: [any Pruner] = [
            HyperbandPruner(maxResource: .max, reductionFactor: factor),
            SuccessiveHalvingPruner(minResource: .max, reductionFactor: factor, minEarlyStoppingRate: .max / 2),
        ]
        for pruner in pruners {
            let study = try Study(pruner: pruner, seed: 1)
            for _ in 0..<4 {
                let trial = try study.ask()
                try trial.report(1, step: .max)
                _ = try trial.shouldPrune
                try study.tell(trial, 1)
            }
            #expect(try study.trials.count == 4)
        }
    }

    /// Trials end where Optuna ends them.
    @Test(arguments: pruners.keys.sorted()) func decisions(_ name: String) throws {
        let cases = [JSONValue](json: fixtureJSON("pruners.json"))!.filter { $0["pruner"] == .string(name) }
        #expect(cases.count == 2)
        for json in cases {
            let direction: Direction = try json.string("direction") == "minimize" ? .minimize : .maximize
            let study = try Study(
                "bracket", direction: direction, sampler: RandomSampler(), pruner: Self.pruners[name]!, seed: 1)
            for (number, row) in try json.array("reports").enumerated() {
                let trial = try study.ask()
                var end: Int?
                for (step, value) in [Double](json: row)!.enumerated() where end == nil {
                    try trial.report(value, step: step)
                    if try trial.shouldPrune { end = step }
                }
                #expect(try end == Int(json: json.array("pruned")[number]), "\(direction), trial \(number)")
                if end == nil { try study.tell(trial, [Double](json: row)!.last!) } else { try study.tell(trial, state: .pruned) }
            }
        }
    }
}
