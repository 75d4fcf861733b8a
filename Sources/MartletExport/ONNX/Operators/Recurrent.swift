import Martlet

extension ONNXOperator {
    static func addRecurrent(_ table: inout [String: ONNXOperator]) {
        for (name, gates) in [("RNN", 1), ("GRU", 3), ("LSTM", 4)] {
            table[name] = ONNXOperator(inputCounts: 3...8, settings: [4], weights: [1, 2, 3, 7]) { call in
                try ONNXRecurrence(call, gates: gates).outputs()
            }
        }
    }
}

/// A call of `RNN`, `GRU` or `LSTM`.
private struct ONNXRecurrence {
    private let call: ONNXCall
    private let gates: Int
    private let x: Tensor
    private let hidden: Int
    private let directions: [Bool]
    private let lengths: Tensor?
    private let lengthValues: [Int]?
    private let clip: Double?
    private let isBatchFirst: Bool

    init(_ call: ONNXCall, gates: Int) throws {
        (self.call, self.gates) = (call, gates)
        isBatchFirst = try call.int("layout", default: 0) == 1
        let input = try call.floating(0)
        guard input.rank == 3 else { throw MartletError("Expected [steps, batch, features]. Received: \(input.spec).") }
        x = isBatchFirst ? input.transposed(0, 1) : input
        let weight = try call.tensor(2, rank: 3)
        hidden = try call.int("hidden_size", default: weight.shape[2])
        switch try call.string("direction", default: "forward") {
        case "forward": directions = [false]
        case "reverse": directions = [true]
        case "bidirectional": directions = [false, true]
        case let other: throw MartletError("Expected the direction forward, reverse or bidirectional. Received: \"\(other)\".")
        }
        let kernel = try call.tensor(1, rank: 3)
        guard (1...1 << 31).contains(hidden), kernel.shape == [directions.count, gates * hidden, x.shape[2]],
            weight.shape == [directions.count, gates * hidden, hidden]
        else {
            throw MartletError(
                "Expected weights [\(directions.count), \(gates) · \(hidden), features]. "
                    + "Received: \(kernel.spec), \(weight.spec).")
        }
        clip = try call.float("clip")
        if call.has(4) {
            let values = try call.integers(4)
            let (steps, batch) = isBatchFirst ? (input.shape[1], input.shape[0]) : (input.shape[0], input.shape[1])
            guard values.count == batch, values.allSatisfy({ (0...steps).contains($0) }) else {
                throw MartletError("Expected \(batch) lengths of at most \(steps). Received: \(values).")
            }
            let isWhole = values.allSatisfy { $0 == steps }
            lengthValues = isWhole ? nil : values
            lengths = isWhole ? nil : Tensor(values).reshaped([-1, 1])
        } else {
            (lengths, lengthValues) = (nil, nil)
        }
    }

    /// All steps, then the last states.
    func outputs() throws -> [ONNX.Value] {
        var (sequences, states, cells) = ([Tensor](), [Tensor](), [Tensor]())
        for (place, isReversed) in directions.enumerated() {
            let input = isReversed ? reversed(x) : x
            let (ys, h, c) = try run(input, place)
            sequences.append(isReversed ? reversed(ys) : ys)
            states.append(h)
            if let c { cells.append(c) }
        }
        // [steps, directions, batch, hidden], or with layout 1 the batch first.
        let y = Tensor.stack(sequences, axis: 1)
        let results = [isBatchFirst ? y.transposed(permutation: [2, 0, 1, 3]) : y] + [states, cells].filter { !$0.isEmpty }.map {
            Tensor.stack($0, axis: isBatchFirst ? 1 : 0)
        }
        return try results.map { .tensor($0, like: try call.value(0)) }
    }

    /// The steps in reverse order, those of each sample within its length.
    private func reversed(_ x: Tensor) -> Tensor {
        guard let lengthValues else { return x.reversed(axes: [0]) }
        let steps = x.shape[0]
        let places = (0..<steps).flatMap { step in lengthValues.map { step < $0 ? $0 - 1 - step : step } }
        let indices = Tensor(places, shape: [steps, lengthValues.count, 1])
        return x.takenAlong(axis: 0, indices: indices.broadcast(to: x.shape))
    }

    private func part(_ place: Int, _ direction: Int) throws -> Tensor? {
        guard let tensor = try call.optional(place) else { return nil }
        guard tensor.rank >= 2, direction < tensor.shape[0] else {
            throw MartletError("Expected \(directions.count) directions in input \(place). Received: \(tensor.spec).")
        }
        return tensor[direction]
    }

    private func state(_ place: Int, _ direction: Int) throws -> Tensor {
        guard let tensor = try call.optional(place) else { return .zeros([x.shape[1], hidden], dtype: x.dtype) }
        let expected = [directions.count, x.shape[1], hidden]
        let first = isBatchFirst ? tensor.transposed(0, 1) : tensor
        guard first.shape.dimensions == expected else {
            throw MartletError("Expected states \(expected). Received: \(tensor.spec).")
        }
        return first[direction]
    }

    private func clipped(_ x: Tensor) -> Tensor { clip.map { x.clipped(to: -$0...$0) } ?? x }

    private func run(_ input: Tensor, _ direction: Int) throws -> (Tensor, h: Tensor, c: Tensor?) {
        guard let kernel = try part(1, direction), let weight = try part(2, direction) else {
            throw MartletError("Expected weights.")
        }
        let bias = try part(3, direction)
        let (steps, batch) = (input.shape[0], input.shape[1])
        var h = try state(5, direction)
        var c = gates == 4 ? try state(6, direction) : nil
        let peepholes = gates == 4 ? try part(7, direction) : nil
        let functions = try activations(direction)
        let halves = bias.map { $0.split(count: 2, axis: 0) }
        // What the inputs give to all gates, for all steps at once.
        var inputs = matmul(input.reshaped([steps * batch, input.shape[2]]), kernel, transposeB: true)
        if let halves { inputs = inputs + halves[0] }
        inputs = inputs.reshaped([steps, batch, gates * hidden])
        let resetsFirst = try call.int("linear_before_reset", default: 0) == 0
        let joinsGates = try call.flag("input_forget")
        var outputs: [Tensor] = []
        for step in 0..<steps {
            let given = inputs[step]
            var (next, nextCell) = (h, c)
            switch gates {
            case 1:
                let sum = given + matmul(h, weight, transposeB: true)
                next = functions[0](clipped(halves.map { sum + $0[1] } ?? sum))
            case 3:
                let parts = given.split(count: 3, axis: 1)
                let weights = weight.split(count: 3, axis: 0)
                let biases = halves?[1].split(count: 3, axis: 0)
                func recurrent(_ x: Tensor, _ gate: Int) -> Tensor {
                    let product = matmul(x, weights[gate], transposeB: true)
                    return biases.map { product + $0[gate] } ?? product
                }
                let update = functions[0](clipped(parts[0] + recurrent(h, 0)))
                let reset = functions[0](clipped(parts[1] + recurrent(h, 1)))
                let candidate = resetsFirst ? recurrent(reset * h, 2) : reset * recurrent(h, 2)
                next = (1 - update) * functions[1](clipped(parts[2] + candidate)) + update * h
            default:
                let product = given + matmul(h, weight, transposeB: true)
                // Input, output, forget and cell gate.
                let parts = (halves.map { product + $0[1] } ?? product).split(count: 4, axis: 1)
                let peeps = peepholes?.split(count: 3, axis: 0)
                let cell = c ?? h
                func gate(_ place: Int, _ peep: Int, _ cell: Tensor) -> Tensor {
                    functions[0](clipped(peeps.map { parts[place] + $0[peep] * cell } ?? parts[place]))
                }
                let inputGate = gate(0, 0, cell)
                let forgetGate = joinsGates ? 1 - inputGate : gate(2, 2, cell)
                let newCell = forgetGate * cell + inputGate * functions[1](clipped(parts[3]))
                next = gate(1, 1, newCell) * functions[2](newCell)
                nextCell = newCell
            }
            guard let lengths else {
                (h, c) = (next, nextCell)
                outputs.append(h)
                continue
            }
            // After its end a sample keeps its states and gives zeros.
            let runs = lengths .> step
            outputs.append(`where`(runs, next, next * 0.0))
            h = `where`(runs, next, h)
            if let old = c, let new = nextCell { c = `where`(runs, new, old) }
        }
        let ys = outputs.isEmpty ? Tensor.zeros([0, batch, hidden], dtype: x.dtype) : Tensor.stack(outputs)
        return (ys, h, c)
    }

    /// The functions of one direction, each with its own alpha and beta.
    private func activations(_ direction: Int) throws -> [(Tensor) -> Tensor] {
        let defaults = [1: ["Tanh"], 3: ["Sigmoid", "Tanh"], 4: ["Sigmoid", "Tanh", "Tanh"]][gates] ?? []
        let names = try call.strings("activations") ?? directions.flatMap { _ in defaults }
        var (alphas, betas) = ((try call.floats("activation_alpha") ?? [])[...], (try call.floats("activation_beta") ?? [])[...])
        guard names.count == defaults.count * directions.count else {
            throw MartletError("Expected \(defaults.count * directions.count) activations. Received: \(names).")
        }
        func next(_ list: inout ArraySlice<Double>, _ value: Double) -> Double { list.isEmpty ? value : list.removeFirst() }
        let functions = try names.map { name -> (Tensor) -> Tensor in
            switch name.lowercased() {
            case "relu": return { $0.relu() }
            case "tanh": return { $0.tanh() }
            case "sigmoid": return { $0.sigmoid() }
            case "softsign": return { $0 / (1 + $0.abs()) }
            case "softplus": return { $0.softplus() }
            case "affine":
                let (a, b) = (next(&alphas, 1), next(&betas, 0))
                return { a * $0 + b }
            case "leakyrelu":
                let a = next(&alphas, 0.01)
                return { `where`($0 .< 0.0, a * $0, $0) }
            case "thresholdedrelu":
                let a = next(&alphas, 1)
                return { $0 * ($0 .> a).cast(to: $0.dtype) }
            case "scaledtanh":
                let (a, b) = (next(&alphas, 1), next(&betas, 1))
                return { a * (b * $0).tanh() }
            case "hardsigmoid":
                let (a, b) = (next(&alphas, 0.2), next(&betas, 0.5))
                return { (a * $0 + b).clipped(to: 0.0...1.0) }
            case "elu":
                let a = next(&alphas, 1)
                return { `where`($0 .> 0.0, $0, a * minimum($0, 0.0).expm1()) }
            default: throw MartletError("Expected an activation such as Sigmoid or Tanh. Received: \"\(name)\".")
            }
        }
        return Array(functions[(direction * defaults.count)..<((direction + 1) * defaults.count)])
    }
}
