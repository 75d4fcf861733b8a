import Martlet

extension ONNXCall {
    fileprivate func sequence(_ place: Int) throws -> ([ONNX.Value], of: ONNX.ElementType) {
        guard case .sequence(let values, let type) = try value(place) else {
            throw MartletError("Expected a sequence as input \(place).")
        }
        return (values, type)
    }

    /// The place that an input names in a sequence.
    fileprivate func place(_ input: Int, count: Int, canBeEnd: Bool) throws -> Int {
        let place = try integer(input)
        let positive = place < 0 ? place &+ count : place
        guard positive >= 0, positive < count + (canBeEnd ? 1 : 0) else {
            throw MartletError("Expected a place in a sequence of \(count). Received: \(place).")
        }
        return positive
    }
}

extension ONNXOperator {
    static func addSequences(_ table: inout [String: ONNXOperator]) {
        table["SequenceEmpty"] = ONNXOperator(inputCounts: 0...0) { [.sequence([], of: try $0.elementType("dtype") ?? .float)] }
        table["SequenceConstruct"] = ONNXOperator(inputCounts: 1...Int.max) { call in
            [.sequence(try call.inputs.indices.map { try call.value($0) }, of: try call.type(0))]
        }
        table["SequenceAt"] = ONNXOperator(inputCounts: 2...2) { call in
            let values = try call.sequence(0).0
            return [values[try call.place(1, count: values.count, canBeEnd: false)]]
        }
        table["SequenceInsert"] = ONNXOperator(inputCounts: 2...3) { call in
            var (values, type) = try call.sequence(0)
            let place = try call.has(2) ? call.place(2, count: values.count, canBeEnd: true) : values.count
            values.insert(try call.value(1), at: place)
            return [.sequence(values, of: type)]
        }
        table["SequenceErase"] = ONNXOperator(inputCounts: 1...2) { call in
            var (values, type) = try call.sequence(0)
            guard !values.isEmpty else { throw MartletError("Expected a sequence that is not empty.") }
            values.remove(at: try call.has(1) ? call.place(1, count: values.count, canBeEnd: false) : values.count - 1)
            return [.sequence(values, of: type)]
        }
        table["SequenceLength"] = ONNXOperator(inputCounts: 1...1) { [ONNX.Value(Tensor(try $0.sequence(0).0.count))] }
        table["SequenceMap"] = ONNXOperator(inputCounts: 1...Int.max) { call in
            let (first, body) = (try call.sequence(0).0, try call.program("body"))
            var results = [[ONNX.Value]](repeating: [], count: body.outputs.count)
            for place in first.indices {
                let given = try call.inputs.indices.map { input in
                    guard case .sequence(let values, _) = try call.value(input) else { return try call.value(input) }
                    guard place < values.count else { throw MartletError("Expected sequences of one length.") }
                    return values[place]
                }
                let values = try call.run.run(body, given, in: call.scope)
                for (output, value) in values.enumerated() { results[output].append(value) }
            }
            return results.enumerated().map { output, values in
                var type = ONNX.ElementType.float
                if case .tensor(let own?, _)? = body.outputs[output].type { type = own }
                return .sequence(values, of: type)
            }
        }
        table["SplitToSequence"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0, rank: 1)
            let axis = try call.axis(call.int("axis", default: 0), rank: x.rank)
            let size = x.shape[axis]
            var sizes = [Int](repeating: 1, count: size)
            let given = try call.optionalIntegers(1)
            if let given, try call.tensor(1).rank == 0 {
                guard given[0] > 0 else { throw MartletError("Expected parts of at least 1. Received: \(given[0]).") }
                sizes = stride(from: 0, to: size, by: given[0]).map { min(given[0], size - $0) }
            } else if let given {
                sizes = given
            }
            guard sizes.allSatisfy({ (0...size).contains($0) }), sizes.reduce(0, +) == size else {
                throw MartletError("Expected parts of \(size) together. Received: \(sizes).")
            }
            let drops = try given == nil && !call.flag("keepdims", default: true)
            let parts = x.split(sizes: sizes, axis: axis).map { drops ? $0.squeezed(axis: axis) : $0 }
            return [.sequence(try parts.map { .tensor($0, like: try call.value(0)) }, of: try call.type(0))]
        }
        table["ConcatFromSequence"] = ONNXOperator(inputCounts: 1...1) { call in
            let values = try call.sequence(0).0
            let tensors = try values.map { try $0.requireTensor() }
            guard let first = tensors.first else { throw MartletError("Expected a sequence that is not empty.") }
            let isNew = try call.flag("new_axis")
            let axis = try call.axis(call.requiredInt("axis"), rank: first.rank + (isNew ? 1 : 0))
            return [.tensor(isNew ? .stack(tensors, axis: axis) : .concatenate(tensors, axis: axis), like: values[0])]
        }
        table["Optional"] = ONNXOperator(inputCounts: 0...1) { [$0.has(0) ? try $0.value(0) : .nothing] }
        table["OptionalHasElement"] = ONNXOperator(inputCounts: 0...1) { call in
            var hasElement = call.has(0)
            if hasElement, case .nothing = try call.value(0) { hasElement = false }
            return [ONNX.Value(Tensor([hasElement], shape: []))]
        }
        table["OptionalGetElement"] = ONNXOperator(inputCounts: 1...1) { call in
            if case .nothing = try call.value(0) { throw MartletError("Expected an optional with a value.") }
            return [try call.value(0)]
        }
    }
}
