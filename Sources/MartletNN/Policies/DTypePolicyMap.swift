import MartletCore
import MartletFormats

/// Policies of layers by their paths, such as `encoder/dense`. What a path is: see `Layer.path`.
///
/// ```swift
/// let map = DTypePolicyMap(["decoder/.*": .mixedBfloat16, "decoder/head": .float32], default: .float32)
/// ```
///
/// Source: [`keras.dtype_policies.DTypePolicyMap`](https://keras.io/api/mixed_precision/).
public struct DTypePolicyMap: DTypeConvertible {
    /// The policy of layers that no path matches; nil for the global one.
    public let defaultPolicy: DTypePolicy?
    /// Paths, or regular expressions that match whole paths, with the policies of their layers. A nil stands for the global
    /// policy.
    let policies: [(path: String, policy: DTypePolicy?)]

    /// Makes a map. Stops for a name that is not known.
    /// - Parameters:
    ///   - policies: paths, or regular expressions that match whole paths. A path itself comes before expressions.
    ///   - defaultPolicy: the policy of other layers, and of a layer that is not built yet; nil is the global one.
    public init(
        _ policies: KeyValuePairs<String, any DTypeConvertible> = [:],
        default defaultPolicy: (any DTypeConvertible)? = nil
    ) {
        func policy(_ source: any DTypeConvertible, _ place: String) -> DTypePolicy {
            Argument.check(
                !(source is DTypePolicyMap), "DTypePolicyMap", place, expected: "a policy", received: "a DTypePolicyMap")
            do { return try source.policy(forLayerAt: nil) } catch {
                Argument.note(error)
                return .float32
            }
        }
        self.policies = policies.map { ($0.key, policy($0.value, "policies")) }
        self.defaultPolicy = defaultPolicy.map { policy($0, "default") }
    }

    init(_ policies: [(path: String, policy: DTypePolicy?)], default defaultPolicy: DTypePolicy?) {
        (self.policies, self.defaultPolicy) = (policies, defaultPolicy)
    }

    /// The policy of a layer: that of its path, else that of the expression that matches it, else the default.
    /// - Throws: `MartletError` where several expressions match.
    public func policy(forLayerAt path: String?) throws -> DTypePolicy {
        func known(_ policy: DTypePolicy?) -> DTypePolicy { policy ?? DTypePolicyMap.global }
        guard let path else { return known(defaultPolicy) }
        if let exact = policies.first(where: { $0.path == path }) { return known(exact.policy) }
        let matching = policies.filter { path.matches(pattern: $0.path) }
        guard matching.count <= 1 else {
            throw MartletError(
                "Expected at most one pattern that matches \"\(path)\". Received: \(matching.map(\.path)).",
                at: "DTypePolicyMap")
        }
        return known(matching.isEmpty ? defaultPolicy : matching[0].policy)
    }

    /// The global policy; where that is a map, its default.
    private static var global: DTypePolicy {
        guard let map = Settings.policySource as? DTypePolicyMap else { return Settings.dtypePolicy }
        return map.defaultPolicy ?? DTypePolicy(Settings.defaultFloatType)
    }
}
