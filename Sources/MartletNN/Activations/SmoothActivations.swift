import MartletCore
import MartletFormats

extension ActivationFunction {
    /// 1 / (1 + e^-x). Cross-entropies go back from it to x, where nothing is rounded to 0 or 1.
    public static let sigmoid = ActivationFunction("sigmoid") { $0.sigmoid().withLogits($0, kind: .sigmoid) }

    /// -log(1 + e^-x).
    public static let logSigmoid = ActivationFunction("log_sigmoid") { -(-$0).softplus() }

    /// The hyperbolic tangent.
    public static let tanh = ActivationFunction("tanh") { $0.tanh() }

    /// x - tanh x.
    public static let tanhShrink = ActivationFunction("tanh_shrink") { $0 - $0.tanh() }

    /// e^x.
    public static let exponential = ActivationFunction("exponential") { $0.exp() }

    /// log(1 + e^x).
    public static let softplus = ActivationFunction("softplus") { $0.softplus() }

    /// x / (1 + |x|).
    public static let softsign = ActivationFunction("softsign") { $0 / ($0.abs() + 1) }

    /// (x + sqrt(x² + b)) / 2.
    public static func squareplus(b: Double = 4) -> ActivationFunction {
        ActivationFunction("squareplus", b == 4 ? [:] : ["b": .double(b)]) { ($0 + ($0.square() + b).squareRoot()) / 2 }
    }

    /// (x + sqrt(x² + 4)) / 2.
    public static var squareplus: ActivationFunction { .squareplus() }

    /// x where it is positive, else `alpha * (e^x - 1)`.
    public static func elu(alpha: Double = 1) -> ActivationFunction {
        ActivationFunction("elu", alpha == 1 ? [:] : ["alpha": .double(alpha)]) { exponentialBelowZero($0, alpha) }
    }

    /// x where it is positive, else `e^x - 1`.
    public static var elu: ActivationFunction { .elu() }

    /// x where it is positive, else `alpha * (e^(x / alpha) - 1)`.
    public static func celu(alpha: Double = 1) -> ActivationFunction {
        ActivationFunction("celu", alpha == 1 ? [:] : ["alpha": .double(alpha)]) {
            exponentialBelowZero($0 / alpha, 1) * alpha
        }
    }

    /// x where it is positive, else `e^x - 1`.
    public static var celu: ActivationFunction { .celu() }

    /// The exponential linear unit whose fixed point has mean 0 and variance 1.
    ///
    /// Source: G. Klambauer et al., *Self-normalizing neural networks*, 2017.
    public static let selu = ActivationFunction("selu") {
        exponentialBelowZero($0, 1.6732632423543772848170429916717) * 1.0507009873554804934193349852946
    }

    /// x times its sigmoid.
    public static let silu = ActivationFunction("silu") {
        withDerivative($0, { $0 * $0.sigmoid() }) { x in
            let s = x.sigmoid()
            return s * (x * (1 - s) + 1)
        }
    }

    /// Keras's other name for `silu`.
    public static let swish = silu

    /// x tanh(softplus(x)).
    public static let mish = ActivationFunction("mish") { $0 * $0.softplus().tanh() }

    /// x times the probability that a standard normal number is smaller.
    /// - Parameter approximate: whether a formula with the hyperbolic tangent replaces the exact one.
    ///
    /// Source: D. Hendrycks, K. Gimpel, *Gaussian error linear units*, 2016.
    public static func gelu(approximate: Bool = false) -> ActivationFunction {
        if approximate {
            let scale = (2 / Double.pi).squareRoot()
            @Sendable func inner(_ x: Tensor) -> Tensor { ((x + x * x * x * 0.044715) * scale).tanh() }
            return ActivationFunction("gelu", ["approximate": true]) {
                withDerivative($0, { x in x * (inner(x) + 1) * 0.5 }) { x in
                    let t = inner(x)
                    return (t + 1) * 0.5 + x * (1 - t.square()) * (x.square() * (3 * 0.044715) + 1) * (scale / 2)
                }
            }
        }
        // erfc, not 1 + erf: the tail of negative numbers keeps its digits.
        @Sendable func probability(_ x: Tensor) -> Tensor { (x * -0.5.squareRoot()).erfc() * 0.5 }
        return ActivationFunction("gelu") {
            withDerivative($0, { $0 * probability($0) }) { x in
                probability(x) + x * (x.square() * -0.5).exp() * (0.5 / Double.pi).squareRoot()
            }
        }
    }

    /// x times the probability that a standard normal number is smaller.
    public static var gelu: ActivationFunction { .gelu() }

    /// `value(x)` with its derivative in closed form: a compiled step computes the two in one pass over x, which nobody
    /// needs any more then, and the way back is one product.
    private static func withDerivative(
        _ x: Tensor, _ value: (Tensor) -> Tensor, _ derivative: @escaping (Tensor) -> Tensor
    ) -> Tensor {
        withCustomGradient(of: x) { x in (value(x), { $0 * derivative(x) }) }
    }

    /// Below 0 `alpha * (e^x - 1)`, above x. The exponential never sees a positive number, whose overflow would reach
    /// the gradient.
    private static func exponentialBelowZero(_ x: Tensor, _ alpha: Double) -> Tensor {
        `where`(x .> 0, x, minimum(x, 0).expm1() * alpha)
    }
}
