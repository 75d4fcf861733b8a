import MartletCore

/// How a weight of a layer starts, and what is asked of it.
struct WeightOptions {
    var initializer: any Initializer
    var regularizer: (any Regularizer)?
    var constraint: (any Constraint)?

    /// Makes options.
    /// - Parameters:
    ///   - initializer: gives the first value.
    ///   - regularizer: adds a penalty to the loss.
    ///   - constraint: is applied after every update.
    init(
        _ initializer: any Initializer, _ regularizer: (any Regularizer)? = nil, _ constraint: (any Constraint)? = nil
    ) {
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint
    }
}

extension Layer {
    /// Makes a weight. To be called in `build`.
    func addWeight(_ name: String, shape: Shape, _ options: WeightOptions, autocast: Bool = true) -> Variable {
        addWeight(
            name, shape: shape, initializer: options.initializer, regularizer: options.regularizer,
            constraint: options.constraint, autocast: autocast)
    }
}
