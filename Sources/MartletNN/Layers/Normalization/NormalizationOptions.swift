import MartletCore
import MartletFormats

/// How the learned scale and shift of a normalization start, and what is asked of them.
struct NormalizationOptions {
    let betaInitializer: any Initializer
    let gammaInitializer: any Initializer
    let betaRegularizer: (any Regularizer)?
    let gammaRegularizer: (any Regularizer)?
    let betaConstraint: (any Constraint)?
    let gammaConstraint: (any Constraint)?

    func addWeights(
        to layer: Layer, shape: Shape, scale: Bool, center: Bool
    ) -> (gamma: Variable?, beta: Variable?) {
        let gamma =
            scale
            ? layer.addWeight(
                "gamma", shape: shape, initializer: gammaInitializer, regularizer: gammaRegularizer,
                constraint: gammaConstraint) : nil
        let beta =
            center
            ? layer.addWeight(
                "beta", shape: shape, initializer: betaInitializer, regularizer: betaRegularizer,
                constraint: betaConstraint) : nil
        return (gamma, beta)
    }

    var config: [String: JSONValue] {
        [
            "beta_initializer": JSONValue(betaInitializer), "gamma_initializer": JSONValue(gammaInitializer),
            "beta_regularizer": JSONValue(betaRegularizer), "gamma_regularizer": JSONValue(gammaRegularizer),
            "beta_constraint": JSONValue(betaConstraint), "gamma_constraint": JSONValue(gammaConstraint),
        ]
    }
}

extension NormalizationOptions {
    init(_ config: Configuration) throws {
        try self.init(
            betaInitializer: config.initializer("beta_initializer", default: .zeros),
            gammaInitializer: config.initializer("gamma_initializer", default: .ones),
            betaRegularizer: config.regularizer("beta_regularizer"),
            gammaRegularizer: config.regularizer("gamma_regularizer"),
            betaConstraint: config.constraint("beta_constraint"),
            gammaConstraint: config.constraint("gamma_constraint"))
    }
}
