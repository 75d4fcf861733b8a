import MartletCore
import MartletFormats

extension OlderKeras {
    /// Whether numbered variables of an optimizer are in Keras 2's order, which has no learning rate.
    static func wroteVariables(_ group: HDF5Group, of optimizer: Optimizer) throws -> Bool {
        try optimizer.schedule == nil && group.contains("1") && group.dataset("1").shape != []
    }

    /// The variables in the order in which an optimizer of this version of Keras held its moments. Before 2.0.7 that was the order
    /// of the variables' names, which the file has too.
    /// - Parameter names: what the file calls the values of variables, nil for one that it does not hold.
    static func optimized(_ variables: [Variable], version: String, names: (Variable) -> String?) -> [Variable] {
        let numbers = version.split(separator: ".").prefix(3).map { Int($0) ?? 0 }
        guard numbers.lexicographicallyPrecedes([2, 0, 7]) else { return variables }
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
            for product in optimizer.sharedVariables { try take(product) }
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
