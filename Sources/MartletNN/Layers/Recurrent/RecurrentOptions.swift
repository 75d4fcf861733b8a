import MartletCore

/// The arguments that the built-in cells and their layers share. An option that a kind does not have keeps its default.
struct RecurrentOptions {
    var units: Int
    var activation: ActivationFunction
    var recurrentActivation = ActivationFunction.sigmoid
    var useBias: Bool
    var kernel, recurrent, bias: WeightOptions
    var dropout, recurrentDropout: Double
    var seed: Int?
    var unitForgetBias = true
    var resetAfter = true

    /// The arguments of a kind.
    static func table(_ kind: RecurrentKind) -> Arguments<RecurrentOptions> {
        Arguments(default: SimpleRNNCell(1).options) {
            $0("units", \.units, required: true, .atLeast(1))
            $0("activation", \.activation)
            if kind != .simple { $0("recurrent_activation", \.recurrentActivation) }
            $0("use_bias", \.useBias)
            $0.weight("kernel", \.kernel)
            $0.weight("recurrent", \.recurrent)
            $0.weight("bias", \.bias)
            $0("dropout", \.dropout, .in(0...1))
            $0("recurrent_dropout", \.recurrentDropout, .in(0...1))
            $0("seed", \.seed)
            switch kind {
            case .simple: break
            case .lstm: $0("unit_forget_bias", \.unitForgetBias)
            case .gru: $0("reset_after", \.resetAfter)
            }
        }
    }
}
