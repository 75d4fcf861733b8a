/// A signature is a map, which has no order: that of inputs and outputs is found in the graph.
extension TensorFlowFile {
    /// Sorts the inputs and outputs.
    ///
    /// TensorFlow writes the placeholders of a signature in the order of their names, and wraps the function that was exported in
    /// one with named arguments. So where the signature calls such a wrapper, the order is that of the arguments and results of
    /// the function within. Elsewhere it is the order of the nodes in the graph, then of a node's outputs.
    mutating func orderEnds() {
        let wrapper = wrapper()
        inputs = sorted(inputs, wrapper.flatMap { wrapper in places(inputs) { place(of: $0, in: wrapper) } })
        outputs = sorted(outputs, wrapper.flatMap { wrapper in places(outputs) { number(of: $0, in: wrapper) } })
    }

    private func places(_ ends: [End], _ place: (End) -> Int?) -> [Int]? {
        let found = ends.compactMap(place)
        return found.count == ends.count && Set(found).count == found.count ? found : nil
    }

    private func sorted(_ ends: [End], _ known: [Int]?) -> [End] {
        let nodes = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let keys = ends.indices.map { index in
            let tensor = ends[index].tensor
            return known.map { [$0[index]] } ?? [nodes[Self.node(tensor)] ?? .max, Self.number(tensor)]
        }
        return ends.indices.sorted { a, b in
            keys[a] == keys[b] ? ends[a].key < ends[b].key : keys[a].lexicographicallyPrecedes(keys[b])
        }.map { ends[$0] }
    }

    /// A call of a function that does nothing but call another one.
    private struct Wrapper {
        let call: TensorFlowNode
        let function: Function
        let inner: TensorFlowNode
    }

    private func wrapper() -> Wrapper? {
        let names = Set(inputs.map { Self.node($0.tensor) })
        guard !names.isEmpty else { return nil }
        func isCall(_ node: TensorFlowNode) -> Bool { TensorFlowModel.calls[node.operation] == ["f"] }
        for call in nodes where isCall(call) && names.isSubset(of: call.inputs.map(Self.node)) {
            guard case .function(let name)? = call.attribute("f"), let function = functions[name] else { continue }
            let work = function.nodes.filter { !["Identity", "NoOp", "Const"].contains($0.operation) }
            if work.count == 1, isCall(work[0]) { return Wrapper(call: call, function: function, inner: work[0]) }
        }
        return nil
    }

    private func place(of input: End, in wrapper: Wrapper) -> Int? {
        let name = Self.node(input.tensor)
        guard let place = wrapper.call.inputs.firstIndex(where: { Self.node($0) == name }),
            wrapper.function.arguments.indices.contains(place)
        else { return nil }
        return wrapper.inner.inputs.firstIndex(of: wrapper.function.arguments[place])
    }

    private func number(of output: End, in wrapper: Wrapper) -> Int? {
        let place = Self.number(output.tensor)
        guard Self.node(output.tensor) == wrapper.call.name, wrapper.function.results.indices.contains(place) else { return nil }
        var source = wrapper.function.results[place]
        let node = wrapper.function.nodes.first { $0.name == Self.node(source) }
        if let node, node.operation == "Identity", let input = node.inputs.first { source = input }
        return Self.node(source) == wrapper.inner.name ? Self.number(source) : nil
    }

    /// The node of `node:1` or `node:output:1`.
    private static func node(_ reference: String) -> String { String(reference.prefix { $0 != ":" }) }

    private static func number(_ reference: String) -> Int {
        let parts = reference.split(separator: ":")
        return parts.count > 1 ? Int(parts[parts.count - 1]) ?? 0 : 0
    }
}
