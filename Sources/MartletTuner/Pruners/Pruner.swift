/// Decides whether a trial ends early.
public protocol Pruner: Sendable {
    /// Judges a trial by what it reported.
    func decide(_ context: PruningContext) throws -> PruningDecision
}

/// What a pruner judges by.
public struct PruningContext: Sendable {
    /// The trial, with what it reported.
    public let trial: FrozenTrial
    /// The trials whose results are revealed to it (see `TrialHistory`), in order.
    public let others: [FrozenTrial]
    /// Whether small or large values are better.
    public let direction: Direction
    /// The name of the study.
    public let study: String

    /// Makes a context.
    public init(trial: FrozenTrial, others: [FrozenTrial], direction: Direction, study: String) {
        self.trial = trial
        self.others = others
        self.direction = direction
        self.study = study
    }

    /// Whether `a` is better than `b`.
    func isBetter(_ a: Double, _ b: Double) -> Bool { direction == .minimize ? a < b : a > b }

    /// The best of values, those left out that are not numbers; nil when none is one.
    func best(_ values: some Sequence<Double>) -> Double? {
        let values = values.filter { !$0.isNaN }
        return direction == .minimize ? values.min() : values.max()
    }
}

/// What a pruner decided, and what it notes about the trial.
public struct PruningDecision: Sendable, Equatable {
    /// Whether the trial ends.
    public var prunes: Bool
    /// Notes for later decisions.
    public var attributes: JSONObject

    /// Makes a decision.
    public init(_ prunes: Bool, attributes: JSONObject = [:]) {
        self.prunes = prunes
        self.attributes = attributes
    }
}

/// Ends no trial.
public struct NopPruner: Pruner {
    /// Makes the pruner.
    public init() {}
    public func decide(_ context: PruningContext) -> PruningDecision { PruningDecision(false) }
}

/// Which steps are judged: from `warmupSteps` on, the first one reported in every `interval` steps.
struct JudgedSteps: Sendable {
    let warmupSteps: Int
    let interval: Int

    init(_ pruner: String, warmupSteps: Int, interval: Int) {
        require(warmupSteps >= 0, pruner, "Expected at least 0 warm-up steps. Received: \(warmupSteps).")
        require(interval >= 1, pruner, "Expected an interval of at least 1 step. Received: \(interval).")
        self.warmupSteps = max(0, warmupSteps)
        self.interval = max(1, interval)
    }

    /// The last step of the trial if it is judged.
    func step(of trial: FrozenTrial) -> Int? {
        guard let step = trial.lastStep, step >= warmupSteps else { return nil }
        let start = (step - warmupSteps) / interval * interval + warmupSteps
        let before = trial.intermediateValues.keys.filter { $0 != step }.max() ?? -1
        return before < start ? step : nil
    }
}

/// Ends a trial whose best value so far is worse than a percentile of what complete trials reported at the same step.
public struct PercentilePruner: Pruner {
    private let percentile: Double
    private let startupTrials: Int
    private let steps: JudgedSteps
    private let minimumTrials: Int

    /// Makes the pruner. Stops when an argument is out of range.
    /// - Parameters:
    ///   - percentile: from 0 to 100: the part of the trials, in percent, that goes on.
    ///   - startupTrials: the number of complete trials before any is ended.
    ///   - warmupSteps: steps before this one are not judged.
    ///   - interval: of so many steps only the first that is reported is judged.
    ///   - minimumTrials: the number of complete trials that must have reported the step.
    public init(_ percentile: Double, startupTrials: Int = 5, warmupSteps: Int = 0, interval: Int = 1, minimumTrials: Int = 1) {
        require(
            (0...100).contains(percentile), "PercentilePruner",
            "Expected a percentile from 0 to 100. Received: \(percentile).")
        require(startupTrials >= 0, "PercentilePruner", "Expected at least 0 startup trials. Received: \(startupTrials).")
        require(minimumTrials >= 1, "PercentilePruner", "Expected at least 1 trial. Received: \(minimumTrials).")
        self.percentile = max(0, min(100, percentile.isNaN ? 50 : percentile))
        self.startupTrials = startupTrials
        steps = JudgedSteps("PercentilePruner", warmupSteps: warmupSteps, interval: interval)
        self.minimumTrials = max(1, minimumTrials)
    }

    public func decide(_ context: PruningContext) -> PruningDecision {
        let complete = context.others.filter { $0.state == .complete }
        guard !complete.isEmpty, complete.count >= startupTrials, let step = steps.step(of: context.trial) else {
            return PruningDecision(false)
        }
        guard let best = context.best(context.trial.intermediateValues.values) else { return PruningDecision(true) }
        let reported = complete.compactMap { $0.intermediateValues[step] }
        guard reported.count >= minimumTrials,
            let limit = Self.percentile(reported, context.direction == .minimize ? percentile : 100 - percentile)
        else { return PruningDecision(false) }
        return PruningDecision(context.isBetter(limit, best))
    }

    /// The percentile of the values that are numbers, between neighbours in proportion; nil when none is one.
    static func percentile(_ values: [Double], _ percent: Double) -> Double? {
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard !sorted.isEmpty else { return nil }
        let place = percent / 100 * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] == sorted[high] ? sorted[low] : sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
    }
}

/// Ends a trial whose best value so far is worse than the median of what complete trials reported at the same step.
public struct MedianPruner: Pruner {
    private let pruner: PercentilePruner

    /// Makes the pruner. Arguments are those of `PercentilePruner`.
    public init(startupTrials: Int = 5, warmupSteps: Int = 0, interval: Int = 1, minimumTrials: Int = 1) {
        pruner = PercentilePruner(
            50, startupTrials: startupTrials, warmupSteps: warmupSteps, interval: interval, minimumTrials: minimumTrials)
    }

    public func decide(_ context: PruningContext) -> PruningDecision { pruner.decide(context) }
}

/// Ends a trial that reports a value outside of a range, or one that is not a number.
public struct ThresholdPruner: Pruner {
    private let range: ClosedRange<Double>
    private let steps: JudgedSteps

    /// Makes the pruner. Stops when neither end is given, or the lower is above the upper.
    /// - Parameters:
    ///   - lower: the smallest value that goes on; no limit when nil.
    ///   - upper: the largest value that goes on; no limit when nil.
    ///   - warmupSteps: steps before this one are not judged.
    ///   - interval: of so many steps only the first that is reported is judged.
    public init(lower: Double? = nil, upper: Double? = nil, warmupSteps: Int = 0, interval: Int = 1) {
        require(lower != nil || upper != nil, "ThresholdPruner", "Expected a lower or an upper limit. Received neither.")
        let (low, high) = (lower ?? -.infinity, upper ?? .infinity)
        let isRange = low <= high
        require(isRange, "ThresholdPruner", "Expected a lower limit below the upper. Received: \(low), \(high).")
        range = isRange ? low...high : -Double.infinity...Double.infinity
        steps = JudgedSteps("ThresholdPruner", warmupSteps: warmupSteps, interval: interval)
    }

    public func decide(_ context: PruningContext) -> PruningDecision {
        guard let step = steps.step(of: context.trial), let value = context.trial.intermediateValues[step] else {
            return PruningDecision(false)
        }
        return PruningDecision(!range.contains(value))
    }
}

/// Lets another pruner judge only when the trial has not become better for some steps.
public struct PatientPruner: Pruner {
    private let pruner: (any Pruner)?
    private let patience: Int
    private let minDelta: Double

    /// Makes the pruner. Stops when a number is negative.
    /// - Parameters:
    ///   - pruner: who judges then; nil ends the trial.
    ///   - patience: the number of steps without an improvement that are allowed.
    ///   - minDelta: by how much values must be worse than before.
    public init(_ pruner: (any Pruner)?, patience: Int, minDelta: Double = 0) {
        require(patience >= 0, "PatientPruner", "Expected a patience of at least 0. Received: \(patience).")
        require(minDelta >= 0, "PatientPruner", "Expected a difference of at least 0. Received: \(minDelta).")
        self.pruner = pruner
        self.patience = max(0, patience)
        self.minDelta = minDelta
    }

    public func decide(_ context: PruningContext) throws -> PruningDecision {
        let reports = context.trial.intermediateValues.sorted { $0.key < $1.key }.map(\.value)
        guard reports.count > patience + 1 else { return PruningDecision(false) }
        let (before, after) = (context.best(reports.dropLast(patience + 1)), context.best(reports.suffix(patience + 1)))
        guard let before, let after else { return PruningDecision(false) }
        let isWorse = context.direction == .minimize ? before + minDelta < after : before - minDelta > after
        guard isWorse else { return PruningDecision(false) }
        return try pruner?.decide(context) ?? PruningDecision(true)
    }
}
