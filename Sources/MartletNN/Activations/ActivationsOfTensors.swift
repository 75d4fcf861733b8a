import MartletCore

// Keras's activations as functions, of tensors and of symbolic tensors, beside `relu`, `sigmoid`, `tanh` and `softplus`.

/// x where it is positive, else `alpha * (e^x - 1)`.
public func elu(_ x: Tensor, alpha: Double = 1) -> Tensor { ActivationFunction.elu(alpha: alpha)(x) }
/// x where it is positive, else `alpha * (e^x - 1)`.
public func elu(_ x: SymbolicTensor, alpha: Double = 1) -> SymbolicTensor { Activation(.elu(alpha: alpha))(x) }
/// The exponential linear unit whose fixed point has mean 0 and variance 1.
public func selu(_ x: Tensor) -> Tensor { ActivationFunction.selu(x) }
/// The exponential linear unit whose fixed point has mean 0 and variance 1.
public func selu(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.selu)(x) }
/// x times the probability that a normal number is below it; `approximate` takes a tanh.
public func gelu(_ x: Tensor, approximate: Bool = false) -> Tensor { ActivationFunction.gelu(approximate: approximate)(x) }
/// x times the probability that a normal number is below it; `approximate` takes a tanh.
public func gelu(_ x: SymbolicTensor, approximate: Bool = false) -> SymbolicTensor {
    Activation(.gelu(approximate: approximate))(x)
}
/// x times its sigmoid.
public func silu(_ x: Tensor) -> Tensor { ActivationFunction.silu(x) }
/// x times its sigmoid.
public func silu(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.silu)(x) }
/// x times its sigmoid, as `silu`.
public func swish(_ x: Tensor) -> Tensor { ActivationFunction.silu(x) }
/// x times its sigmoid, as `silu`.
public func swish(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.silu)(x) }
/// x times the hyperbolic tangent of its softplus.
public func mish(_ x: Tensor) -> Tensor { ActivationFunction.mish(x) }
/// x times the hyperbolic tangent of its softplus.
public func mish(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.mish)(x) }
/// x where it is positive, else `alpha * (e^(x / alpha) - 1)`.
public func celu(_ x: Tensor, alpha: Double = 1) -> Tensor { ActivationFunction.celu(alpha: alpha)(x) }
/// x where it is positive, else `alpha * (e^(x / alpha) - 1)`.
public func celu(_ x: SymbolicTensor, alpha: Double = 1) -> SymbolicTensor { Activation(.celu(alpha: alpha))(x) }
/// x where it is positive, else `negativeSlope * x`.
public func leakyReLU(_ x: Tensor, negativeSlope: Double = 0.2) -> Tensor {
    ActivationFunction.leakyReLU(negativeSlope: negativeSlope)(x)
}
/// x where it is positive, else `negativeSlope * x`.
public func leakyReLU(_ x: SymbolicTensor, negativeSlope: Double = 0.2) -> SymbolicTensor {
    Activation(.leakyReLU(negativeSlope: negativeSlope))(x)
}
/// x cut to 0...6.
public func relu6(_ x: Tensor) -> Tensor { ActivationFunction.relu6(x) }
/// x cut to 0...6.
public func relu6(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.relu6)(x) }
/// x / (1 + |x|).
public func softsign(_ x: Tensor) -> Tensor { ActivationFunction.softsign(x) }
/// x / (1 + |x|).
public func softsign(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.softsign)(x) }
/// x / 6 + 0.5, cut to 0...1.
public func hardSigmoid(_ x: Tensor) -> Tensor { ActivationFunction.hardSigmoid(x) }
/// x / 6 + 0.5, cut to 0...1.
public func hardSigmoid(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.hardSigmoid)(x) }
/// x times its hard sigmoid.
public func hardSwish(_ x: Tensor) -> Tensor { ActivationFunction.hardSilu(x) }
/// x times its hard sigmoid.
public func hardSwish(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.hardSilu)(x) }
/// -log(1 + e^-x).
public func logSigmoid(_ x: Tensor) -> Tensor { ActivationFunction.logSigmoid(x) }
/// -log(1 + e^-x).
public func logSigmoid(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.logSigmoid)(x) }
