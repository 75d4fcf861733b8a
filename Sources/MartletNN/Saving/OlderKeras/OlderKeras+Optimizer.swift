import MartletCore
import MartletFormats

extension OlderKeras {
    /// Gives an optimizer the rule that it had in the version that wrote it, where Keras 3's is another. A file of Keras 3 has no
    /// words for it: saved as one, the model trains on by Keras 3's rule.
    ///
    /// The optimizers before those of TensorFlow 2.11 added ε to the root that Keras 3 adds it under, Nadam's momentum grew more
    /// slowly, and TensorFlow's changed only the rows of a table that were read. Nadam of 2.11 to 2.15 needs nothing: compiled, it
    /// multiplied its momenta once for every variable, and a model that was loaded began anew with 1; this goes on with what its
    /// formula says, as it did itself when it ran eagerly.
    /// - Parameter json: what the file says of the optimizer.
    static func setRule(of optimizer: Optimizer, _ json: JSONValue, version: String) {
        if let inner = (optimizer as? LossScaleOptimizer)?.innerOptimizer {
            return setRule(of: inner, json["config"]?["inner_optimizer"] ?? .null, version: version)
        }
        guard isOfFirstKind(json) else { return }
        let numbers = self.numbers(of: version)
        let isTensorFlows = !numbers.lexicographicallyPrecedes([2, 4])
            || version.hasSuffix("-tf") && !numbers.lexicographicallyPrecedes([2, 2, 4])
        switch optimizer {
        case let optimizer as RMSprop:
            // With momentum it was one of TensorFlow's operations, which has ε under the root.
            optimizer.addsEpsilonToRoot = !(isTensorFlows && optimizer.momentum > 0)
            optimizer.options.sparseUpdates = isTensorFlows && optimizer.momentum > 0
        case let optimizer as Adagrad: optimizer.addsEpsilonToRoot = true
        case let optimizer as Nadam:
            let config = json["config"]
            optimizer.scheduleDecay = (config?["schedule_decay"] ?? config?["decay"]).flatMap(Double.init(json:)) ?? 0.004
            optimizer.holdsUnreadRows = isTensorFlows
        case is SGD, is Adamax, is Adadelta, is Ftrl: optimizer.options.sparseUpdates = isTensorFlows
        default: break
        }
    }

    /// Whether it is one of the optimizers that came before those of TensorFlow 2.11. These are registered classes in .h5 files,
    /// and say what they are.
    private static func isOfFirstKind(_ json: JSONValue) -> Bool {
        guard case .string(let name)? = json["class_name"], name == plainName(name) else { return false }
        return json["config"]?["is_legacy_optimizer"] != false
    }

    private static func numbers(of version: String) -> [Int] {
        version.split(separator: ".").prefix(3).map { Int($0.prefix { $0.isNumber }) ?? 0 }
    }

    /// Whether numbered variables of an optimizer are in Keras 2's order, which has no learning rate.
    static func wroteVariables(_ group: HDF5Group, of optimizer: Optimizer) throws -> Bool {
        try optimizer.schedule == nil && group.contains("1") && group.dataset("1").shape != []
    }

    /// The variables in the order in which an optimizer of this version of Keras held its moments. Before 2.0.7 that was the order
    /// of the variables' names, which the file has too.
    /// - Parameter names: what the file calls the values of variables, nil for one that it does not hold.
    static func optimized(_ variables: [Variable], version: String, names: (Variable) -> String?) -> [Variable] {
        guard numbers(of: version).lexicographicallyPrecedes([2, 0, 7]) else { return variables }
        let named = variables.compactMap { variable in names(variable).map { (name: $0, variable: variable) } }
        guard named.count == variables.count else { return variables }
        // As Python orders texts: by their characters' numbers.
        return named.sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }.map(\.variable)
    }

    /// The values of an optimizer's variables in a file of Keras 1 or 2. It has no learning rate, which stands in the
    /// configuration.
    /// - Parameters:
    ///   - saved: the file's variables with their names, in order.
    ///   - ordered: `variables` in the order in which the file has each moment of them; nil is their own.
    static func values(
        _ saved: [(name: String, dataset: HDF5Dataset)], of optimizer: Optimizer, for variables: [Variable],
        inOrder ordered: [Variable]? = nil, file: String
    ) throws -> [(variable: Variable, value: Tensor)] {
        // Of the scale of the loss nothing is saved.
        if let inner = (optimizer as? LossScaleOptimizer)?.innerOptimizer {
            return try values(saved, of: inner, for: variables, inOrder: ordered, file: file)
        }
        var rest = saved[...]
        var values: [(variable: Variable, value: Tensor)] = []
        func take(_ variable: Variable) throws {
            guard let (_, dataset) = rest.popFirst() else { return }
            values.append((variable, try KerasLayout.value(of: dataset, for: variable, file: file)))
        }
        // The first optimizers did not count their steps.
        if rest.first?.dataset.shape == [] { try take(optimizer.iterations) }
        guard !rest.isEmpty else { return values }
        optimizer.build(variables)
        // The optimizers before TensorFlow 2.11 hold each moment for all variables before the next.
        let isByMoment = !["0", "iteration:0"].contains(saved[0].name)
        if isByMoment {
            for product in optimizer.sharedVariables {
                if rest.first?.dataset.shape == [] {
                    try take(product)
                } else if let nadam = optimizer as? Nadam, let (_, steps) = values.first {
                    // Keras 2.0 to 2.2 did not save it.
                    values.append((product, nadam.momentumProduct(after: steps.item())))
                }
            }
            let slots = (ordered ?? variables).map(optimizer.slots)
            if optimizer is Ftrl {
                // It alone made both moments of a variable before those of the next.
                for slot in slots.joined() { try take(slot) }
            } else {
                for moment in 0..<(slots.map(\.count).max() ?? 0) {
                    for slots in slots where moment < slots.count { try take(slots[moment]) }
                }
            }
        } else {
            let shared = optimizer.sharedVariables.map(ObjectIdentifier.init)
            // Keras 3 alone saves the scalars that stand for rows and columns of what has none.
            let placeholders = optimizer is Adafactor
                ? variables.filter { $0.shape.rank < 2 }.flatMap { optimizer.slots(of: $0).prefix(2) }.map(ObjectIdentifier.init) : []
            let absent = Set(shared + placeholders)
            let moments = optimizer.savedVariables.filter {
                !["iteration", "learning_rate"].contains($0.name) && !absent.contains(ObjectIdentifier($0))
            }
            for variable in moments { try take(variable) }
            if let nadam = optimizer as? Nadam, let (_, steps) = values.first {
                values += nadam.sharedVariables.map { ($0, nadam.momentumProduct(after: steps.item())) }
            }
        }
        return values
    }
}
