import CKernels

/// The largest clusters: within the engine's limits, and small enough that a tile of every register fits the first-level
/// cache.
private enum Limit {
    static let operations = 48
    static let inputs = 24
    static let outputs = 24
}

extension Graph {
    /// The same graph with neighbouring elementwise ops joined into one pass over memory.
    package func fused() -> Graph {
        var clusters = Clusters(self)
        clusters.grow()
        return clusters.graph()
    }
}

/// Sets of elementwise nodes of one loop space that can run as one.
private struct Clusters {
    let source: Graph
    /// The cluster of each node; a node by itself is one too.
    var clusterOf: [Int]
    /// The members of each cluster in order; empty for one that was merged into another.
    var members: [[Int]]
    /// For each cluster a node that no member of it, nor of a cluster that it needs through whatever others, comes after.
    var latest: [Int]
    /// For each value the nodes that read it.
    let readers: [[Int]]
    let isKept: [Bool]

    init(_ graph: Graph) {
        source = graph
        clusterOf = Array(graph.nodes.indices)
        members = graph.nodes.indices.map { [$0] }
        latest = Array(graph.nodes.indices)
        var readers = [[Int]](repeating: [], count: graph.specs.count)
        for (index, node) in graph.nodes.enumerated() { for input in node.inputs { readers[input].append(index) } }
        self.readers = readers
        var isKept = [Bool](repeating: false, count: graph.specs.count)
        for value in graph.results + graph.updates.map(\.value) { isKept[value] = true }
        self.isKept = isKept
    }

    func isElementwise(_ node: Int) -> Bool { source.nodes[node].op is any ElementwiseOp }

    func shape(of cluster: Int) -> Shape { source.specs[source.nodes[members[cluster][0]].outputs[0]].shape }

    /// What a node really reads of an input: for one that was only broadcast, what it was broadcast from.
    func operand(_ value: Int) -> Int { source.producer(of: value, as: Broadcast.self)?.inputs[0] ?? value }

    mutating func grow() {
        for node in source.nodes.indices where isElementwise(node) {
            let shape = source.specs[source.nodes[node].outputs[0]].shape
            for input in source.nodes[node].inputs {
                guard let producer = source.producer(of: operand(input)), isElementwise(producer) else { continue }
                let (mine, other) = (clusterOf[node], clusterOf[producer])
                guard mine != other, self.shape(of: other) == shape, fits(mine, other),
                    !isReachable(mine, from: other), !isReachable(other, from: mine)
                else { continue }
                let joined = (members[mine] + members[other]).sorted()
                members[other] = []
                members[mine] = joined
                for member in joined { clusterOf[member] = mine }
                latest[mine] = max(latest[mine], latest[other])
                raiseDependents(of: mine)
            }
        }
    }

    /// Carries a cluster's `latest` on to those that need it.
    private mutating func raiseDependents(of cluster: Int) {
        var pending = [cluster]
        while let next = pending.popLast() {
            for reader in members[next].flatMap({ source.nodes[$0].outputs.flatMap { readers[$0] } }) {
                let dependent = clusterOf[reader]
                guard latest[dependent] < latest[next] else { continue }
                latest[dependent] = latest[next]
                pending.append(dependent)
            }
        }
    }

    /// Whether two clusters together stay within the limits.
    private func fits(_ a: Int, _ b: Int) -> Bool {
        let nodes = members[a] + members[b]
        guard nodes.count <= Limit.operations else { return false }
        return inputs(of: nodes).count <= Limit.inputs && outputs(of: nodes).count <= Limit.outputs
    }

    /// The values that nodes read from elsewhere, in the order of first reading.
    private func inputs(of nodes: [Int]) -> [Int] {
        var found: [Int] = []
        for node in nodes {
            for input in source.nodes[node].inputs.map(operand) {
                if let producer = source.producer(of: input), nodes.contains(producer) { continue }
                if !found.contains(input) { found.append(input) }
            }
        }
        return found
    }

    /// The values of nodes that are read elsewhere.
    private func outputs(of nodes: [Int]) -> [Int] {
        nodes.map { source.nodes[$0].outputs[0] }.filter { value in
            isKept[value] || readers[value].contains { !nodes.contains($0) }
        }
    }

    /// Whether a path leads from `start` to `end` through a node of neither: then joining them would close a circle.
    private func isReachable(_ end: Int, from start: Int) -> Bool {
        let first = members[start][0]
        var seen: Set<Int> = [end]
        var pending = [end]
        while let cluster = pending.popLast() {
            for member in members[cluster] {
                for input in source.nodes[member].inputs {
                    guard let producer = source.producer(of: input) else { continue }
                    let next = clusterOf[producer]
                    if next == start {
                        if cluster != end { return true }
                        continue
                    }
                    // What needs nothing that comes after the beginning of `start` does not need `start`.
                    guard latest[next] > first, seen.insert(next).inserted else { continue }
                    pending.append(next)
                }
            }
        }
        return false
    }

    /// The graph of the clusters.
    func graph() -> Graph {
        var result = Graph()
        var map = [Int](repeating: -1, count: source.specs.count)
        for value in source.inputs { map[value] = result.addInput(source.specs[value]) }
        for (value, origin) in source.sources.enumerated() {
            switch origin {
            case .constant(let tensor): map[value] = result.addConstant(tensor)
            case .variable(let variable): map[value] = result.addVariable(variable)
            case .input, .node: break
            }
        }
        for cluster in order() {
            let nodes = members[cluster]
            if nodes.count == 1 {
                let node = source.nodes[nodes[0]]
                let inputs = isElementwise(nodes[0]) ? node.inputs.map(operand) : node.inputs
                let values = result.addNode(
                    node.op, inputs.map { map[$0] }, node.outputs.map { source.specs[$0] },
                    layerPath: node.layerPath)
                for (old, new) in zip(node.outputs, values) { map[old] = new }
            } else {
                let (inputs, outputs) = (inputs(of: nodes), outputs(of: nodes))
                let op = FusedElementwise(
                    code(nodes, inputs: inputs, outputs: outputs), shape: shape(of: cluster),
                    inputs: inputs.map { source.specs[$0].shape }, outputTypes: outputs.map { source.specs[$0].dtype })
                let values = result.addNode(
                    op, inputs.map { map[$0] }, op.outputSpecs, layerPath: source.nodes[nodes[0]].layerPath)
                for (old, new) in zip(outputs, values) { map[old] = new }
            }
        }
        result.results = source.results.map { map[$0] }
        result.updates = source.updates.map { Graph.Update(variable: $0.variable, value: map[$0.value]) }
        return result.pruned()
    }

    /// The clusters in an order in which they can run: each as late as its last member stood, as far as that goes.
    private func order() -> [Int] {
        var waiting = [Int](repeating: 0, count: members.count)
        var dependents = [Set<Int>](repeating: [], count: members.count)
        for cluster in members.indices where !members[cluster].isEmpty {
            var needed: Set<Int> = []
            for member in members[cluster] {
                for input in source.nodes[member].inputs {
                    if let producer = source.producer(of: input) { needed.insert(clusterOf[producer]) }
                }
                for input in source.nodes[member].inputs.map(operand) {
                    if let producer = source.producer(of: input) { needed.insert(clusterOf[producer]) }
                }
            }
            needed.remove(cluster)
            waiting[cluster] = needed.count
            for other in needed { dependents[other].insert(cluster) }
        }
        var ready = members.indices.filter { !members[$0].isEmpty && waiting[$0] == 0 }
        var order: [Int] = []
        func isLater(_ a: Int, _ b: Int) -> Bool { members[a].last! > members[b].last! }
        ready.sort(by: isLater)
        while let cluster = ready.popLast() {
            order.append(cluster)
            for dependent in dependents[cluster] {
                waiting[dependent] -= 1
                if waiting[dependent] == 0 {
                    let place = ready.firstIndex { !isLater($0, dependent) } ?? ready.endIndex
                    ready.insert(dependent, at: place)
                }
            }
        }
        return order
    }

    private func code(_ nodes: [Int], inputs: [Int], outputs: [Int]) -> ElementwiseCode {
        var steps = inputs.indices.map(ElementwiseStep.input)
        var place: [Int: Int] = [:]
        for (index, value) in inputs.enumerated() { place[value] = index }
        for node in nodes.map({ source.nodes[$0] }) {
            guard let op = node.op as? any ElementwiseOp else { continue }
            let operands = node.inputs.map(operand)
            steps.append(
                .operation(
                    op.instruction, type: source.specs[operands[operands.count - 1]].dtype,
                    to: source.specs[node.outputs[0]].dtype, operands: operands.map { place[$0]! }))
            place[node.outputs[0]] = steps.count - 1
        }
        return ElementwiseCode(
            steps, inputTypes: inputs.map { source.specs[$0].dtype }, outputs: outputs.map { place[$0]! })
    }
}
