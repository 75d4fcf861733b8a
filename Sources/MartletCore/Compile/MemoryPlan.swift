import CKernels

/// Where the values of a graph live while it runs.
struct MemoryPlan {
    /// A piece of memory that one or several values share, one after the other or as views.
    enum Storage {
        case input(Int)
        case constant(Int)
        /// The memory of a variable when the graph starts: the variable's number.
        case variable(Int)
        /// The memory of a variable when the graph has run, which is the same unless somebody holds the old value.
        case updated(Int)
        /// Memory of its own that a result is handed out in: the result's number.
        case result(Int)
        /// Part of the arena, from this byte on.
        case arena(Int)
    }

    /// The storage of each value.
    private(set) var storage: [Storage]
    private(set) var arenaSize = 0
    /// Results and updates whose values lie elsewhere and are copied when the graph has run: by number.
    private(set) var copiedResults: [Int] = []
    private(set) var copiedUpdates: [Int] = []
    /// The variables in the order of their numbers.
    let variables: [Variable]

    private let graph: Graph
    /// For each value the one whose memory it views, itself when none.
    private let roots: [Int]
    /// The positions of the first and the last node that touch the memory of each root.
    private var lifetimes: [(first: Int, last: Int)]

    init(_ graph: Graph) {
        self.graph = graph
        var roots = Array(graph.specs.indices)
        for node in graph.nodes where type(of: node.op).form == .view { roots[node.outputs[0]] = roots[node.inputs[0]] }
        self.roots = roots
        lifetimes = [(Int, Int)](repeating: (Int.max, -1), count: graph.specs.count)
        for (position, node) in graph.nodes.enumerated() {
            for value in node.inputs + node.outputs {
                let root = roots[value]
                lifetimes[root] = (min(lifetimes[root].first, position), max(lifetimes[root].last, position))
            }
        }
        var variables: [Variable] = []
        var numbers: [ObjectIdentifier: Int] = [:]
        func number(of variable: Variable) -> Int {
            if let known = numbers[ObjectIdentifier(variable)] { return known }
            numbers[ObjectIdentifier(variable)] = variables.count
            variables.append(variable)
            return variables.count - 1
        }
        storage = graph.sources.enumerated().map { value, source in
            switch source {
            case .input(let index): .input(index)
            case .constant: .constant(value)
            case .variable(let variable): .variable(number(of: variable))
            case .node: .arena(-1)
            }
        }
        for update in graph.updates { _ = number(of: update.variable) }
        self.variables = variables
        var isPlaced = graph.specs.indices.map { graph.producer(of: $0) == nil }
        placeResults(&isPlaced)
        placeUpdates(&isPlaced) { numbers[ObjectIdentifier($0)]! }
        placeInArena(isPlaced)
        for value in graph.specs.indices { storage[value] = storage[roots[value]] }
    }

    /// Whether a result can be computed where it is handed out; an input, a constant or a second result of the same memory
    /// cannot.
    private mutating func placeResults(_ isPlaced: inout [Bool]) {
        for (number, value) in graph.results.enumerated() {
            let root = roots[value]
            if isPlaced[root] {
                copiedResults.append(number)
            } else {
                storage[root] = .result(number)
                isPlaced[root] = true
            }
        }
    }

    /// A variable's next value is computed in the variable's memory, unless the old value is read later.
    private mutating func placeUpdates(_ isPlaced: inout [Bool], number: (Variable) -> Int) {
        var lastReads = [Int](repeating: -1, count: variables.count)
        for (position, node) in graph.nodes.enumerated() {
            for value in node.inputs {
                if case .variable(let variable) = storage[roots[value]] { lastReads[variable] = position }
            }
        }
        // What is copied in the end is read in the end.
        let copied = copiedResults.map { graph.results[$0] } + graph.updates.map(\.value).filter { isPlaced[roots[$0]] }
        for value in copied {
            if case .variable(let variable) = storage[roots[value]] { lastReads[variable] = graph.nodes.count }
        }
        for (index, update) in graph.updates.enumerated() {
            let (root, variable) = (roots[update.value], number(update.variable))
            guard !isPlaced[root], let producer = graph.producer(of: root) else {
                copiedUpdates.append(index)
                continue
            }
            let last = lastReads[variable]
            guard last < producer || (last == producer && canOverwrite(producer, variable: variable)) else {
                copiedUpdates.append(index)
                continue
            }
            storage[root] = .updated(variable)
            isPlaced[root] = true
        }
    }

    /// Whether a node may write its output over its inputs from `variable`.
    private func canOverwrite(_ node: Int, variable: Int) -> Bool {
        let output = graph.specs[graph.nodes[node].outputs[0]]
        return graph.nodes[node].inputs.enumerated().allSatisfy { operand, value in
            guard case .variable(variable) = storage[roots[value]] else { return true }
            return graph.nodes[node].op.mayOverwrite(operand) && graph.specs[value].isSameSize(as: output)
        }
    }

    // MARK: - The arena

    /// Values that share a place, an elementwise op's output taking over the memory of an input that dies there.
    private struct Slot {
        var size: Int
        var first: Int
        var last: Int
        var roots: [Int]
    }

    private mutating func placeInArena(_ isPlaced: [Bool]) {
        // What is copied when the graph has run lives until then.
        for value in copiedResults.map({ graph.results[$0] }) + copiedUpdates.map({ graph.updates[$0].value }) {
            lifetimes[roots[value]].last = graph.nodes.count
        }
        var slots: [Slot] = []
        var slotOf: [Int: Int] = [:]
        for (position, node) in graph.nodes.enumerated() where type(of: node.op).form != .view {
            var taken: Set<Int> = []
            for value in node.outputs where !isPlaced[value] {
                let last = max(lifetimes[value].last, position)
                let heir = node.inputs.indices.first { operand in
                    let input = node.inputs[operand]
                    guard let slot = slotOf[roots[input]], slots[slot].last == position, !taken.contains(slot) else {
                        return false
                    }
                    for (other, value) in node.inputs.enumerated() where roots[value] == roots[input] {
                        guard node.op.mayOverwrite(other) else { return false }
                    }
                    return lifetimes[roots[input]].last == position && graph.specs[input].isSameSize(as: graph.specs[value])
                }
                if let heir, let slot = slotOf[roots[node.inputs[heir]]] {
                    taken.insert(slot)
                    slots[slot].last = last
                    slots[slot].roots.append(value)
                    slotOf[value] = slot
                } else {
                    slotOf[value] = slots.count
                    slots.append(
                        Slot(size: graph.specs[value].alignedByteCount, first: position, last: last, roots: [value]))
                }
            }
        }
        // The largest first, each at the lowest place that is free while it lives.
        var placed: [(offset: Int, slot: Slot)] = []
        for slot in slots.sorted(by: { $0.size > $1.size }) {
            var offset = 0
            for other in placed where other.slot.first <= slot.last && slot.first <= other.slot.last {
                if offset + slot.size <= other.offset { break }
                offset = max(offset, other.offset + other.slot.size)
            }
            let place = placed.firstIndex { $0.offset > offset } ?? placed.endIndex
            placed.insert((offset, slot), at: place)
            arenaSize = max(arenaSize, offset + slot.size)
            for root in slot.roots { storage[root] = .arena(offset) }
        }
    }
}

/// The same elements at another place.
struct Copy: ElementwiseOp, MovingOp, NotDifferentiable {
    static let name = "copy"
    var instruction: mk_op { MK_COPY }

    func outputType(for inputs: [DType]) -> DType? { inputs[0] }
    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }
    static var samples: [OpSample] { [] }
}

extension Graph {
    /// The same graph in which no variable's next value is just another variable's old one: that could be overwritten
    /// before it is copied.
    func withUpdatesComputed() -> Graph {
        var result = self
        for (index, update) in updates.enumerated() {
            var root = update.value
            while let node = producer(of: root), type(of: nodes[node].op).form == .view { root = nodes[node].inputs[0] }
            guard case .variable = sources[root] else { continue }
            result.updates[index].value =
                result.addNode(Copy(), [update.value], [specs[update.value]], layerPath: [])[0]
        }
        return result
    }
}

extension TensorSpec {
    /// The bytes of the elements.
    var byteCount: Int { shape.elementCount * dtype.byteCount }
    /// The bytes of the elements, rounded up to whole cache lines.
    fileprivate var alignedByteCount: Int { (byteCount + 63) / 64 * 64 }
    /// Whether the elements correspond in number and size.
    fileprivate func isSameSize(as other: TensorSpec) -> Bool {
        shape == other.shape && dtype.byteCount == other.dtype.byteCount
    }
}
