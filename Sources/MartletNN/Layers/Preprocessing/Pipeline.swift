import MartletCore
import MartletFormats

/// Layers one after the other, as one layer: for steps of preprocessing and augmentation.
///
/// ```swift
/// let prepare = Pipeline([Rescaling(1 / 255.0), Flatten()])
/// print(prepare(Tensor.ones([2, 4, 4])).shape)
/// ```
///
/// Source: [`keras.layers.Pipeline`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/pipeline/).
public final class Pipeline: Layer, ConfigurableLayer {
    /// The layers, the first to see the input first.
    public let layers: [Layer]

    /// Makes a pipeline of `layers`, of which there must be one at least.
    public init(_ layers: [Layer], name: String? = nil) {
        Argument.check(!layers.isEmpty, "Pipeline", "layers", expected: "one layer or more", received: "none")
        self.layers = layers
        super.init(name: name)
    }

    public convenience init(config: Configuration) throws {
        let list: [JSONValue] = try config.required("layers")
        let layers: [Layer] = try config.located("layers") { try list.map { try Configuration.layer($0) } }
        try self.init(layers, name: config.name)
    }

    public override var config: [String: JSONValue] {
        ["name": .string(name), "layers": .array(layers.map { JSONValue($0) })]
    }

    override var castsInputs: Bool { false }
    /// The layers inside say for themselves.
    public override var takesStrings: Bool { true }

    public override func build(for inputShapes: [PartialShape]) throws {
        var shapes = [try Self.onlyInput(inputShapes)]
        for layer in layers {
            try layer.ensureBuilt(for: shapes)
            shapes = try layer.checkedOutputShapes(of: LayerCall(shapes))
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        try layers.reduce([Self.onlyInput(inputShapes)]) { try $1.checkedOutputShapes(of: LayerCall($0)) }
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        layers.reduce(inputTypes) { [$1.outputType(for: $0)] }.first ?? computeDType
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        layers.reduce(inputs.withMasks(context.masks)) { $1.apply($0) }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "dense", Pipeline([Rescaling(2, offset: 1, dtype: .float64), Dense(2, dtype: .float64)]), [[3]])
        ]
    }
}
