import MartletCore
import MartletFormats

/// The arguments that the built-in cells and their layers share. An option that a kind does not have keeps its default.
struct RecurrentOptions {
    var units: Int
    var activation: ActivationFunction = .tanh
    var recurrentActivation: ActivationFunction = .sigmoid
    var useBias = true
    var kernelInitializer: any Initializer = .glorotUniform
    var recurrentInitializer: any Initializer = .orthogonal()
    var biasInitializer: any Initializer = .zeros
    var unitForgetBias = true
    var kernelRegularizer: (any Regularizer)?
    var recurrentRegularizer: (any Regularizer)?
    var biasRegularizer: (any Regularizer)?
    var kernelConstraint: (any Constraint)?
    var recurrentConstraint: (any Constraint)?
    var biasConstraint: (any Constraint)?
    var dropout = 0.0
    var recurrentDropout = 0.0
    var seed: Int?
    var resetAfter = true

    func check(_ owner: String) {
        Argument.check(units >= 1, owner, "units", expected: "a positive integer", received: units)
        Argument.check(
            (0...1).contains(dropout), owner, "dropout", expected: "a number in 0...1", received: dropout)
        Argument.check(
            (0...1).contains(recurrentDropout), owner, "recurrentDropout", expected: "a number in 0...1",
            received: recurrentDropout)
    }
}

extension RecurrentOptions {
    init(config: Configuration) throws {
        self.init(units: try config.required("units"))
        if config.arguments["activation"] != nil { activation = try config.activation() }
        if config.arguments["recurrent_activation"] != nil {
            recurrentActivation = try config.activation("recurrent_activation")
        }
        useBias = try config.value("use_bias", default: true)
        kernelInitializer = try config.initializer("kernel_initializer", default: .glorotUniform)
        recurrentInitializer = try config.initializer("recurrent_initializer", default: .orthogonal())
        biasInitializer = try config.initializer("bias_initializer", default: .zeros)
        unitForgetBias = try config.value("unit_forget_bias", default: true)
        kernelRegularizer = try config.regularizer("kernel_regularizer")
        recurrentRegularizer = try config.regularizer("recurrent_regularizer")
        biasRegularizer = try config.regularizer("bias_regularizer")
        kernelConstraint = try config.constraint("kernel_constraint")
        recurrentConstraint = try config.constraint("recurrent_constraint")
        biasConstraint = try config.constraint("bias_constraint")
        dropout = try config.value("dropout", default: 0)
        recurrentDropout = try config.value("recurrent_dropout", default: 0)
        seed = try config.optional("seed")
        resetAfter = try config.value("reset_after", default: true)
    }

    /// The arguments of a kind, under Keras's names.
    func config(_ kind: RecurrentKind) -> [String: JSONValue] {
        var config: [String: JSONValue] = [
            "units": .int(units), "activation": JSONValue(activation), "use_bias": .bool(useBias),
            "kernel_initializer": JSONValue(kernelInitializer),
            "recurrent_initializer": JSONValue(recurrentInitializer), "bias_initializer": JSONValue(biasInitializer),
            "kernel_regularizer": JSONValue(kernelRegularizer),
            "recurrent_regularizer": JSONValue(recurrentRegularizer), "bias_regularizer": JSONValue(biasRegularizer),
            "kernel_constraint": JSONValue(kernelConstraint), "recurrent_constraint": JSONValue(recurrentConstraint),
            "bias_constraint": JSONValue(biasConstraint), "dropout": .double(dropout),
            "recurrent_dropout": .double(recurrentDropout), "seed": .optional(seed),
        ]
        if kind != .simple { config["recurrent_activation"] = JSONValue(recurrentActivation) }
        switch kind {
        case .simple: break
        case .lstm: config["unit_forget_bias"] = .bool(unitForgetBias)
        case .gru(let resetAfter): config["reset_after"] = .bool(resetAfter)
        }
        return config
    }
}
