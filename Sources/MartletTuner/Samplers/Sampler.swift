/// Chooses the parameters of trials.
///
/// What it chooses must be a function of the history alone, so that a study that was interrupted goes on with the same trials.
/// Random numbers come from `TrialHistory.random`.
public protocol Sampler: Sendable {
    /// Chooses parameters together, before the trial runs.
    /// - Returns: the numbers that stand for the values (see `Distribution`), by name; what is missing is asked for by
    ///   `number(of:in:given:)`.
    func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)]

    /// Chooses one parameter that was not chosen together with others.
    func number(of name: String, in distribution: Distribution, given history: TrialHistory) throws -> Double

    /// The number of trials after which there is nothing left to try; nil where there is no end.
    var trialLimit: Int? { get }

    /// - Throws: `MartletError` when it cannot serve a study of this number of objectives.
    func check(objectives: Int) throws
}

extension Sampler {
    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] { [:] }

    public func number(of name: String, in distribution: Distribution, given history: TrialHistory) throws -> Double {
        var random = history.random("parameter \(name)")
        return distribution.number(at: random.uniform())
    }

    public var trialLimit: Int? { nil }

    public func check(objectives: Int) throws {}

    func requireOneObjective(_ count: Int) throws {
        guard count == 1 else {
            throw MartletError("\(Self.self) serves one objective. Received \(count). Use NSGAIISampler or TPESampler.")
        }
    }
}

/// What a trial may know of those before it.
///
/// Results are revealed in the order of trials: trial n knows those of the trials before n - `lookahead`, whatever else has ended
/// meanwhile. Of the rest it knows the parameters that were chosen together. So the trials are the same with any number of
/// workers.
public final class TrialHistory {
    /// The number of the trial that asks.
    public let number: Int
    /// The directions of the objectives.
    public let directions: [Direction]
    /// The trials whose results are revealed, in order: complete, pruned, failed.
    public let trials: [FrozenTrial]
    /// What is known of the parameters of trials before this one whose results are not revealed: those that were chosen together.
    public let pending: [[String: JSONValue]]
    /// The number of trials before this one whose results are not revealed even if they are there.
    public let lookahead: Int
    let seed: Int
    let cache: SamplerCache

    init(
        number: Int, directions: [Direction], trials: [FrozenTrial], pending: [[String: JSONValue]] = [], lookahead: Int = 0,
        seed: Int, cache: SamplerCache = SamplerCache()
    ) {
        self.number = number
        self.directions = directions
        self.trials = trials
        self.pending = pending
        self.lookahead = lookahead
        self.seed = seed
        self.cache = cache
    }

    /// The random numbers of this trial for a purpose.
    public func random(_ purpose: String) -> TrialRandom { TrialRandom(seed: seed, trial: number, purpose: purpose) }

    /// The random numbers of the study for a purpose, the same for all its trials.
    public func sharedRandom(_ purpose: String) -> TrialRandom { TrialRandom(seed: seed, trial: -1, purpose: purpose) }

    /// What TPE makes of it, once for all parameters of the trial.
    var split: TPESampler.Split?

    /// Complete and pruned trials.
    lazy var evaluated: [FrozenTrial] = trials.filter { $0.state == .complete || $0.state == .pruned }
    /// Complete trials.
    lazy var complete: [FrozenTrial] = trials.filter { $0.state == .complete }

    /// What all complete trials have in common, or all that are complete or pruned.
    func searchSpace(withPruned: Bool = false) -> SearchSpace {
        SearchSpace(common: withPruned ? evaluated : complete)
    }

    /// The values of a trial as losses: small ones are better.
    func losses(_ trial: FrozenTrial) -> [Double] {
        zip(trial.values ?? [], directions).map { $1 == .minimize ? $0 : -$0 }
    }

    /// The numbers of a pending trial; nil when one of the space is not known.
    func numbers(ofPending parameters: [String: JSONValue], in space: SearchSpace) -> [Double]? {
        var numbers: [Double] = []
        for (name, distribution) in zip(space.names, space.distributions) {
            guard let number = parameters[name].flatMap(distribution.number), distribution.contains(number) else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}

/// What a sampler has computed for a study and need not compute again. It holds functions of the history only.
final class SamplerCache: Sendable {
    private let values = Guarded<[String: any Sendable]>([:])

    func value<Value: Sendable>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        values.withLock { $0[key] as? Value }
    }

    func store(_ value: some Sendable, _ key: String) { values.withLock { $0[key] = value } }
}

/// Every value as likely as the distribution says, whatever came before.
public struct RandomSampler: Sampler {
    /// Makes the sampler.
    public init() {}
}
