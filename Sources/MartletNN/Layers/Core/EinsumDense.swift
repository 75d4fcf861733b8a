import MartletCore

/// A densely connected layer over any axes: `activation(einsum(equation, x, kernel) + bias)`.
///
/// ```swift
/// EinsumDense("abc,cd->abd", outputShape: [nil, 64], biasAxes: "d")   // as Dense(64)
/// EinsumDense("...x,xy->...y", outputShape: [64])
/// ```
///
/// Weights: `kernel`, with the axes that the equation gives it, and `bias`, with the axes `biasAxes` of the output.
///
/// Source: [`keras.layers.EinsumDense`](https://keras.io/api/layers/core_layers/einsum_dense/).
public final class EinsumDense: Layer, ConfigurableLayer, Described, AdaptableLayer, AdapterHost, QuantizableLayer {
    /// The equation: input, kernel, output; an ellipsis stands for leading or trailing axes of input and output.
    public private(set) var equation: String
    /// The output's sizes behind its first axis (and the elided ones), nil where they follow from the input.
    public private(set) var outputShape: [Int?]
    /// What is applied to the output.
    public private(set) var activation: ActivationFunction
    /// The output's axes that have biases of their own; no bias when nil.
    public private(set) var biasAxes: String?
    /// nil until the layer is built.
    public private(set) var kernel: Variable!
    /// nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?
    /// What the sums with a quantized kernel are divided by, with the output's axes; nil for kernels of real numbers.
    public private(set) var kernelScale: Variable?

    private var rule: EinsumRule?
    private var kernelOptions, biasOptions: WeightOptions
    var quantization: Int8Quantization?
    var adapterOptions: AdapterOptions
    var adapted: (weight: Variable?, options: WeightOptions) { (quantization == nil ? kernel : nil, kernelOptions) }

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ equation: String, outputShape: [Int?], activation: ActivationFunction? = nil, biasAxes: String? = nil,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil,
        loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        self.equation = equation
        self.outputShape = outputShape
        self.activation = activation ?? .linear
        self.biasAxes = biasAxes
        kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        biasOptions = WeightOptions(biasInitializer, biasRegularizer, biasConstraint)
        adapterOptions = AdapterOptions(rank: loraRank, alpha: loraAlpha)
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
        rule = EinsumRule(self.equation)
    }

    public static let arguments = Arguments(default: EinsumDense("ab,bc->ac", outputShape: [1])) {
        $0(
            "equation", \.equation, required: true,
            Requirement("one of the forms \"ab,bc->ac\", \"...ab,bc->...ac\" and \"ab...,bc->ac...\"") {
                EinsumRule($0) != nil
            })
        $0("output_shape", \.outputShape, as: .sizes, required: true)
        $0("activation", \.activation)
        $0("bias_axes", \.biasAxes)
        $0.weight("kernel", \.kernelOptions)
        $0.include(\.adapterOptions, AdapterOptions.arguments)
        $0.weight("bias", \.biasOptions)
        $0("activity_regularizer", \.activityRegularizer)
        $0.quantization()
        $0.check { layer in
            guard let axes = layer.biasAxes, let rule = EinsumRule(layer.equation) else { return }
            Argument.check(
                axes.allSatisfy(rule.output.contains), "EinsumDense", "biasAxes", expected: "axes of the output",
                received: axes)
        }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        let output = try outputShapes(for: inputShapes)[0]
        guard let rule else { throw MartletError("Expected an equation. Received: \"\(equation)\".") }
        let sizes = try rule.sizes(input: inputShapes[0], output: output)
        let shape = try rule.kernel.map { label -> Int in
            guard let size = sizes[label] else {
                throw MartletError("Expected a known size of axis \"\(label)\". Received: shape \(inputShapes[0]).")
            }
            return size
        }
        if quantization != nil {
            kernel = addWeight("kernel", shape: Shape(shape), initializer: .zeros, trainable: false)
        } else {
            var options = kernelOptions
            options.initializer = FanOrdered(options.initializer, rule: rule)
            kernel = addWeight("kernel", shape: Shape(shape), options)
        }
        if let biasAxes, let first = rule.output.firstIndex(where: biasAxes.contains) {
            let behind = rule.ellipsis == .trailing ? output.rank - rule.output.count : 0
            let own = try rule.output[first...].map { label -> Int in
                guard biasAxes.contains(label) else { return 1 }
                guard let size = sizes[label] else {
                    throw MartletError("Expected a known size of axis \"\(label)\". Received: shape \(inputShapes[0]).")
                }
                return size
            }
            bias = addWeight("bias", shape: Shape(own + [Int](repeating: 1, count: behind)), biasOptions)
        }
        if quantization != nil {
            let scale = rule.outputShape(rank: output.rank) { rule.kernel.contains($0) ? sizes[$0] : nil }
            kernelScale = addWeight("kernel_scale", shape: scale, initializer: .ones, trainable: false)
        }
    }

    override var savesInOrder: Bool { quantization != nil || super.savesInOrder }

    func quantizeWeights() throws {
        guard let rule, let shape = builtInputShapes.flatMap({ try? outputShapes(for: $0)[0] }) else { return }
        let summed = rule.kernel.indices.filter { !rule.output.contains(rule.kernel[$0]) }
        let sizes = Dictionary(uniqueKeysWithValues: zip(rule.kernel, kernel.shape.dimensions))
        let own = rule.kernel.indices.filter { !summed.contains($0) }
        let order = rule.output.compactMap(rule.kernel.firstIndex(of:))
        kernelScale = quantize(kernel, axes: summed, scale: "kernel_scale") { scale in
            scale.transposed(permutation: order + summed)
                .reshaped(to: rule.outputShape(rank: shape.rank) { own.map { rule.kernel[$0] }.contains($0) ? sizes[$0] : nil })
        }
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        if let rule, let quantization, let kernelScale {
            let y = rule.quantizedSum(equation, x, kernel.value, scale: kernelScale.value, by: quantization)
            return activation(bias.map { y + $0.value } ?? y)
        }
        let kernel = adapters?.value ?? kernel.value
        guard let rule, let inner = rule.contractedAxes else {
            let y = einsum(equation, x, kernel)
            return activation(bias.map { y + $0.value } ?? y)
        }
        // The last axes of x with the first ones of the kernel: one product of matrices, the bias and activation in it.
        let own = kernel.shape.dimensions[inner...]
        let rows = x.shape.dimensions.dropLast(inner)
        let width = own.reduce(1, *)
        let matrix = kernel.reshaped(to: [kernel.shape.dimensions[..<inner].reduce(1, *), width])
        let folded = x.reshaped(to: Shape(Array(rows) + [matrix.shape[0]]))
        let isWhole = bias.map { $0.shape.elementCount == width } ?? true
        let y = activation.apply { fused in
            let y = denseLayer(
                folded, matrix, bias: isWhole ? bias?.value.reshaped(to: [width]) : nil,
                activation: isWhole ? fused : .none
            ).reshaped(to: Shape(Array(rows) + own))
            guard !isWhole, let bias else { return y }
            return fused == .relu ? (y + bias.value).relu() : y + bias.value
        }
        return y
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard let rule else { throw MartletError("Expected an equation. Received: \"\(equation)\".") }
        let elided = shape.rank - rule.input.count
        guard shape.rank >= 1, rule.ellipsis == nil ? elided == 0 : elided >= 0 else {
            throw MartletError("Expected an input of the axes of \"\(equation)\". Received: shape \(shape).")
        }
        var output: [Int?] = [shape[0]]
        if rule.ellipsis == .leading, elided > 1 { output += shape.dimensions[1..<elided] }
        output += outputShape
        if rule.ellipsis == .trailing { output += shape.dimensions[rule.input.count...] }
        guard output.count == rule.output.count + elided else {
            throw MartletError(
                "Expected as many axes from the output shape \(PartialShape(outputShape)) as \"\(equation)\" has. "
                    + "Received: shape \(shape).")
        }
        let sizes = try rule.sizes(input: shape, output: PartialShape(output))
        if let kernel, zip(rule.kernel, kernel.shape.dimensions).contains(where: { sizes[$0] ?? $1 != $1 }) {
            throw MartletError("Expected an input that fits the kernel \(kernel.shape). Received: shape \(shape).")
        }
        // A size that only the input tells.
        let offset = rule.ellipsis == .leading ? elided : 0
        for (index, label) in rule.output.enumerated() where output[index + offset] == nil {
            output[index + offset] = sizes[label]
        }
        return [PartialShape(output)]
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil]], [[nil, nil]]]
        return [
            LayerSample(
                "matrix", EinsumDense("ab,bc->ac", outputShape: [4], biasAxes: "c", dtype: .float64), [[3]], bad: bad),
            LayerSample(
                "heads", EinsumDense("abc,cde->abde", outputShape: [nil, 2, 3], biasAxes: "de", dtype: .float64), [[2, 4]]),
            LayerSample(
                "from heads, relu",
                EinsumDense("abcd,cde->abe", outputShape: [nil, 3], activation: .relu, biasAxes: "e", dtype: .float64),
                [[3, 2, 2]]),
            LayerSample(
                "bias of some axes",
                EinsumDense("abc,cde->abde", outputShape: [nil, 2, 3], activation: .relu, biasAxes: "d", dtype: .float64),
                [[2, 4]]),
            LayerSample(
                "leading ellipsis, transposed",
                EinsumDense(
                    "...xy,zy->...zx", outputShape: [2, 3], biasAxes: "z", kernelRegularizer: .l2(0.1), dtype: .float64),
                [[3, 4]]),
            LayerSample(
                "trailing ellipsis", EinsumDense("ab...,bc->ac...", outputShape: [3], biasAxes: "c", dtype: .float64),
                [[2, 4]]),
        ]
    }
}
