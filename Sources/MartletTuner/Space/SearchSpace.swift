/// The parameters that every one of some trials has with the same distribution, in the order of their names, without those of
/// one value.
package struct SearchSpace: Equatable, Sendable {
    private(set) var names: [String] = []
    private(set) var distributions: [Distribution] = []

    var count: Int { names.count }
    var isEmpty: Bool { names.isEmpty }

    init() {}

    package init(_ entries: [(String, Distribution)]) {
        for (name, distribution) in entries.sorted(by: { $0.0 < $1.0 }) where !distribution.isSingle {
            names.append(name)
            distributions.append(distribution)
        }
    }

    /// What all trials have in common. A parameter whose distribution changes is left out.
    init(common trials: some Sequence<FrozenTrial>) {
        var entries: [(String, Distribution)]?
        for trial in trials {
            guard let known = entries else {
                entries = trial.parameters.map { ($0.name, $0.distribution) }
                continue
            }
            if known.count == trial.parameters.count,
                zip(known, trial.parameters).allSatisfy({ $0.0 == $1.name && $0.1 == $1.distribution })
            { continue }
            entries = known.filter { name, distribution in trial.parameter(name)?.distribution == distribution }
        }
        self.init(entries ?? [])
    }

    /// The parts of which every trial has all parameters or none: parameters that stand under the same condition.
    static func groups(of trials: some Sequence<FrozenTrial>) -> [SearchSpace] {
        var groups: [[String: Distribution]] = []
        var last: [(String, Distribution)] = []
        for trial in trials {
            if last.elementsEqual(trial.parameters, by: { $0.0 == $1.name && $0.1 == $1.distribution }) { continue }
            last = trial.parameters.map { ($0.name, $0.distribution) }
            var rest = Dictionary(last) { a, _ in a }
            var next: [[String: Distribution]] = []
            for group in groups {
                let inside = group.filter { rest[$0.key] != nil }
                next += [inside, group.filter { rest[$0.key] == nil }]
                for name in inside.keys { rest[name] = nil }
            }
            groups = (next + [rest]).filter { !$0.isEmpty }
        }
        return groups.map { SearchSpace($0.map { ($0.key, $0.value) }) }.filter { !$0.isEmpty }
            .sorted { $0.names[0] < $1.names[0] }
    }

    /// The numbers of a trial's parameters in the order of the space; nil when it lacks one.
    func numbers(of trial: FrozenTrial) -> [Double]? {
        // Most trials have the parameters of the trial before in the same places.
        var result: [Double] = []
        result.reserveCapacity(count)
        for name in names {
            guard let parameter = trial.parameter(name) else { return nil }
            result.append(parameter.number)
        }
        return result
    }
}
