import MartletCore
import MartletData

extension Model {
    /// The inputs of a step that will be compiled. Where an input goes to one layer alone whose output's shape depends on the
    /// elements, as the number of words in the longest text, that layer runs now: its output takes the input's place, and the
    /// layer hands it on.
    package func withElementsRead(_ inputs: [Tensor]) -> [Tensor] {
        guard inputs.contains(where: { $0.dtype == .string }) else { return inputs }
        return inputs.enumerated().map { index, input in
            guard input.dtype == .string, let layer = firstLayer(ofInput: index) as? TextVectorization, layer.needsElements else {
                return input
            }
            return Context.current.inLayer(name) { layer(input) }
        }
    }

    /// The batch with such inputs.
    package func withElementsRead(_ batch: Batch) -> Batch {
        // A step takes no memory of its own.
        guard batch.inputs.contains(where: { $0.dtype == .string }) else { return batch }
        return Batch(inputs: withElementsRead(batch.inputs), targets: batch.targets, sampleWeights: batch.sampleWeights)
    }

    /// Whether such a layer comes later: then steps run op by op.
    package var needsElementsInside: Bool {
        guard needsElements else { return false }
        let count = graph?.inputs.count ?? 1
        let first = (0..<count).compactMap { (firstLayer(ofInput: $0) as? TextVectorization).map { ObjectIdentifier($0) } }
        return layersThatNeedElements.contains { layer in
            let calls = graph?.nodes.filter { $0.layer === layer }.count ?? 1
            return calls > 1 || !first.contains(ObjectIdentifier(layer))
        }
    }

    private var layersThatNeedElements: [Layer] {
        func found(_ layer: Layer) -> [Layer] {
            let inside = layer.distinctSublayers.filter(\.needsElements)
            return inside.isEmpty ? (layer.needsElements ? [layer] : []) : inside.flatMap(found)
        }
        return found(self)
    }

    /// The only layer that an input goes to; nil when there are several or none, or only code says.
    private func firstLayer(ofInput index: Int) -> Layer? {
        guard let graph else { return self is Sequential ? layers.first.flatMap { Self.innermost($0, 0) } : nil }
        guard index < graph.inputs.count else { return nil }
        let input = graph.inputs[index].node
        let calls = graph.nodes.filter { $0.inputs.contains { $0.node === input } }
        guard calls.count == 1, calls[0].inputs.count == 1, !graph.outputs.contains(where: { $0.node === input }) else {
            return nil
        }
        return Self.innermost(calls[0].layer, 0)
    }

    private static func innermost(_ layer: Layer, _ index: Int) -> Layer? {
        guard let model = layer as? Model else { return layer }
        return model.firstLayer(ofInput: index)
    }
}
