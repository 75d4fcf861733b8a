import MartletCore
import MartletFormats

extension Configuration {
    /// The layer's dtype policy, nil where the configuration has none: a name, or one of the objects in which newer versions of
    /// Keras wrap it.
    public var dtype: (any DTypeConvertible)? {
        get throws {
            if let quantizedPolicy = try quantizedSource { return quantizedPolicy }
            guard let json = arguments["dtype"], json != .null else { return nil }
            return try located("dtype") {
                if case .string("DTypePolicyMap")? = json["class_name"] {
                    return try DTypePolicyMap(json: json["config"] ?? .null)
                }
                return try DTypePolicy(json: json)
            }
        }
    }

    /// The dtype of a metric's state.
    var metricType: DType? { get throws { try dtype?.policy(forLayerAt: nil).computeDType } }
}

extension DTypePolicy {
    /// The policy that a file describes; nil for the global one.
    fileprivate init?(json: JSONValue) throws {
        let name = json["config"]?["name"] ?? json
        guard name != .null else { return nil }
        try self.init(name: name.value(at: []))
    }

    /// How files describe the policy. A plain dtype is its name, for older versions of Keras.
    var json: JSONValue { isMixed ? object : .string(name) }

    fileprivate var object: JSONValue {
        .keras(module: "keras", className: "DTypePolicy", config: ["name": .string(name)])
    }
}

extension DTypePolicyMap {
    /// - Throws: `MartletError` for a policy that is not known.
    fileprivate init(json: JSONValue) throws {
        let members: JSONObject = try json.valueIfPresent(at: ["policy_map"]) ?? [:]
        self.init(
            try members.map { path, policy in (path, try DTypePolicy(json: policy)) },
            default: try json["default_policy"].flatMap { try DTypePolicy(json: $0) })
    }

    /// How files describe the map.
    var json: JSONValue {
        let policies = policies.reduce(into: JSONObject()) { $0[$1.path] = ($1.policy ?? Settings.dtypePolicy).object }
        return .keras(
            module: "keras.dtype_policies", className: "DTypePolicyMap",
            config: ["default_policy": defaultPolicy.map { .string($0.name) } ?? .null, "policy_map": .object(policies)])
    }
}

extension Layer {
    /// How files describe the layer's policy.
    var policyJSON: JSONValue { (policySource as? DTypePolicyMap)?.json ?? dtypePolicy.json }
}
