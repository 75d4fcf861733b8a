import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// What a diagram of a model shows beside the types of the layers. The names are those of Keras's `plot_model`.
public struct DiagramOptions: Sendable {
    /// The shapes of each layer's inputs and outputs.
    public var showShapes = true
    /// The dtype of each layer's outputs.
    public var showDtype = false
    /// The layers' names.
    public var showLayerNames = true
    /// The layers' activations.
    public var showLayerActivations = false
    /// Whether each layer is trained.
    public var showTrainable = false
    /// Whether the layers of a model inside the model are drawn, in a frame.
    public var expandNested = false

    /// The defaults: shapes and names.
    public init() {}
}

/// The calls of a model's layers, as they are drawn: `plotModel` and the report make it.
struct ModelDiagram: Equatable {
    struct Node: Equatable {
        /// The bold line.
        var title: String
        var lines: [String] = []
        /// The number of the frame around it.
        var group: Int?
    }
    struct Group: Equatable {
        var title: String
        var parent: Int?
    }

    private(set) var nodes: [Node] = []
    private(set) var groups: [Group] = []
    private(set) var edges: [(from: Int, to: Int)] = []
    /// The largest diagram that is drawn; what comes after is left out.
    static let limit = 2_000
    private static let edgeLimit = 10_000

    static func == (a: Self, b: Self) -> Bool {
        a.nodes == b.nodes && a.groups == b.groups && a.edges.elementsEqual(b.edges) { $0 == $1 }
    }

    init(of model: Model, _ options: DiagramOptions = DiagramOptions()) {
        let sources = model.layers.isEmpty ? [nil] : inputNodes(of: model, options)
        _ = add(model, from: sources, group: nil, options)
        if nodes.isEmpty { _ = add(Node(title: model.name, lines: [model.diagramType]), after: []) }
    }

    // MARK: - From models

    private mutating func add(_ node: Node, after sources: [Int?]) -> Int? {
        guard nodes.count < Self.limit else { return nil }
        nodes.append(node)
        for case let source? in sources where edges.count < Self.edgeLimit {
            if !edges.contains(where: { $0 == (source, nodes.count - 1) }) { edges.append((source, nodes.count - 1)) }
        }
        return nodes.count - 1
    }

    /// A box for each input of a stack; a graph has its own.
    private mutating func inputNodes(of model: Model, _ options: DiagramOptions) -> [Int?] {
        guard model.graph == nil, let first = model.sublayers.first, !(first is InputLayer) else { return [] }
        guard let shapes = first.builtInputShapes, model is Sequential else { return [nil] }
        return shapes.map { add(Node(title: "input", lines: ["\($0)"]), after: []) }
    }

    /// Draws what is inside a model.
    /// - Parameter sources: the boxes from which its inputs come; empty where its own input layers are drawn.
    /// - Returns: the boxes of its outputs.
    private mutating func add(_ model: Model, from sources: [Int?], group: Int?, _ options: DiagramOptions) -> [Int?] {
        if let graph = model.graph {
            var places: [ObjectIdentifier: [Int?]] = [:]
            for node in graph.nodes {
                let id = ObjectIdentifier(node)
                if let index = graph.inputs.firstIndex(where: { $0.node === node }) {
                    let own = box(node.layer, [], node.outputs.map(\.shape), node.outputs.first?.dtype, group, options)
                    places[id] = [sources.indices.contains(index) ? sources[index] : add(own, after: [])]
                    continue
                }
                let inputs = node.inputs.map { input in
                    let outputs = places[ObjectIdentifier(input.node)] ?? []
                    return outputs.count > input.index ? outputs[input.index] : outputs.first ?? nil
                }
                places[id] = add(
                    node.layer, from: inputs, node.inputs.map(\.shape), node.outputs.map(\.shape), node.outputs.first?.dtype,
                    group: group, options)
            }
            return graph.outputs.map { output in
                let outputs = places[ObjectIdentifier(output.node)] ?? []
                return outputs.count > output.index ? outputs[output.index] : outputs.first ?? nil
            }
        }
        guard model is Sequential else {
            // Only `call` knows how the layers of a class are connected.
            let lines = model.layers.prefix(30).map { "\($0.name) (\($0.diagramType))" }
            let more = model.layers.count > 30 ? ["… \(model.layers.count - 30) more"] : []
            return [add(Node(title: model.name, lines: [model.diagramType] + lines + more, group: group), after: sources)]
        }
        var current = sources
        for layer in model.sublayers {
            if layer is InputLayer, !sources.isEmpty { continue }
            let inputs = layer.builtInputShapes ?? []
            let outputs = layer is InputLayer ? [(layer as! InputLayer).batchShape]
                : (try? layer.builtInputShapes.map { try layer.outputShapes(for: $0) }) ?? []
            current = add(layer, from: current, inputs, outputs, layer.dtype, group: group, options)
        }
        return current
    }

    /// Draws a layer, or what is inside it.
    private mutating func add(
        _ layer: Layer, from sources: [Int?], _ inputs: [PartialShape], _ outputs: [PartialShape], _ dtype: DType?, group: Int?,
        _ options: DiagramOptions
    ) -> [Int?] {
        if options.expandNested, let model = layer as? Model, model.graph != nil || model is Sequential, groups.count < 200 {
            groups.append(Group(title: model.name, parent: group))
            return add(model, from: sources, group: groups.count - 1, options)
        }
        let place = add(box(layer, inputs, outputs, dtype, group, options), after: sources)
        return outputs.isEmpty ? [place] : outputs.map { _ in place }
    }

    private func box(
        _ layer: Layer, _ inputs: [PartialShape], _ outputs: [PartialShape], _ dtype: DType?, _ group: Int?,
        _ options: DiagramOptions
    ) -> Node {
        func text(_ shapes: [PartialShape]) -> String {
            shapes.count > 4 ? "\(shapes.prefix(3).map(\.description).joined(separator: ", ")), … \(shapes.count) shapes"
                : shapes.map(\.description).joined(separator: ", ")
        }
        var node = Node(title: layer.diagramType, group: group)
        if options.showLayerNames { node.lines.append(layer.name) }
        if options.showLayerActivations, let activation = layer.diagramActivation {
            node.lines.append("activation \(activation)")
        }
        if options.showShapes, !outputs.isEmpty {
            node.lines.append(inputs.isEmpty ? text(outputs) : "\(text(inputs)) → \(text(outputs))")
        }
        if options.showDtype, let dtype { node.lines.append("\(dtype)") }
        if options.showTrainable { node.lines.append(layer.isTrainable ? "trained" : "not trained") }
        return node
    }

    // MARK: - As JSON, in a run's folder

    var json: JSONValue {
        .object([
            "nodes": .array(
                nodes.map { .object(["title": .string($0.title), "lines": .strings($0.lines), "group": .int($0.group ?? -1)]) }),
            "groups": .array(groups.map { .object(["title": .string($0.title), "parent": .int($0.parent ?? -1)]) }),
            "edges": .array(edges.map { .integers([$0.from, $0.to]) }),
        ])
    }

    /// What `json` gave; of a file from anywhere, what fits the limits.
    init(json: JSONValue) throws {
        func place(_ value: Int, below count: Int) -> Int? { (0..<count).contains(value) ? value : nil }
        for (index, one) in try json.array("groups").prefix(200).enumerated() {
            // A frame lies in one before it, so frames form no ring.
            groups.append(Group(title: try one.string("title"), parent: place(try one.int("parent"), below: index)))
        }
        for one in try json.array("nodes").prefix(Self.limit) {
            let lines = try one.array("lines").prefix(40).map { try $0.string() }
            nodes.append(
                Node(title: try one.string("title"), lines: lines, group: place(try one.int("group"), below: groups.count)))
        }
        for one in try json.array("edges").prefix(Self.edgeLimit) {
            let (from, to) = (try one.int(0), try one.int(1))
            // Edges lead onwards, so there is no ring.
            if from >= 0, from < to, to < nodes.count { edges.append((from, to)) }
        }
    }
}

extension JSONValue {
    static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
}

extension Layer {
    /// The type of a layer, and of that inside a wrapper.
    fileprivate var diagramType: String {
        if let wrapped = (self as? TimeDistributed)?.layer ?? (self as? Bidirectional)?.forwardLayer {
            return "\(summaryType) (\(wrapped.summaryType))"
        }
        return summaryType
    }

    /// Keras's name of the activation, nil for layers without one.
    fileprivate var diagramActivation: String? {
        guard case .string(let name)? = config["activation"] else { return nil }
        return name
    }
}

/// Draws the calls of a model's layers, with an arrow for each tensor, as SVG.
///
/// ```swift
/// try plotModel(model, to: "model.svg")
/// try plotModel(model, to: "wide.svg", rankdir: .leftToRight, expandNested: true)
/// ```
///
/// A stack and a graph are drawn layer by layer. Of a class that overrides `call` only the list of its layers is known.
/// - Parameters:
///   - path: the file.
///   - showShapes: whether the shapes of inputs and outputs are shown (in Keras only on request).
///   - showDtype: whether the dtypes of outputs are shown.
///   - showLayerNames: whether the layers' names are shown (in Keras only on request).
///   - rankdir: where the outputs are.
///   - expandNested: whether the layers of models inside the model are drawn, in a frame.
///   - showLayerActivations: whether activations are shown.
///   - showTrainable: whether it is shown which layers are trained.
/// - Throws: `MartletError` when the file cannot be written.
///
/// Source: [`keras.utils.plot_model`](https://keras.io/api/utils/model_plotting_utils/).
public func plotModel(
    _ model: Model, to path: String, showShapes: Bool = true, showDtype: Bool = false, showLayerNames: Bool = true,
    rankdir: DiagramDirection = .topToBottom, expandNested: Bool = false, showLayerActivations: Bool = false,
    showTrainable: Bool = false
) throws {
    var options = DiagramOptions()
    (options.showShapes, options.showDtype, options.showLayerNames) = (showShapes, showDtype, showLayerNames)
    (options.expandNested, options.showLayerActivations, options.showTrainable) = (
        expandNested, showLayerActivations, showTrainable
    )
    try SVG.write(ModelDiagram(of: model, options).svg(rankdir, title: model.name), to: path)
}

/// Where the outputs of a model are in its diagram.
public enum DiagramDirection: String, Sendable {
    /// Below.
    case topToBottom = "TB"
    /// On the right.
    case leftToRight = "LR"
}
