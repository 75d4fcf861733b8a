import MartletCore
import MartletFormats

/// The dtype in which a layer computes, and the one in which it keeps its weights.
///
/// In mixed precision these differ: with `.mixedBfloat16` and `.mixedFloat16` a layer keeps its weights in `float32`, casts them
/// and its floating-point inputs to 16 bits, and gives outputs of 16 bits. Every layer takes a policy for its argument `dtype`:
/// a policy, a name, or a plain dtype for both.
///
/// ```swift
/// setDTypePolicy(.mixedBfloat16)
/// let model = Sequential([InputLayer([784]), Dense(512, activation: .relu), Dense(10, activation: .softmax, dtype: .float32)])
/// ```
///
/// Source: [`keras.dtype_policies.DTypePolicy`](https://keras.io/api/mixed_precision/policy/).
public struct DTypePolicy: Hashable, Sendable, CustomStringConvertible {
    /// Keras's name: `mixed_bfloat16`, or that of a dtype.
    public let name: String
    /// The dtype in which a layer computes: that of its outputs, and of the weights and inputs that the computation sees.
    public let computeDType: DType
    /// The dtype of the weights.
    public let variableDType: DType

    /// Makes a policy that computes in the dtype of the weights.
    public init(_ dtype: DType) { self.init(name: dtype.name, compute: dtype, variable: dtype) }

    /// Makes the policy of a name.
    /// - Parameter name: `mixed_float16`, `mixed_bfloat16` or the name of a dtype.
    /// - Throws: `MartletError` for another name.
    public init(name: String) throws {
        if let mixed = [Self.mixedFloat16, .mixedBfloat16].first(where: { $0.name == name }) {
            self = mixed
        } else if name.hasPrefix("mixed") {
            throw MartletError("Expected mixed_float16, mixed_bfloat16 or the name of a dtype. Received: \"\(name)\".")
        } else {
            try self.init(DType(name: name))
        }
    }

    fileprivate init(name: String, compute: DType, variable: DType) {
        (self.name, computeDType, variableDType) = (name, compute, variable)
    }

    /// Whether layers compute in another dtype than that of their weights.
    public var isMixed: Bool { computeDType != variableDType }

    public var description: String { name }
}

/// What layers take for `dtype`: a `DTypePolicy` such as `.mixedBfloat16`, Keras's name for one, a plain `DType`, or a
/// `DTypePolicyMap`.
public protocol DTypeConvertible: Sendable {
    /// The policy of a layer.
    /// - Parameter path: the layer's path, nil before it is built.
    /// - Throws: `MartletError` for a name that is not known, and where several patterns match the path.
    func policy(forLayerAt path: String?) throws -> DTypePolicy
}

extension DTypePolicy: DTypeConvertible {
    public func policy(forLayerAt path: String?) -> DTypePolicy { self }
}

extension DType: DTypeConvertible {
    public func policy(forLayerAt path: String?) -> DTypePolicy { DTypePolicy(self) }
}

extension String: DTypeConvertible {
    public func policy(forLayerAt path: String?) throws -> DTypePolicy { try DTypePolicy(name: self) }
}

extension DTypeConvertible where Self == DTypePolicy {
    /// Computes in `float16`, with weights in `float32`. Small gradients vanish in `float16`: `compile` puts a
    /// `LossScaleOptimizer` around the optimizer of a model of this policy.
    public static var mixedFloat16: DTypePolicy {
        DTypePolicy(name: "mixed_float16", compute: .float16, variable: .float32)
    }
    /// Computes in `bfloat16`, which has the range of `float32`, with weights in `float32`.
    public static var mixedBfloat16: DTypePolicy {
        DTypePolicy(name: "mixed_bfloat16", compute: .bfloat16, variable: .float32)
    }
    /// Computes in `float16` with weights in `float16`.
    public static var float16: DTypePolicy { DTypePolicy(.float16) }
    /// Computes in `bfloat16` with weights in `bfloat16`.
    public static var bfloat16: DTypePolicy { DTypePolicy(.bfloat16) }
    /// Computes in `float32`.
    public static var float32: DTypePolicy { DTypePolicy(.float32) }
    /// Computes in `float64`.
    public static var float64: DTypePolicy { DTypePolicy(.float64) }
    /// Works on integers, for layers that do not compute.
    public static var int32: DTypePolicy { DTypePolicy(.int32) }
    /// Works on integers, for layers that do not compute.
    public static var int64: DTypePolicy { DTypePolicy(.int64) }
    /// Works on integers, for layers that do not compute.
    public static var uint8: DTypePolicy { DTypePolicy(.uint8) }
    /// Works on `bool`, for layers that do not compute.
    public static var bool: DTypePolicy { DTypePolicy(.bool) }
    /// Works on strings, for layers that take them.
    public static var string: DTypePolicy { DTypePolicy(.string) }
}

// MARK: - The global policy

extension Settings {
    /// The policy of a session.
    private struct SessionPolicy: Sendable { var source: (any DTypeConvertible)? }
    @TaskLocal fileprivate static var scopedPolicy: ScopedPolicy?
    fileprivate struct ScopedPolicy: Sendable { let source: any DTypeConvertible }

    /// The policy of layers and models that are made without one in the present `Session`. By default `defaultFloatType`.
    public static var dtypePolicy: DTypePolicy {
        get { (try? policySource.policy(forLayerAt: nil)) ?? DTypePolicy(defaultFloatType) }
        set { setPolicySource(newValue) }
    }

    /// What layers without a `dtype` of their own take.
    static var policySource: any DTypeConvertible {
        scopedPolicy?.source ?? sessionPolicy ?? DTypePolicy(defaultFloatType)
    }

    private static var sessionPolicy: (any DTypeConvertible)? { Session.current.withValue(SessionPolicy()) { $0.source } }

    fileprivate static func setPolicySource(_ source: any DTypeConvertible) {
        do {
            let policy = try source.policy(forLayerAt: nil)
            guard
                require(
                    policy.computeDType.isFloatingPoint, "setDTypePolicy",
                    "Expected a policy of floating-point numbers. Received: \(policy).")
            else { return }
            Session.current.withValue(SessionPolicy()) { $0.source = source is DTypePolicyMap ? source : policy }
        } catch {
            Argument.note(error)
        }
    }
}

/// Sets the policy of layers and models that are made from now on without one in the present `Session`: Keras's
/// `set_dtype_policy`.
/// - Parameter policy: `.mixedBfloat16`, a name such as `"mixed_bfloat16"`, a dtype, or a `DTypePolicyMap`. Stops for a name that
///   is not known, and for a dtype that is not floating-point.
public func setDTypePolicy(_ policy: any DTypeConvertible) { Settings.setPolicySource(policy) }

/// Runs `body`, in which layers and models that are made without a policy have this one.
/// - Throws: `MartletError` for a name that is not known or a dtype that is not floating-point, and what `body` throws.
public func withDTypePolicy<R>(_ policy: any DTypeConvertible, _ body: () throws -> R) throws -> R {
    let first = try policy.policy(forLayerAt: nil)
    guard first.computeDType.isFloatingPoint else {
        throw MartletError("Expected a policy of floating-point numbers. Received: \(first).", at: "withDTypePolicy")
    }
    return try Settings.$scopedPolicy.withValue(Settings.ScopedPolicy(source: policy), operation: body)
}
