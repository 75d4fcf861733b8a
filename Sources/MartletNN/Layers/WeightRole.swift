import MartletCore
import MartletFormats

/// How one of a layer's weights starts, and what is asked of it: what Keras has under `<role>_initializer`,
/// `<role>_regularizer` and `<role>_constraint`.
struct WeightRole {
    private let role: String
    private let initializer: any Initializer
    private let regularizer: (any Regularizer)?
    private let constraint: (any Constraint)?

    init(
        _ role: String, _ initializer: any Initializer, _ regularizer: (any Regularizer)?,
        _ constraint: (any Constraint)?
    ) {
        self.role = role
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint
    }

    init(_ role: String, _ config: Configuration, default initializer: any Initializer) throws {
        try self.init(
            role, config.initializer("\(role)_initializer", default: initializer),
            config.regularizer("\(role)_regularizer"), config.constraint("\(role)_constraint"))
    }

    /// Makes the weight.
    func add(_ name: String, shape: Shape, to layer: Layer) -> Variable {
        layer.addWeight(
            name, shape: shape, initializer: initializer, regularizer: regularizer, constraint: constraint)
    }

    var config: [String: JSONValue] {
        [
            "\(role)_initializer": JSONValue(initializer), "\(role)_regularizer": JSONValue(regularizer),
            "\(role)_constraint": JSONValue(constraint),
        ]
    }
}
