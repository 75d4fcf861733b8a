import MartletCore
import MartletFormats

/// What Keras 1 and 2 wrote otherwise than Keras 3: their configurations are brought into Keras 3's words before anything is
/// made of them.
enum OlderKeras {
    /// Whether a file of this `keras_version` is older than Keras 3.
    static func wrote(_ version: String?) -> Bool { older(version) != nil }

    /// The version when it is older than Keras 3.
    static func older(_ version: String?) -> String? {
        version.flatMap { ["1", "2"].contains($0.split(separator: ".").first) ? $0 : nil }
    }

    /// The configuration of a model in Keras 3's words.
    /// - Throws: `MartletError` for what Keras 3 has no words for.
    static func model(_ json: JSONValue) throws -> JSONValue {
        switch json {
        case .array(let values): return .array(try values.map(model))
        case .object(var object):
            // The names of their arguments are TensorFlow's.
            if TensorFlowCall.layers.contains(object["class_name"] ?? .null) { return json }
            // One input or output is no list of one in Keras 3.
            for key in ["input_layers", "output_layers"] {
                if case .array(let ends)? = object[key], ends.count == 1, case .array? = ends.first { object[key] = ends[0] }
            }
            for (key, value) in object { object[key] = try model(value) }
            if case .string(let className)? = object["class_name"], case .object(let config)? = object["config"] {
                (object["class_name"], object["config"]) = try layer(plainName(className), config)
            }
            return .object(object)
        default: return json
        }
    }

    /// A class name without the package under which Keras 2 registered its own classes.
    static func plainName(_ name: String) -> String { name.hasPrefix("Custom>") ? String(name.dropFirst(7)) : name }

    /// The class name and the arguments of a layer, or of one of its parts.
    private static func layer(_ oldName: String, _ old: JSONObject) throws -> (JSONValue, JSONValue) {
        let name = classNames[oldName] ?? oldName
        var config = old
        if name == "Merge" { return try merge(config) }
        for key in unsupported where config[key] == true {
            throw MartletError(
                "Expected \(key): false; Keras 3 has nothing like it. Received: true.", at: "\(oldName).\(key)")
        }
        rename(&config, common)
        if let names = renamed[name] { rename(&config, names) }
        for (key, value) in config where key.hasSuffix("_regularizer") && value["class_name"] == nil {
            guard let (l1, l2) = value["l1"].flatMap({ l1 in value["l2"].map { (l1, $0) } }) else { continue }
            config[key] = ["class_name": "L1L2", "config": ["l1": l1, "l2": l2]]
        }
        for key in ["activation", "recurrent_activation"] where config[key] == "hard_sigmoid" { config[key] = hardSigmoid }
        switch config["data_format"] {
        case "tf": config["data_format"] = "channels_last"
        case "th": config["data_format"] = "channels_first"
        default: break
        }
        let sizes = ["nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3"].compactMap { config[$0] }
        if config["kernel_size"] == nil, !sizes.isEmpty { config["kernel_size"] = .array(sizes) }
        if let bias = config["forget_bias_init"] { config["unit_forget_bias"] = .bool(bias == "one") }
        switch oldName {
        // Its activation cuts at 0 what is not above the threshold.
        case "ThresholdedReLU": config["threshold"] = config["theta"]
        case "CuDNNGRU": config["reset_after"] = true
        // The argument is younger than the layer.
        case "GRU", "GRUCell": config["reset_after"] = config["reset_after"] ?? false
        default: break
        }
        return (.string(name), .object(config))
    }

    /// Keras 1's layer of all ways to merge.
    private static func merge(_ config: JSONObject) throws -> (JSONValue, JSONValue) {
        let mode: JSONValue = config["mode"] ?? "sum"
        var arguments = JSONObject()
        arguments["name"] = config["name"]
        switch mode {
        case "sum": return ("Add", .object(arguments))
        case "mul": return ("Multiply", .object(arguments))
        case "ave": return ("Average", .object(arguments))
        case "max": return ("Maximum", .object(arguments))
        case "concat":
            arguments["axis"] = config["concat_axis"]
            return ("Concatenate", .object(arguments))
        case "dot", "cos":
            arguments["axes"] = config["dot_axes"]
            arguments["normalize"] = .bool(mode == "cos")
            return ("Dot", .object(arguments))
        default: throw MartletError("Expected a known mode. Received: \(mode.serialized()).", at: "Merge.mode")
        }
    }

    /// Gives values their present keys. A key that is there already stays.
    private static func rename(_ config: inout JSONObject, _ names: [String: String]) {
        for (old, new) in names {
            guard let value = config[old] else { continue }
            config[old] = nil
            if config[new] == nil { config[new] = value }
        }
    }

    /// Keras 3's hard sigmoid has another slope, so this one is two layers: `0.2 x + 0.5` within 0...1.
    private static let hardSigmoid: JSONValue = [
        "module": "keras", "class_name": "Sequential", "registered_name": .null,
        "config": [
            "name": "hard_sigmoid",
            "layers": [
                [
                    "module": "keras.layers", "class_name": "Rescaling", "registered_name": .null,
                    "config": ["name": "slope", "scale": 0.2, "offset": 0.5],
                ],
                [
                    "module": "keras.layers", "class_name": "ReLU", "registered_name": .null,
                    "config": ["name": "bounds", "max_value": 1.0],
                ],
            ],
        ],
    ]

    /// What changes the result and cannot be had.
    private static let unsupported = ["time_major", "renorm"]

    private static let classNames = [
        "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D", "AtrousConvolution1D": "Conv1D",
        "AtrousConvolution2D": "Conv2D", "Deconvolution2D": "Conv2DTranspose", "Convolution2DTranspose": "Conv2DTranspose",
        "SeparableConvolution1D": "SeparableConv1D", "SeparableConvolution2D": "SeparableConv2D",
        "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
        "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "ThresholdedReLU": "ReLU",
    ]

    /// Keras 1's names of arguments that many layers have.
    private static let common = [
        "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
        "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
        "init": "kernel_initializer", "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation",
        "gamma_init": "gamma_initializer", "beta_init": "beta_initializer", "depthwise_init": "depthwise_initializer",
        "pointwise_init": "pointwise_initializer", "bias": "use_bias", "border_mode": "padding", "subsample": "strides",
        "subsample_length": "strides", "stride": "strides", "atrous_rate": "dilation_rate", "nb_filter": "filters",
        "filter_length": "kernel_size", "pool_length": "pool_size", "dim_ordering": "data_format", "dropout_W": "dropout",
        "dropout_U": "recurrent_dropout", "input_dtype": "dtype",
    ]

    /// Names of arguments that mean something else in other layers.
    private static let renamed: [String: [String: String]] = [
        "InputLayer": ["batch_input_shape": "batch_shape"],
        "Dense": units, "SimpleRNN": units, "LSTM": units, "GRU": units,
        "LeakyReLU": ["alpha": "negative_slope"],
        "PReLU": ["kernel_initializer": "alpha_initializer"],
        "UpSampling1D": ["length": "size"],
        "Dropout": rate, "SpatialDropout1D": rate, "SpatialDropout2D": rate, "SpatialDropout3D": rate,
        "GaussianDropout": rate, "AlphaDropout": rate,
        "GaussianNoise": ["sigma": "stddev"],
        "Embedding": [
            "kernel_initializer": "embeddings_initializer", "kernel_regularizer": "embeddings_regularizer",
            "kernel_constraint": "embeddings_constraint",
        ],
    ]
    private static let units = ["output_dim": "units"]
    private static let rate = ["p": "rate"]
}
