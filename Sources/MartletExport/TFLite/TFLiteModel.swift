import Martlet
import MartletCore
import MartletFormats

/// A model from a TFLite file: its operators run in `float32`, with the weights that the file's integers and halves stand for,
/// which can be trained.
///
/// ```swift
/// let model = try TFLiteModel(tflite: "model.tflite")
/// let y = try model.predict(x)
/// ```
///
/// Weights of products, convolutions and tables are trainable, under their names in the file. Where the file has activations in
/// integers, their numbers are rounded and clipped as the file says, so that a file predicts as in LiteRT; while the model trains
/// they are not, since rounding has no gradient. See ``roundsActivations``.
///
/// Inputs are numbers. Where the file keeps an input in integers, a tensor of these integers is taken, too, as LiteRT takes it:
/// `uint8`, or `int32` for those of 8 or 16 bits with a sign.
public final class TFLiteModel: Model, FileModel {
    private let content: ExportGraph
    /// The constants that are weights.
    private let places: [Place]
    fileprivate struct Place {
        /// The loop's body in which the constant is, nil outside.
        var body: Int?
        var value: Int
    }
    private var parameters: [Variable] = []
    /// Whether activations are rounded and clipped as the file says. Turn it off before you train: the file's ranges are those of
    /// its own weights.
    public var roundsActivations = true { didSet { Trace.noteSettingsChange() } }
    /// The names of the inputs in the file, in the order of `call`.
    public var graphInputs: [String] { content.inputNames }
    /// The names of the outputs in the file.
    public var graphOutputs: [String] { content.outputNames }

    /// Loads a file.
    /// - Parameters:
    ///   - name: the model's name; nil is one of its type's.
    ///   - inputShapes: the shape of each input, batch axis (nil) included, for a file that leaves several sizes open.
    /// - Throws: `MartletError` with the operator, when it is no such file, or has an operator that Martlet does not read.
    public convenience init(tflite path: String, name: String? = nil, inputShapes: [PartialShape]? = nil) throws {
        try self.init(tflite: FileIO.read(path), path: path, name: name, inputShapes: inputShapes)
    }

    /// Makes a model of the bytes of a file.
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: what errors call it.
    ///   - inputShapes: the shape of each input, batch axis (nil) included, for a file that leaves several sizes open.
    public init(
        tflite bytes: [UInt8], path: String = "model.tflite", name: String? = nil, inputShapes: [PartialShape]? = nil
    ) throws {
        content = try TFLiteReader.graph(bytes, name: path, inputShapes: inputShapes)
        places = Self.weights(of: content).map { Place(value: $0) }
            + content.bodies.enumerated().flatMap { body, graph in
                Self.weights(of: graph).map { Place(body: body, value: $0) }
            }
        super.init(name: name)
        let shapes = content.inputs.map { PartialShape(content.values[$0].shape.map(\.size)) }
        guard !shapes.isEmpty else { throw MartletError("Expected a file with inputs.", at: path) }
        try ensureBuilt(for: shapes)
    }

    private static func weights(of graph: ExportGraph) -> [Int] {
        var weights: Set<Int> = []
        for node in graph.nodes {
            switch node.operation {
            case .dense, .convolution, .transposedConvolution: weights.formUnion(node.inputs.dropFirst())
            case .gather: weights.insert(node.inputs[0])
            case .matmul: weights.insert(node.inputs[1])
            default: break
            }
        }
        return weights.filter { graph.values[$0].constant?.dtype.isFloatingPoint ?? false }.sorted()
    }

    package var fileInputs: [(name: String, shape: PartialShape, dtype: DType)] {
        zip(content.inputNames, content.inputs).map { name, input in
            (name, PartialShape(content.values[input].shape.map(\.size)), content.values[input].dtype)
        }
    }

    package var fileOutputs: [(name: String, shape: PartialShape?, dtype: DType)] {
        zip(content.outputNames, content.outputs).map { name, output in
            (name, PartialShape(content.values[output].shape.map(\.size)), content.values[output].dtype)
        }
    }

    /// What an input's integers stand for, where the file keeps it in integers and these are given.
    private func numbers(_ given: Tensor, _ place: Int) throws -> Tensor {
        guard place < content.inputs.count, given.dtype.isInteger,
            let quantization = content.values[content.inputs[place]].quantization
        else { return given }
        let isUnsigned = content.unsignedInputs.contains(content.inputs[place])
        guard given.dtype == (isUnsigned ? .uint8 : .int32), quantization.scales.count == 1 else {
            throw MartletError(
                "Expected numbers in floating point, or \(isUnsigned ? "u" : "")int\(quantization.bits) as the file keeps them, "
                    + "for the input \"\(graphInputs[place])\". Received: \(given.spec).")
        }
        return quantization.numbers(given.cast(to: .int64) - (isUnsigned ? 128 : 0))
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        parameters = places.map { place in
            let value = content[place]
            let variable = addWeight(value.name, shape: value.constant!.shape, initializer: .zeros)
            variable.assign(value.constant!.cast(to: .float32))
            return variable
        }
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        var graph = content
        for (place, variable) in zip(places, parameters) { graph[place].constant = variable.value }
        if context.training || !roundsActivations { graph.dropQuantization() }
        do {
            return try graph.run(inputs.enumerated().map { try numbers($1, $0) })
        } catch {
            fail(name, (error as? MartletError)?.message ?? "\(error)")
            return content.outputs.map { _ in .nothing }
        }
    }
}

extension ExportGraph {
    fileprivate subscript(place: TFLiteModel.Place) -> Value {
        get { place.body.map { bodies[$0].values[place.value] } ?? values[place.value] }
        set {
            if let body = place.body {
                bodies[body].values[place.value] = newValue
            } else {
                values[place.value] = newValue
            }
        }
    }

    /// The same numbers, of which none are rounded.
    fileprivate mutating func dropQuantization() {
        for index in values.indices { values[index].quantization = nil }
        for index in bodies.indices { bodies[index].dropQuantization() }
    }
}
