import MartletCore
import MartletFormats

/// How Keras's int8 quantization holds a weight: whole numbers from -127 to 127, and for each column (or row of a table) a
/// number to divide by.
struct Int8Quantization {
    /// Keras's `quantization_config`, null where the file has none.
    let configuration: JSONValue

    /// What rounds the inputs, nil where they stay as they are.
    private let inputRange: (least: Double, greatest: Double, epsilon: Double)?

    /// - Throws: `MartletError` for inputs that something else rounds than Keras's `AbsMaxQuantizer`.
    init(configuration: JSONValue) throws {
        self.configuration = configuration
        guard let quantizer = configuration["config"]?["activation_quantizer"] else {
            inputRange = (-127, 127, 1e-7)
            return
        }
        if quantizer == .null {
            inputRange = nil
            return
        }
        let name = try quantizer.string("class_name")
        guard name == "AbsMaxQuantizer" else {
            throw MartletError("Expected the activation quantizer AbsMaxQuantizer. Received: \(name).")
        }
        let range = try quantizer.valueIfPresent(at: ["config", "value_range"], as: [Double].self) ?? [-127, 127]
        guard range.count == 2, range[0] <= 0, range[1] > 0, range.allSatisfy(\.isFinite) else {
            throw MartletError("Expected a value_range of a number of at most 0 and one above it. Received: \(range).")
        }
        inputRange = (range[0], range[1], try quantizer.valueIfPresent(at: ["config", "epsilon"]) ?? 1e-7)
    }

    /// The whole numbers that stand for `x`, and what they are to be divided by: one number for all along `axes`, which stay
    /// with size 1. Nil where inputs are not rounded.
    func rounded(_ x: Tensor, axes: [Int]) -> (values: Tensor, scale: Tensor)? {
        guard let (least, greatest, epsilon) = inputRange else { return nil }
        let scale = greatest / (x.abs().max(axes: axes, keepDims: true) + epsilon)
        return ((x * scale).round().clipped(min: least, max: greatest), scale)
    }

    /// The product of `x` with the kernel.
    func product(_ x: Tensor, _ kernel: Tensor, scale: Tensor) -> Tensor {
        guard let (values, rows) = rounded(x, axes: [-1]) else { return matmul(x, kernel) / scale }
        return matmul(values, kernel) / (scale * rows)
    }

    /// Keras's policy of a quantized layer.
    func policy(from source: DTypePolicy) -> JSONValue {
        .keras(
            module: "keras.dtype_policies", className: "QuantizedDTypePolicy",
            config: ["mode": "int8", "source_name": .string(source.name)])
    }
}

/// A layer whose files may hold quantized weights.
protocol QuantizableLayer: Layer {
    /// Nil for weights that are real numbers.
    var quantization: Int8Quantization? { get set }
}

extension Arguments where Root: QuantizableLayer {
    /// `dtype` with a quantization in it, and `quantization_config`.
    mutating func quantization() {
        custom("dtype") { layer, config in
            if let dtype = try config.dtype { layer.policySource = dtype }
            layer.quantization = try config.int8Quantization()
        } write: { $0.quantization?.policy(from: $0.dtypePolicy) ?? $0.policyJSON }
        custom("quantization_config", write: { $0.quantization?.configuration ?? .null })
        omitNull("quantization_config")
    }
}

extension Configuration {
    /// The quantization in the layer's dtype policy, nil where there is none.
    /// - Throws: `MartletError` for a mode that is not supported.
    func int8Quantization() throws -> Int8Quantization? {
        guard let mode = quantizedPolicy?.mode else { return nil }
        guard mode == "int8" else { throw unsupportedQuantization(mode) }
        return try located("quantization_config") {
            try Int8Quantization(configuration: arguments["quantization_config"] ?? .null)
        }
    }

    /// The policy of what a quantized layer computes beside its whole numbers, nil for others.
    /// - Throws: `MartletError` for a class or a mode that is not supported.
    var quantizedSource: DTypePolicy? {
        get throws {
            guard let (mode, source) = quantizedPolicy else { return nil }
            let canBe = LayerRegistry.types.contains { $0.className == className && $0 is any QuantizableLayer.Type }
            guard mode == "int8", canBe else { throw unsupportedQuantization(mode) }
            return try located("dtype") { try DTypePolicy(name: source) }
        }
    }

    private func unsupportedQuantization(_ mode: String) -> MartletError {
        let method = mode.prefix { $0 != "/" }
        let meaning =
            switch method {
            case "int8": "whole numbers of 8 bits"
            case "int4": "whole numbers of 4 bits, two in a byte"
            case "float8": "trained with numbers of 8 bits"
            case "gptq", "awq": "calibrated whole numbers of a few bits"
            default: "a mode that Martlet does not know"
            }
        let advice = "Save the model before quantize(...) in Keras" + (method == "int8" ? "" : ", or quantize(\"int8\")")
        return MartletError(
            "The layer is quantized: \(mode), \(meaning). Martlet reads int8 of Dense, EinsumDense, Embedding and "
                + "ReversibleEmbedding. \(advice).",
            at: "\(className).dtype")
    }

    /// The mode of a quantized layer's dtype policy and the dtype that it came from, nil for other policies.
    private var quantizedPolicy: (mode: String, source: String)? {
        let policy = arguments["dtype"]?["config"]
        if case .string(let mode)? = policy?["mode"] {
            let source = policy?["source_name"]?["config"]?["name"] ?? policy?["source_name"] ?? "float32"
            if case .string(let source) = source { return (mode, source) }
            return (mode, "float32")
        }
        guard case .string(let name)? = policy?["name"] ?? arguments["dtype"], let range = name.firstRange(of: "_from_")
        else { return nil }
        return (String(name[..<range.lowerBound]), String(name[range.upperBound...]))
    }
}
