import MartletCore
import MartletFormats

/// Makes layers and models from Keras's configurations: those of Keras 3, and those in legacy `.h5` files.
enum ModelReader {
    /// The deepest nesting of models.
    private static let maximumDepth = 32

    /// A layer or a model from `{"class_name": ..., "config": ...}`.
    static func layer(_ json: JSONValue, depth: Int = 0) throws -> Layer {
        guard depth < maximumDepth else { throw MartletError("Expected models nested at most \(maximumDepth) deep.") }
        let className = try json.string("class_name")
        let config = try json.valueIfPresent(at: ["config"], as: JSONValue.self) ?? [:]
        let described = try ObjectDescription(json)
        if let own = try LayerRegistry.shared.makeOwn(described) { return own }
        switch className {
        case "Functional", "Model": return try functional(config, depth)
        case "Sequential": return try sequential(config, depth)
        case "Lambda":
            let name = try config.valueIfPresent(at: ["name"]) ?? "lambda"
            throw MartletError(
                "The layer \"\(name)\" is a Lambda of Python code, which cannot run here. Replace it in Keras by layers or "
                    + "operations, and save the model again. Or write it as a Layer class of yours whose className is "
                    + "\"Lambda\", and register it before loading.", at: "layer \(name)")
        default:
            try checkSizes(config)
            return try LayerRegistry.shared.make(ObjectDescription(json, config: modern(config, of: className)))
        }
    }

    /// The layer that is described in the place of an activation, nil for the description of a function.
    static func activationLayer(_ json: JSONValue) throws -> Layer? {
        guard case .string(let name)? = json["class_name"], !ActivationRegistry.shared.contains(name) else { return nil }
        let isKnown = LayerRegistry.shared.contains(name) || ["Sequential", "Functional", "Model"].contains(name)
        return isKnown ? try layer(json) : try CustomObjects.make(ObjectDescription(json)) as? Layer
    }

    /// A whole model.
    static func model(_ json: JSONValue) throws -> Model {
        guard let model = try layer(json) as? Model else {
            throw MartletError("Expected the configuration of a model. Received that of a layer.", at: "class_name")
        }
        return model
    }

    /// Arguments of Keras 2 under their current names.
    private static func modern(_ config: JSONValue, of className: String) -> JSONValue {
        guard case .object(var object) = config else { return config }
        if let shape = object["batch_input_shape"], className == "InputLayer" { object["batch_shape"] = shape }
        if className.hasSuffix("Normalization"), case .array(let axes)? = object["axis"], axes.count == 1 {
            object["axis"] = axes[0]
        }
        return .object(object)
    }

    /// Arguments that are no sizes.
    private static let notSizes: Set = [
        "seed", "shared_object_id", "vocabulary", "salt", "mask_value", "mask_token", "oov_token", "value",
    ]

    /// Limits the sizes in a file, so that products of sizes cannot overflow.
    static func checkSizes(_ config: JSONValue) throws {
        var stack = [(key: "config", value: config)]
        while let (key, value) = stack.popLast() {
            switch value {
            case .int(let number) where number.magnitude >= 1 << 31 && !notSizes.contains(key):
                throw MartletError("Expected a number below 2^31. Received: \(number).", at: key)
            case .array(let values): stack += values.map { (key, $0) }
            case .object(let object): stack += object.map { ($0.key, $0.value) }
            default: break
            }
        }
    }

    /// Limits the calls of layers in a model, those of models inside it included: a few models of which each calls the one
    /// inside it twice make billions.
    static func check(callCount: Int, at name: String) throws {
        let maximum = 100_000
        guard callCount <= maximum else {
            throw MartletError(
                "Expected a model of at most \(maximum) calls of layers, those of models inside it included. "
                    + "Received: \(callCount) or more.", at: "layer \(name)")
        }
    }

    private static func sequential(_ config: JSONValue, _ depth: Int) throws -> Layer {
        // The first versions wrote only the list of layers.
        let list: [JSONValue]
        if case .array(let layers) = config { list = layers } else { list = try config.array("layers") }
        var layers = try list.map { try layer($0, depth: depth + 1) }
        if let first = list.first, !(layers.first is InputLayer) {
            let shape = first["config"]?["batch_input_shape"] ?? config["build_input_shape"]
            if case .array(let sizes)? = shape, !sizes.isEmpty, sizes.allSatisfy({ $0.isSize }) {
                // No dtype is given: layers that take integers say so themselves.
                let shape = try PartialShape(sizes.dropFirst().map(PartialShape.size)).validated()
                layers.insert(InputLayer(shape, name: nil), at: 0)
            }
        }
        let name: String? = try config.valueIfPresent(at: ["name"])
        try check(callCount: layers.reduce(0) { $0 + $1.callCount }, at: name ?? "sequential")
        let trainable = try config.valueIfPresent(at: ["trainable"], as: Bool.self) ?? true
        return try Argument.throwing { try Sequential(checking: layers, name: name, trainable: trainable) }
    }

    private static func functional(_ config: JSONValue, _ depth: Int) throws -> Layer {
        var reader = try FunctionalReader(config) { try layer($0, depth: depth + 1) }
        return try reader.model()
    }
}

extension JSONValue {
    /// Whether it is a size, or null for any size.
    fileprivate var isSize: Bool {
        switch self {
        case .int(let number): number >= 0
        case .null: true
        default: false
        }
    }
}
