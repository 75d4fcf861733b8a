import Martlet

extension ONNXOperator {
    /// The most steps of one loop: a file may ask for any number.
    private static let mostIterations = 1 << 20

    static func addControlFlow(_ table: inout [String: ONNXOperator]) {
        table["If"] = ONNXOperator(inputCounts: 1...1) { call in
            let condition = try call.number(0)
            guard condition.elementCount == 1 else {
                throw MartletError("Expected one truth value. Received: \(condition.spec).")
            }
            let (then, otherwise) = (try call.program("then_branch"), try call.program("else_branch"))
            guard condition.symbol != nil else {
                return try call.run.run(condition.item() != 0 ? then : otherwise, [], in: call.scope)
            }
            // In a compiled step both are traced, and one runs.
            var problem: (any Error)?
            func traced(_ program: ONNXProgram) -> [Tensor] {
                do {
                    return try call.run.run(program, [], in: call.scope).map { value in
                        guard let tensor = value.tensor else { throw MartletError("Expected tensors as results of If.") }
                        return tensor
                    }
                } catch {
                    problem = problem ?? error
                    return program.outputs.map { _ in .nothing }
                }
            }
            let results = cond(condition.reshaped(to: []), { traced(then) }, { traced(otherwise) })
            if let problem { throw problem }
            return results.map { ONNX.Value($0) }
        }
        table["Loop"] = ONNXOperator(inputCounts: 1...Int.max, settings: [0, 1], needsElements: true) { call in
            let body = try call.program("body")
            let most = try call.has(0) ? call.integer(0) : Int.max
            var goesOn = try call.has(1) ? call.elements(1).item() != 0 : true
            var state = try (2..<max(call.inputs.count, 2)).map { try call.value($0) }
            let scanCount = body.outputs.count - 1 - state.count
            guard scanCount >= 0, body.inputs.count == 2 + state.count else {
                throw MartletError("Expected a body of \(2 + state.count) inputs and at least \(1 + state.count) outputs.")
            }
            var scans = [[Tensor]](repeating: [], count: scanCount)
            var iteration = 0
            while goesOn, iteration < most {
                guard iteration < mostIterations else {
                    throw MartletError("Expected a loop of at most \(mostIterations) steps.")
                }
                let given = [ONNX.Value(Tensor(iteration)), ONNX.Value(Tensor([true], shape: []))] + state
                let results = try call.run.run(body, given, in: call.scope)
                guard let condition = results[0].tensor, condition.symbol == nil, condition.elementCount == 1 else {
                    throw MartletError("Expected a condition with an element. Compile with runEagerly: true.")
                }
                goesOn = condition.item() != 0
                state = Array(results[1..<(1 + state.count)])
                for place in 0..<scanCount {
                    guard let tensor = results[1 + state.count + place].tensor else {
                        throw MartletError("Expected tensors as what a loop collects.")
                    }
                    scans[place].append(tensor)
                }
                iteration += 1
            }
            let stacks = scans.enumerated().map { place, parts in
                parts.isEmpty ? call.empty(body.outputs[1 + state.count + place]) : Tensor.stack(parts)
            }
            return state + stacks.map { ONNX.Value($0) }
        }
        table["Scan"] = ONNXOperator(inputCounts: 1...Int.max) { call in try call.scanned() }
    }
}

extension ONNXCall {
    /// No slices of what a body makes.
    fileprivate func empty(_ info: ONNX.ValueInfo) -> Tensor {
        let sizes = (PartialShape(info)?.dimensions ?? []).map { $0 ?? 0 }
        var dtype = DType.float32
        if case .tensor(let type?, _)? = info.type { dtype = type.dtype ?? .float32 }
        return .zeros(Shape([0] + sizes), dtype: dtype)
    }

    /// A body that runs over slices of its inputs.
    fileprivate func scanned() throws -> [ONNX.Value] {
        // Version 8 had a batch axis, and lengths as the first input.
        guard version >= 9 else { return try scannedByBatch() }
        return try scanned(inputs.indices.map { try value($0) })
    }

    private func scannedByBatch() throws -> [ONNX.Value] {
        let values = try (1..<inputs.count).map { try value($0) }
        let tensors = try (1..<inputs.count).map { try tensor($0, rank: 1) }
        guard !has(0), let batch = tensors.first?.shape[0], tensors.allSatisfy({ $0.shape[0] == batch }) else {
            throw MartletError("Expected inputs of one batch, without lengths.")
        }
        guard batch > 0 else { throw MartletError("Expected at least one sample.") }
        let samples = try (0..<batch).map { sample in
            try scanned(zip(tensors, values).map { .tensor($0[sample], like: $1) })
        }
        return try samples[0].indices.map { place in
            .tensor(.stack(try samples.map { try $0[place].requireTensor() }), like: samples[0][place])
        }
    }

    private func scanned(_ values: [ONNX.Value]) throws -> [ONNX.Value] {
        let body = try program("body")
        let scanCount = try requiredInt("num_scan_inputs")
        let stateCount = values.count - scanCount
        let outputCount = body.outputs.count - stateCount
        guard scanCount > 0, stateCount >= 0, outputCount >= 0, body.inputs.count == values.count else {
            throw MartletError("Expected a body of \(values.count) inputs and at least \(stateCount) outputs.")
        }
        func list(_ name: String, _ other: String, _ count: Int) throws -> [Int] {
            let list = try ints(name) ?? ints(other) ?? [Int](repeating: 0, count: count)
            guard list.count == count else { throw MartletError("Expected \(count) numbers as attribute \"\(name)\".") }
            return list
        }
        let axes = try list("scan_input_axes", "", scanCount)
        let directions = try list("scan_input_directions", "directions", scanCount)
        let outputAxes = try list("scan_output_axes", "", outputCount)
        let outputDirections = try list("scan_output_directions", "", outputCount)
        let slices = try values[stateCount...].enumerated().map { place, value in
            let tensor = try value.requireTensor()
            return (try tensor.movingAxis(axis(axes[place], rank: tensor.rank), to: 0), value)
        }
        let steps = slices[0].0.shape[0]
        guard slices.allSatisfy({ $0.0.shape[0] == steps }) else { throw MartletError("Expected scan inputs of one length.") }
        var state = Array(values[..<stateCount])
        var scans = [[Tensor]](repeating: [], count: outputCount)
        for step in 0..<steps {
            let given = slices.enumerated().map { place, slice in
                ONNX.Value.tensor(slice.0[directions[place] == 1 ? steps - 1 - step : step], like: slice.1)
            }
            let results = try run.run(body, state + given, in: scope)
            state = Array(results[..<stateCount])
            for place in 0..<outputCount { scans[place].append(try results[stateCount + place].requireTensor()) }
        }
        let stacks = try scans.enumerated().map { place, parts in
            guard !parts.isEmpty else { return ONNX.Value(empty(body.outputs[stateCount + place])) }
            let ordered = outputDirections[place] == 1 ? parts.reversed() : parts
            return ONNX.Value(.stack(ordered, axis: try axis(outputAxes[place], rank: parts[0].rank + 1)))
        }
        return state + stacks
    }
}

extension ONNX.Value {
    func requireTensor() throws -> Tensor {
        guard let tensor else { throw MartletError("Expected a tensor. Received: a sequence, or an optional without a value.") }
        return tensor
    }
}
