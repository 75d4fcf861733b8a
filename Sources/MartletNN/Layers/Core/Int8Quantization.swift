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
        passing(x) { matmul($0, kernel) / scale } rounded: { x in
            rounded(x, axes: [-1]).map { values, rows in int8Matmul(values, kernel) / (scale * rows) }
        }
    }

    /// What `rounded` computes, nil where inputs are not rounded, with the gradient of `plain`: that of rounding is 0.
    func passing(_ x: Tensor, plain: @escaping (Tensor) -> Tensor, rounded: (Tensor) -> Tensor?) -> Tensor {
        guard inputRange != nil else { return plain(x) }
        return withCustomGradient(of: x) { x in
            (rounded(x) ?? plain(x), { upstream in
                let tape = GradientTape()
                let y = tape.record {
                    tape.watch(x)
                    return plain(x)
                }
                return tape.gradient(of: y, withRespectTo: x, outputGradient: upstream, unconnected: .zeros)!
            })
        }
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
    /// Rounds the weights, and makes what they are divided by.
    func quantizeWeights() throws
}

extension QuantizableLayer {
    /// Rounds a weight to whole numbers up to 127, by the largest number along `axes`. It is no longer trained.
    /// - Parameters:
    ///   - name: of the weight for what the numbers are divided by.
    ///   - arrange: gives these the shape of that weight; along `axes` there is one.
    /// - Returns: that weight.
    func quantize(_ weight: Variable, axes: [Int], scale name: String, _ arrange: (Tensor) -> Tensor) -> Variable {
        let value = weight.storedValue
        let scale = 127 / (value.abs().max(axes: axes, keepDims: true) + 1e-7)
        weight.constraint = nil
        weight.assign((value * scale).round().clipped(min: -127, max: 127))
        setTrained(weight, false, keepsRegularizer: false)
        let arranged = arrange(scale)
        let divisor = addWeight(name, shape: arranged.shape, initializer: .ones, trainable: false)
        divisor.assign(arranged)
        divisor.path = weight.path.split(separator: "/").dropLast().map { $0 + "/" }.joined() + name
        return divisor
    }
}

extension Model {
    /// Rounds the weights of layers to whole numbers of 8 bits: of `Dense`, `EinsumDense`, `Embedding` and `ReversibleEmbedding`,
    /// also within other layers. What these layers compute is within about 1 % of what they computed before; biases and the other
    /// layers stay as they are and can be trained on. A file of the model takes a quarter of the space of these weights.
    ///
    /// ```swift
    /// try model.quantize()
    /// try model.save(to: "small.keras")
    /// ```
    /// - Parameters:
    ///   - mode: `"int8"`, the one that there is.
    ///   - roundsInputs: whether the inputs of the layers are rounded too, each row by its largest number, as Keras does by
    ///     default. Without, the weights alone are.
    ///   - filters: regular expressions: only layers are quantized in whose names one of them is found. All, when empty.
    /// - Throws: `MartletError` for another mode, when no layer is quantized, and for a layer with low-rank adapters or without
    ///   weights. Then no layer is changed.
    ///
    /// Source: [`keras.Model.quantize`](https://keras.io/api/models/model_saving_apis/#quantize-method).
    public func quantize(_ mode: String = "int8", roundsInputs: Bool = true, filters: [String] = []) throws {
        guard mode == "int8" else {
            throw MartletError("Expected int8. Received: \"\(mode)\".", at: "\(name).quantize")
        }
        let patterns = try filters.map { filter in
            do { return try Regex(filter) } catch {
                throw MartletError("Expected a regular expression. Received: \"\(filter)\".", at: "\(name).quantize")
            }
        }
        var found: [any QuantizableLayer] = []
        func visit(_ layer: Layer) {
            for inner in layer.distinctSublayers { visit(inner) }
            guard let layer = layer as? any QuantizableLayer, layer.quantization == nil,
                patterns.isEmpty || patterns.contains(where: { layer.name.contains($0) }),
                !found.contains(where: { $0 === layer })
            else { return }
            found.append(layer)
        }
        visit(self)
        guard !found.isEmpty else {
            throw MartletError(
                "Expected a Dense, EinsumDense, Embedding or ReversibleEmbedding layer that is not quantized"
                    + (filters.isEmpty ? "." : ", with one of the names \(filters).") + " There is none.", at: "\(name).quantize")
        }
        for layer in found {
            guard layer.isBuilt else {
                throw MartletError("Expected weights. Build the layer first.", at: "layer \(layer.path ?? layer.name)")
            }
            guard layer.adapters == nil else {
                throw MartletError("Expected no adapters. Call mergeLoRA() first.", at: "layer \(layer.path ?? layer.name)")
            }
        }
        let inputs: JSONValue = roundsInputs ? .keras(
            module: "keras.quantizers", className: "AbsMaxQuantizer",
            config: ["value_range": [-127, 127], "epsilon": 1e-7, "output_dtype": "int8"]) : .null
        let configuration = JSONValue.keras(
            module: "keras.quantizers", className: "Int8QuantizationConfig",
            config: ["weight_quantizer": .null, "activation_quantizer": inputs])
        for layer in found {
            layer.quantization = try Int8Quantization(configuration: configuration)
            try layer.quantizeWeights()
        }
        // Compiled steps compute with what was there before.
        Trace.noteSettingsChange()
    }
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
