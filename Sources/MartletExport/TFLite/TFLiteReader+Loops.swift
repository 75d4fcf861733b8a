import Martlet
import MartletCore

/// Loops of which the number of steps is known from the file: all those of recurrent layers.
extension TFLiteReader {
    /// More operations in the loops of one graph are taken for an attack.
    private static let mostOperations = 1 << 24

    mutating func readLoop(_ step: Step) throws {
        guard let options = step.options, step.outputs.count == step.inputs.count else {
            throw malformed("Expected two subgraphs, and as many outputs as inputs.", step)
        }
        let inputs = try step.inputs.map { try value($0) }
        let shapes = inputs.map(shape)
        let test = try part(try options.integer(0), shapes, step)
        var body = try part(try options.integer(1), shapes, step)
        guard test.outputs.count == 1, body.outputs.count == inputs.count,
            zip(body.outputs, inputs).allSatisfy({
                body.values[$0].shape == graph.values[$1].shape && body.values[$0].dtype == graph.values[$1].dtype
            })
        else { throw malformed("Expected a test, and a step whose results have the shapes and types of what came in.", step) }
        let steps = try steps(test, body, inputs, step)
        let number = body.addValue("step", .int32, [])
        body.inputs.insert(number, at: 0)
        body.prune()
        let operations = saturatedProduct(steps, body.operationCount)
        guard operations <= Self.mostOperations - min(graph.operationCount, Self.mostOperations) else {
            throw malformed("Expected loops of at most \(Self.mostOperations) operations.", step)
        }
        graph.bodies.append(body)
        let outputs = try zip(step.outputs, shapes).map { try addValue($0, $1) }
        graph.nodes.append(
            .init(
                operation: .loop(body: graph.bodies.count - 1, steps: .init(steps)), inputs: inputs, outputs: outputs,
                layer: "operator \(place)"))
    }

    /// How often the test holds: it reads numbers alone that begin as constants and follow from one another.
    private mutating func steps(_ test: ExportGraph, _ body: ExportGraph, _ inputs: [Int], _ step: Step) throws -> Int {
        var read = test.inputsRead(by: test.outputs)
        while true {
            let more = read.union(body.inputsRead(by: read.map { body.outputs[$0] }))
            if more == read { break }
            read = more
        }
        let places = read.sorted()
        let initial = places.compactMap { graph.constant(inputs[$0]) }
        guard initial.count == places.count, initial.allSatisfy({ $0.elementCount == 1 }) else {
            throw malformed("Martlet reads loops of which the number of steps is known.", step)
        }
        let isLeft = test.limited(to: places, test.outputs)
        let next = body.limited(to: places, places.map { body.outputs[$0] })
        var (state, count) = (initial, 0)
        while try isLeft.run(state)[0].cast(to: .bool).scalars(as: Bool.self) == [true] {
            try spend(isLeft.nodes.count + next.nodes.count + 1, step)
            state = try next.run(state)
            count += 1
        }
        return count
    }

    /// TensorFlow's converter writes an element of a list by putting what is before it, the element and what is behind it
    /// together. The sizes of these parts change from step to step; those of the list do not.
    /// - Returns: whether the step is a part of that.
    mutating func readListUpdate(_ step: Step) throws -> Bool {
        if step.builtin == .slice, step.inputs.count == 3 {
            guard let cut = try cut(step) else { return false }
            cuts[step.outputs[0]] = cut
            return true
        }
        guard step.builtin == .concatenation, step.inputs.count == 3, let before = cuts[step.inputs[0]],
            let behind = cuts[step.inputs[2]], before.isBefore, !behind.isBefore, before.list == behind.list,
            before.index == behind.index, try step.integer(0) == 0
        else { return false }
        let update = try value(step.inputs[1])
        try addUpdate(before.list, update, index: before.index, step)
        return true
    }

    /// A part of a list that ends before an index, or begins behind one, in a variable.
    struct Cut {
        let list: Int
        let index: Int
        let isBefore: Bool
    }

    private mutating func cut(_ step: Step) throws -> Cut? {
        let (begin, count) = (try constant(step.inputs[1]), try constant(step.inputs[2]))
        guard (begin == nil) != (count == nil) else { return nil }
        let list = try value(step.inputs[0])
        // The other number says that the part begins at the first, or goes to the last element.
        let other: [Int] = (begin ?? count)!.cast(to: .int64).scalars()
        guard let first = other.first, first == (begin != nil ? 0 : -1) else { return nil }
        guard let index = firstElement(of: try value(step.inputs[begin == nil ? 1 : 2])) else { return nil }
        if begin != nil { return Cut(list: list, index: index, isBefore: true) }
        guard let sum = producer(of: index), sum.operation == .binary(.add), graph.number(sum.inputs[1]) == 1 else { return nil }
        return Cut(list: list, index: sum.inputs[0], isBefore: false)
    }

    /// The scalar that is the first element of a vector which was put together.
    private func firstElement(of vector: Int) -> Int? {
        guard let joined = producer(of: vector), joined.operation == .concatenate(axis: 0),
            let reshaped = producer(of: joined.inputs[0]), reshaped.operation == .reshape,
            shape(reshaped.inputs[0]).isEmpty
        else { return nil }
        return reshaped.inputs[0]
    }

    mutating func readSplit(_ step: Step) throws {
        guard step.inputs.count == 2, let place = try integers(step.inputs[0], "the axis").first else {
            throw malformed("Expected an axis and a tensor.", step)
        }
        let x = try value(step.inputs[1])
        let axis = place < 0 ? place + shape(x).count : place
        guard shape(x).indices.contains(axis), let size = shape(x)[axis].size, size % step.outputs.count == 0 else {
            throw malformed("Expected an axis of \(shape(x)) whose size \(step.outputs.count) parts share.", step)
        }
        var (part, begin) = (shape(x), shape(x).map { _ in 0 })
        part[axis] = .init(size / step.outputs.count)
        for output in step.outputs {
            let result = try addValue(output, part)
            graph.nodes.append(
                .init(
                    operation: .slice(begin: begin, step: begin.map { _ in 1 }), inputs: [x], outputs: [result],
                    layer: "operator \(self.place)"))
            begin[axis] += size / step.outputs.count
        }
    }

    /// A part of the first axis is written anew: one index of it, with all that is behind it.
    mutating func readUpdate(_ step: Step, _ x: Int) throws {
        guard step.inputs.count == 3 else { throw malformed("Expected an operand, an update and its place.", step) }
        let (update, start) = (try value(step.inputs[1]), try value(step.inputs[2]))
        guard shape(start) == [.init(shape(x).count)] else { throw malformed("Expected a place for each axis.", step) }
        let (type, layer) = (graph.values[start].dtype, "operator \(place)")
        let first = graph.add(.slice(begin: [0], step: [1]), [start], type, [.init(1)], layer: layer)
        try addUpdate(x, update, index: graph.add(.reshape, [first], type, [], layer: layer), step)
    }

    private mutating func addUpdate(_ x: Int, _ update: Int, index: Int, _ step: Step) throws {
        let (whole, part) = (shape(x), shape(update))
        guard whole.count == part.count, part.first == .init(1), whole.dropFirst() == part.dropFirst() else {
            throw malformed("Martlet reads updates of one index of the first axis.", step)
        }
        let row = graph.add(
            .reshape, [update], graph.values[update].dtype, Array(whole.dropFirst()), layer: "operator \(place)")
        try add(.update, [x, row, index], step, whole)
    }
}

extension ExportGraph {
    /// How many operations a run takes, those of loops counted as often as they run.
    fileprivate var operationCount: Int {
        nodes.reduce(0) { count, node in
            guard case .loop(let body, let steps) = node.operation else { return count + 1 }
            return count + saturatedProduct(steps.fixed, bodies[body].operationCount)
        }
    }

    /// The places of the inputs that values follow from.
    fileprivate func inputsRead(by wanted: [Int]) -> Set<Int> {
        var isNeeded = Set(wanted)
        for node in nodes.reversed() where !isNeeded.isDisjoint(with: node.outputs) { isNeeded.formUnion(node.inputs) }
        return Set(inputs.indices.filter { isNeeded.contains(inputs[$0]) })
    }

    /// The graph of some outputs, which follow from some inputs.
    fileprivate func limited(to places: [Int], _ outputs: [Int]) -> ExportGraph {
        var part = self
        part.inputs = places.map { inputs[$0] }
        part.outputs = outputs
        part.prune()
        return part
    }
}
