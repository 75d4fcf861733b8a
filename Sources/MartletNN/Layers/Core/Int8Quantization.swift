import MartletCore
import MartletFormats

/// How Keras's int8 quantization holds a kernel: whole numbers from -127 to 127, and for each column a number to divide its
/// products by.
struct Int8Quantization {
    /// Keras's `quantization_config`, null where the file has none.
    let configuration: JSONValue

    /// Whether the inputs are rounded too, row by row.
    private var roundsInputs: Bool { configuration["config"]?["activation_quantizer"] != .null }

    /// The product of `x` with the kernel.
    func product(_ x: Tensor, _ kernel: Tensor, scale: Tensor) -> Tensor {
        guard roundsInputs else { return matmul(x, kernel) / scale }
        let rows = 127 / (x.abs().max(axis: -1, keepDims: true) + 1e-7)
        return matmul((x * rows).round().clipped(to: -127.0...127), kernel) / (scale * rows)
    }

    /// Keras's policy of a quantized layer.
    func policy(of dtype: DType) -> JSONValue {
        .keras(
            module: "keras.dtype_policies", className: "QuantizedDTypePolicy",
            config: ["mode": "int8", "source_name": .string(dtype.name)])
    }
}

extension Configuration {
    /// The quantization in the layer's dtype policy, nil where there is none.
    /// - Throws: `MartletError` for a mode that is not supported.
    func int8Quantization() throws -> Int8Quantization? {
        guard let (mode, _) = quantizedPolicy else { return nil }
        guard mode == "int8" else {
            throw MartletError("Expected the quantization mode int8. Received: \(mode).", at: "\(className).dtype")
        }
        return Int8Quantization(configuration: arguments["quantization_config"] ?? .null)
    }

    /// The mode of a quantized layer's dtype policy and the dtype that it came from, nil for other policies.
    var quantizedPolicy: (mode: String, source: String)? {
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
