import MartletCore
import MartletFormats

extension ActivationFunction {
    /// x: no activation.
    public static let linear = ActivationFunction("linear", fused: FusedActivation.none) { $0 }

    /// max(x, 0).
    public static let relu = ActivationFunction("relu", fused: .relu) { $0.relu() }

    /// A rectifier with a slope below the threshold and a cap.
    /// - Parameters:
    ///   - negativeSlope: the slope below `threshold`.
    ///   - maxValue: where the output is cut; nil for nowhere.
    ///   - threshold: elements up to it give `negativeSlope * (x - threshold)`.
    public static func relu(
        negativeSlope: Double = 0, maxValue: Double? = nil, threshold: Double = 0
    ) -> ActivationFunction {
        Argument.check(
            negativeSlope >= 0, "relu", "negativeSlope", expected: "a number of at least 0", received: negativeSlope)
        Argument.check(
            maxValue ?? 0 >= 0, "relu", "maxValue", expected: "a number of at least 0", received: maxValue ?? 0)
        Argument.check(threshold >= 0, "relu", "threshold", expected: "a number of at least 0", received: threshold)
        if negativeSlope == 0, maxValue == nil, threshold == 0 { return .relu }
        let arguments: [String: JSONValue] = [
            "negative_slope": .double(negativeSlope), "max_value": .optional(maxValue), "threshold": .double(threshold),
        ]
        return ActivationFunction("relu", arguments) { x in
            let upper = maxValue.map { x.clipped(max: $0) } ?? x
            let lower = negativeSlope == 0 ? Tensor.zeros([], dtype: x.dtype) : (x - threshold) * negativeSlope
            return `where`(x .<= threshold, lower, upper)
        }
    }

    /// max(x, 0), at most 6.
    public static let relu6 = ActivationFunction("relu6") { `where`($0 .>= 6, 6, $0.relu()) }

    /// x where it is positive, else `negativeSlope * x`.
    public static func leakyReLU(negativeSlope: Double = 0.2) -> ActivationFunction {
        ActivationFunction("leaky_relu", negativeSlope == 0.2 ? [:] : ["negative_slope": .double(negativeSlope)]) {
            `where`($0 .> 0, $0, $0 * negativeSlope)
        }
    }

    /// x where it is positive, else 0.2 x.
    public static var leakyReLU: ActivationFunction { .leakyReLU() }

    /// x where its magnitude is greater than `threshold`, else 0.
    public static func hardShrink(threshold: Double = 0.5) -> ActivationFunction {
        ActivationFunction("hard_shrink", threshold == 0.5 ? [:] : ["threshold": .double(threshold)]) {
            `where`($0.abs() .<= threshold, 0, $0)
        }
    }

    /// x where its magnitude is greater than 0.5, else 0.
    public static var hardShrink: ActivationFunction { .hardShrink() }

    /// x moved towards 0 by `threshold`, and no further.
    public static func softShrink(threshold: Double = 0.5) -> ActivationFunction {
        ActivationFunction("soft_shrink", threshold == 0.5 ? [:] : ["threshold": .double(threshold)]) { x in
            `where`(x.abs() .<= threshold, 0, x - x.sign() * threshold)
        }
    }

    /// x moved towards 0 by 0.5, and no further.
    public static var softShrink: ActivationFunction { .softShrink() }

    /// x where it is greater than `threshold`, else `defaultValue`.
    public static func threshold(_ threshold: Double, defaultValue: Double) -> ActivationFunction {
        let arguments: [String: JSONValue] = ["threshold": .double(threshold), "default_value": .double(defaultValue)]
        return ActivationFunction("threshold", arguments) { `where`($0 .> threshold, $0, defaultValue) }
    }

    /// x within -1...1, and the nearer bound outside.
    public static let hardTanh = ActivationFunction("hard_tanh") { $0.clipped(to: -1.0...1) }

    /// x / 6 + 1 / 2 within 0...1, and the nearer bound outside.
    public static let hardSigmoid = ActivationFunction("hard_sigmoid") { ($0 / 6 + 0.5).clipped(to: 0.0...1) }

    /// x times its hard sigmoid.
    public static let hardSilu = ActivationFunction("hard_silu") { $0 * hardSigmoid($0) }

    /// Keras's other name for `hardSilu`.
    public static let hardSwish = hardSilu

    /// 0 up to -1, (x + 1)² / 4 up to 1, and x beyond.
    public static let sparsePlus = ActivationFunction("sparse_plus") { x in
        `where`(x .<= -1, 0, `where`(x .< 1, (x + 1).square() / 4, x))
    }

    /// 0 up to -1, (x + 1) / 2 up to 1, and 1 beyond.
    public static let sparseSigmoid = ActivationFunction("sparse_sigmoid") { x in
        `where`(x .<= -1, 0, `where`(x .< 1, (x + 1) / 2, 1))
    }
}
