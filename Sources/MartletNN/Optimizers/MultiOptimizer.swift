import MartletCore
import MartletFormats

/// Different optimizers for different variables, told apart by their paths.
///
/// ```swift
/// MultiOptimizer(["encoder/.*": Adam(learningRate: 1e-5)], default: SGD())
/// ```
///
/// Source: [`keras.optimizers.MultiOptimizer`](https://keras.io/api/optimizers/).
public final class MultiOptimizer: Optimizer, ConfigurableOptimizer {
    /// Paths, or regular expressions that match whole paths, with the optimizers of their variables.
    public let optimizers: [(pattern: String, optimizer: Optimizer)]
    /// Changes the variables that no pattern matches.
    public let defaultOptimizer: Optimizer

    /// Makes the optimizer.
    public init(
        _ optimizers: KeyValuePairs<String, Optimizer>, default defaultOptimizer: Optimizer,
        lossScaleFactor: Double? = nil, name: String? = nil
    ) {
        self.optimizers = optimizers.map { ($0.key, $0.value) }
        self.defaultOptimizer = defaultOptimizer
        super.init(name: name, learningRate: 0, options: OptimizerOptions(lossScaleFactor: lossScaleFactor))
        shareLossScale()
    }

    public init(config: Configuration) throws {
        let map = try config.required("optimizer_map", as: JSONValue.self)
        let table = map["config"] ?? map
        let members = try config.located("optimizer_map") { try table.object("optimizer_map") }
        optimizers = try members.map { pattern, json in
            (pattern, try config.located("optimizer_map") { try Optimizer.make(from: json) })
        }
        defaultOptimizer = try config.located("optimizer_map") {
            try Optimizer.make(from: table.value(at: ["default_optimizer"]))
        }
        let options = try OptimizerOptions(lossScaleFactor: config.optional("loss_scale_factor"))
        try super.init(name: config.objectName, learningRate: 0, options: options)
        shareLossScale()
    }

    private func shareLossScale() {
        for optimizer in innerOptimizers { optimizer.options.lossScaleFactor = options.lossScaleFactor }
    }

    /// Every optimizer once, the default one last.
    public var innerOptimizers: [Optimizer] {
        var seen: Set<ObjectIdentifier> = []
        return (optimizers.map(\.optimizer) + [defaultOptimizer]).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    /// The optimizer of a variable. Stops when patterns of several match its path.
    public func optimizer(of variable: Variable) -> Optimizer {
        let path = variable.path
        if let exact = optimizers.first(where: { $0.pattern == path }) { return exact.optimizer }
        let matching = optimizers.filter { path.matches(pattern: $0.pattern) }
        require(
            matching.count <= 1, "MultiOptimizer",
            "Expected at most one pattern that matches \"\(path)\". Received: \(matching.map(\.pattern)).")
        return matching.first?.optimizer ?? defaultOptimizer
    }

    public override var learningRate: Double {
        get { stop("MultiOptimizer", "Each inner optimizer has a learning rate of its own.") }
        set { stop("MultiOptimizer", "Each inner optimizer has a learning rate of its own: set these.") }
    }

    public override var variables: [Variable] { super.variables + innerOptimizers.flatMap(\.variables) }

    public override func build(_ variables: [Variable]) {
        for (optimizer, group) in groups(variables) { optimizer.build(group.map { variables[$0] }) }
    }

    public override func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        if leavesUpdate(to: StepShard.current, gradients, variables) { return }
        _ = checked(gradients, variables)
        for (optimizer, group) in groups(variables) where group.contains(where: { gradients[$0] != nil }) {
            optimizer.apply(group.map { gradients[$0] }, to: group.map { variables[$0] })
        }
        iterations.assignAdd(Tensor(1, dtype: .int64))
    }

    override var keepsAverages: Bool { innerOptimizers.contains { $0.keepsAverages } }
    override var movingAverages: [(variable: Variable, average: Variable)] { innerOptimizers.flatMap(\.movingAverages) }

    public override func finalizeValues(of variables: [Variable]) {
        for (optimizer, group) in groups(variables) { optimizer.finalizeValues(of: group.map { variables[$0] }) }
    }

    /// The variables of each optimizer that has any.
    private func groups(_ variables: [Variable]) -> [(optimizer: Optimizer, variables: [Int])] {
        let owners = variables.map { ObjectIdentifier(optimizer(of: $0)) }
        return innerOptimizers.map { optimizer in
            (optimizer, owners.indices.filter { owners[$0] == ObjectIdentifier(optimizer) })
        }.filter { !$0.variables.isEmpty }
    }

    public override var config: [String: JSONValue] {
        let map = Dictionary(uniqueKeysWithValues: optimizers.map { ($0.pattern, JSONValue($0.optimizer)) })
        return [
            "optimizer_map": .keras(
                module: "keras.optimizers", className: "OptimizerMap",
                config: ["default_optimizer": JSONValue(defaultOptimizer), "optimizer_map": .object(map)]),
            "loss_scale_factor": .optional(options.lossScaleFactor), "name": .string(name),
        ]
    }
}
