import Foundation

/// Asynchronous successive halving (ASHA): at rungs of the steps, each `reductionFactor` times as far as the one before, only the
/// best of `reductionFactor` trials go on.
///
/// Source: L. Li and others, *A system for massively parallel hyperparameter tuning*, 2020.
public struct SuccessiveHalvingPruner: Pruner {
    static let rungPrefix = "completed_rung_"

    let minResource: Int?
    let reductionFactor: Int
    let minEarlyStoppingRate: Int
    let bootstrapCount: Int

    /// Makes the pruner. Stops when a number is too small.
    /// - Parameters:
    ///   - minResource: the step of the first rung. Nil: a hundredth of the steps of the longest complete trial; before there is
    ///     one, no trial is ended.
    ///   - reductionFactor: of so many trials one goes on.
    ///   - minEarlyStoppingRate: the number of first rungs that are left out.
    ///   - bootstrapCount: the number of trials that a rung needs before any goes on. Needs a `minResource`.
    public init(minResource: Int? = nil, reductionFactor: Int = 4, minEarlyStoppingRate: Int = 0, bootstrapCount: Int = 0) {
        let name = "SuccessiveHalvingPruner"
        require(minResource ?? 1 >= 1, name, "Expected a resource of at least 1. Received: \(minResource ?? 0).")
        require(reductionFactor >= 2, name, "Expected a factor of at least 2. Received: \(reductionFactor).")
        require(minEarlyStoppingRate >= 0, name, "Expected a rate of at least 0. Received: \(minEarlyStoppingRate).")
        require(bootstrapCount >= 0, name, "Expected a count of at least 0. Received: \(bootstrapCount).")
        require(bootstrapCount == 0 || minResource != nil, name, "Expected a minResource with a bootstrapCount. Received nil.")
        self.minResource = minResource.map { max(1, $0) }
        self.reductionFactor = max(2, reductionFactor)
        self.minEarlyStoppingRate = max(0, minEarlyStoppingRate)
        self.bootstrapCount = max(0, bootstrapCount)
    }

    public func decide(_ context: PruningContext) -> PruningDecision {
        guard let step = context.trial.lastStep, let value = context.trial.intermediateValues[step] else {
            return PruningDecision(false)
        }
        let longest = context.others.filter { $0.state == .complete }.compactMap(\.lastStep).max()
        guard let resource = minResource ?? longest.map({ max(1, $0 / 100) }) else { return PruningDecision(false) }
        var notes: JSONObject = [:]
        var rung = 0
        while context.trial.systemAttributes["\(Self.rungPrefix)\(rung)"] != nil { rung += 1 }
        while true {
            let place = Double(resource) * pow(Double(reductionFactor), Double(minEarlyStoppingRate + rung))
            guard Double(step) >= place else { return PruningDecision(false, attributes: notes) }
            if value.isNaN { return PruningDecision(true, attributes: notes) }
            let key = "\(Self.rungPrefix)\(rung)"
            notes[key] = .double(value)
            var competing = context.others.compactMap { $0.systemAttributes[key].flatMap { Double(json: $0) } }
            competing.append(value)
            guard competing.count > bootstrapCount else { return PruningDecision(true, attributes: notes) }
            competing.sort { context.isBetter($0, $1) }
            let last = competing[max(0, competing.count / reductionFactor - 1)]
            if context.isBetter(last, value) { return PruningDecision(true, attributes: notes) }
            rung += 1
        }
    }
}

/// Hyperband: several brackets of successive halving, which differ in how early they end trials. Each trial belongs to one.
///
/// Source: L. Li and others, *Hyperband: A novel bandit-based approach to hyperparameter optimization*, 2018.
public struct HyperbandPruner: Pruner {
    private let minResource: Int
    private let maxResource: Int?
    private let reductionFactor: Int
    private let bootstrapCount: Int

    /// Makes the pruner. Stops when a number is too small.
    /// - Parameters:
    ///   - minResource: the step of the first rung of the bracket that ends trials earliest.
    ///   - maxResource: the number of steps of a whole trial. Nil: that of the longest complete trial; before there is one, no
    ///     trial is ended.
    ///   - reductionFactor: of so many trials one goes on.
    ///   - bootstrapCount: the number of trials that a rung needs before any goes on. Needs a `maxResource`.
    public init(minResource: Int = 1, maxResource: Int? = nil, reductionFactor: Int = 3, bootstrapCount: Int = 0) {
        let name = "HyperbandPruner"
        require(minResource >= 1, name, "Expected a resource of at least 1. Received: \(minResource).")
        require(
            maxResource ?? minResource >= minResource, name,
            "Expected a maxResource from \(minResource). Received: \(maxResource ?? 0).")
        require(reductionFactor >= 2, name, "Expected a factor of at least 2. Received: \(reductionFactor).")
        require(bootstrapCount == 0 || maxResource != nil, name, "Expected a maxResource with a bootstrapCount. Received nil.")
        self.minResource = max(1, minResource)
        self.maxResource = maxResource.map { max(minResource, $0) }
        self.reductionFactor = max(2, reductionFactor)
        self.bootstrapCount = max(0, bootstrapCount)
    }

    public func decide(_ context: PruningContext) -> PruningDecision {
        let longest = context.others.filter { $0.state == .complete }.compactMap(\.lastStep).max()
        guard let resource = maxResource ?? longest.map({ $0 == .max ? $0 : $0 + 1 }) else { return PruningDecision(false) }
        let budgets = budgets(resource)
        let bracket = Self.bracket(of: context.trial.number, budgets, context.study)
        let others = context.others.filter { Self.bracket(of: $0.number, budgets, context.study) == bracket }
        let halving = SuccessiveHalvingPruner(
            minResource: minResource, reductionFactor: reductionFactor, minEarlyStoppingRate: bracket,
            bootstrapCount: bootstrapCount)
        return halving.decide(
            PruningContext(trial: context.trial, others: others, direction: context.direction, study: context.study))
    }

    /// How many trials each bracket gets, in proportion.
    private func budgets(_ resource: Int) -> [Int] {
        // The sums of the budgets of more brackets would not fit.
        let ratio = min(Double(max(resource, minResource)) / Double(minResource), 0x1p40)
        let count = Int((log(ratio) / log(Double(reductionFactor))).rounded(.down)) + 1
        return (0..<count).map { bracket in
            let s = count - 1 - bracket
            return Int((Double(count) * pow(Double(reductionFactor), Double(s)) / Double(s + 1)).rounded(.up))
        }
    }

    /// By a check sum of the study's name and the number, as Optuna has it.
    private static func bracket(of number: Int, _ budgets: [Int], _ study: String) -> Int {
        var rest = Int(crc32(Array("\(study)_\(number)".utf8))) % budgets.reduce(0, +)
        for (bracket, budget) in budgets.enumerated() {
            rest -= budget
            if rest < 0 { return bracket }
        }
        return 0
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
