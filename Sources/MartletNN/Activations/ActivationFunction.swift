import MartletCore
import MartletFormats

/// A function of a tensor that a layer applies to its output, under Keras's name.
///
/// ```swift
/// Dense(128, activation: .relu)
/// Dense(128, activation: .gelu(approximate: true))
/// Dense(128, activation: "relu")
/// Dense(128, activation: ActivationFunction(name: "square") { $0 * $0 })
/// Dense(128, activation: .layer(PReLU()))
/// ```
///
/// Source: [Keras's activations](https://keras.io/api/layers/activations/).
public struct ActivationFunction: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// Keras's name: `relu`.
    public let name: String
    /// The arguments that differ from the defaults, under Keras's names.
    public let arguments: [String: JSONValue]
    /// What a product can apply by itself in place of the function, nil when it cannot.
    private let fused: FusedActivation?
    private let function: @Sendable (Tensor) -> Tensor
    /// Whether it is none of Keras's.
    fileprivate private(set) var isOwn = false
    private let applied: AppliedLayer?

    /// Makes an activation of one's own.
    /// - Parameter name: what a saved model calls it, for `register`.
    public init(name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
        self.init(name, [:], function)
        isOwn = true
    }

    /// Whether this is the activation of that name with its default arguments, not one that only has the name.
    func isBuiltIn(_ name: String) -> Bool { self.name == name && arguments.isEmpty && !isOwn }

    init(
        _ name: String, _ arguments: [String: JSONValue] = [:], fused: FusedActivation? = nil,
        _ function: @escaping @Sendable (Tensor) -> Tensor
    ) {
        self.name = name
        self.arguments = arguments
        self.fused = fused
        self.function = function
        applied = nil
    }

    private init(_ applied: AppliedLayer) {
        name = applied.layer.className
        arguments = [:]
        fused = nil
        function = { applied.layer($0) }
        isOwn = true
        self.applied = applied
    }

    /// A layer as an activation. Its weights are those of the layer that applies it.
    /// - Parameter layer: a layer of one input, which keeps its shape.
    public static func layer(_ layer: Layer) -> ActivationFunction { ActivationFunction(AppliedLayer(layer)) }

    /// The layer that is the activation, nil for a function.
    public var layer: Layer? { applied?.layer }

    /// The activation under Keras's name, with default arguments.
    /// - Throws: `MartletError` when there is none, or it has no default arguments.
    public init(named name: String) throws { self = try ActivationRegistry.shared.make(className: name, config: [:]) }

    /// The activation under Keras's name. Stops when there is none.
    public init(stringLiteral name: String) {
        do {
            try self.init(named: name)
        } catch {
            stop("ActivationFunction", "\(error)")
        }
    }

    /// Applies the activation.
    public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }

    public var description: String { name }

    /// The activation of a product, which applies it by itself while the result is in cache if it can.
    func apply(to product: (FusedActivation) -> Tensor) -> Tensor {
        if let fused { product(fused) } else { function(product(.none)) }
    }
}

/// A layer that is an activation. As any layer, it is called by one thread at a time.
private final class AppliedLayer: @unchecked Sendable {
    let layer: Layer
    init(_ layer: Layer) { self.layer = layer }
}

/// The activations that configurations can name.
package enum ActivationRegistry {
    /// Those without arguments first.
    package static let shared = Registry<ActivationFunction>(
        "activation", module: "keras.activations",
        [
            .linear, .relu6, .selu, .silu, .sigmoid, .tanh, .softplus, .softsign, .exponential, .hardSigmoid, .hardSilu,
            .hardTanh, .mish, .logSigmoid, .tanhShrink, .sparsePlus, .sparseSigmoid,
        ].map { activation in (activation.name, { _ in activation }) } + parametrised,
        aliases: ["swish": "silu", "hard_swish": "hard_silu"], functionForm: "{ x in ... }",
        ofFunction: { name in
            CustomObjects.unary(name).map { ActivationFunction(name: name.withoutPackage, $0) }
        })

    private static let parametrised: [(name: String, make: Registry<ActivationFunction>.Maker)] = [
        (
            "relu",
            {
                try .relu(
                    negativeSlope: $0.value("negative_slope", default: 0), maxValue: $0.optional("max_value"),
                    threshold: $0.value("threshold", default: 0))
            }
        ),
        ("leaky_relu", { try .leakyReLU(negativeSlope: $0.value("negative_slope", default: 0.2)) }),
        ("elu", { try .elu(alpha: $0.value("alpha", default: 1)) }),
        ("celu", { try .celu(alpha: $0.value("alpha", default: 1)) }),
        ("gelu", { try .gelu(approximate: $0.value("approximate", default: false)) }),
        ("glu", { try .glu(axis: $0.value("axis", default: -1)) }),
        ("hard_shrink", { try .hardShrink(threshold: $0.value("threshold", default: 0.5)) }),
        ("soft_shrink", { try .softShrink(threshold: $0.value("threshold", default: 0.5)) }),
        (
            "threshold",
            { try .threshold($0.required("threshold"), defaultValue: $0.required("default_value")) }
        ),
        ("squareplus", { try .squareplus(b: $0.value("b", default: 4)) }),
        ("softmax", { try .softmax(axis: $0.value("axis", default: -1)) }),
        ("log_softmax", { try .logSoftmax(axis: $0.value("axis", default: -1)) }),
        ("sparsemax", { try .sparsemax(axis: $0.value("axis", default: -1)) }),
    ]
}

extension Configuration {
    /// The activation that the argument `key` describes; linear when it is missing or null.
    public func activation(_ key: String = "activation") throws -> ActivationFunction {
        guard let json = arguments[.key(key)], json != .null else { return .linear }
        return try located(key) {
            if let layer = try ModelReader.activationLayer(json) { return .layer(layer) }
            return try ActivationRegistry.shared.make(from: json)
        }
    }
}

extension JSONValue {
    /// An activation as Keras writes it: its name, or the description of a layer. Arguments, which Keras has no way to write,
    /// make it an object.
    package init(_ activation: ActivationFunction) {
        if let layer = activation.layer {
            self = .object(ModelWriter.describe(layer))
            return
        }
        guard !activation.isOwn else {
            self = CustomObjects.function(activation.name)
            return
        }
        self =
            activation.arguments.isEmpty
            ? .string(activation.name)
            : ["class_name": .string(activation.name), "config": .object(activation.arguments)]
    }
}
