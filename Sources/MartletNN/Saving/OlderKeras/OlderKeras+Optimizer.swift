import MartletCore
import MartletFormats

extension OlderKeras {
    /// Whether numbered variables of an optimizer are in Keras 2's order, which has no learning rate.
    static func wroteVariables(_ group: HDF5Group, of optimizer: Optimizer) throws -> Bool {
        try optimizer.schedule == nil && group.contains("1") && group.dataset("1").shape != []
    }

    /// The values of an optimizer's variables in a file of Keras 1 or 2. It has no learning rate, which stands in the
    /// configuration.
    /// - Parameter saved: the file's variables with their names, in order.
    static func values(
        _ saved: [(name: String, dataset: HDF5Dataset)], of optimizer: Optimizer, for variables: [Variable], file: String
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
            let slots = variables.map(optimizer.slots)
            for moment in 0..<(slots.map(\.count).max() ?? 0) {
                for slots in slots where moment < slots.count { try take(slots[moment]) }
            }
        } else {
            let shared = optimizer.sharedVariables.map(ObjectIdentifier.init)
            let moments = optimizer.savedVariables.filter {
                !["iteration", "learning_rate"].contains($0.name) && !shared.contains(ObjectIdentifier($0))
            }
            for variable in moments { try take(variable) }
            if let nadam = optimizer as? Nadam, let (_, steps) = values.first {
                values += nadam.sharedVariables.map { ($0, nadam.momentumProduct(after: steps.item())) }
            }
        }
        return values
    }
}
