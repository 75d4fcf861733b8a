import Martlet
import MartletCore

/// A `state_dict` of PyTorch: tensors by the names of modules, in PyTorch's layouts.
struct TorchFile {
    private let tensors: [String: Tensor]
    private let path: String
    private var used: Set<String> = []

    init(tensors: [(name: String, tensor: Tensor)], path: String) {
        self.tensors = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        self.path = path
    }

    /// The names of tensors that no layer has asked for. How many batches a normalization has seen is no weight.
    var unused: [String] {
        tensors.keys.filter { !used.contains($0) && $0.split(separator: ".").last != "num_batches_tracked" }.sorted()
    }

    /// The values of a layer's weights.
    mutating func values(
        of part: WeightedPart, module: String, flattened: [Int]?
    ) throws -> [(variable: Variable, value: Tensor)] {
        if let attention = part.layer as? MultiHeadAttention { return try values(of: attention, part.path, module) }
        if let cell = (part.layer as? RecurrentLayer)?.cell as? BuiltInCell ?? part.layer as? BuiltInCell {
            return try values(of: cell, part.path, module, isCell: part.layer is BuiltInCell)
        }
        // A parameter of its own, which is no module's.
        if part.weights.count == 1, tensors[module] != nil {
            return [try pair(part.weights[0], take(module, part.path), part.path)]
        }
        return try part.weights.map { variable in
            let names = (Self.names[variable.name] ?? []) + [variable.name]
            let name = names.map { "\(module).\($0)" }.first { tensors[$0] != nil } ?? "\(module).\(names[0])"
            let value = try take(name, part.path)
            guard variable.name == "kernel" else { return try pair(variable, value, part.path) }
            return try pair(variable, kernel(value, of: part, variable, name, flattened), part.path)
        }
    }

    /// What PyTorch calls the weights of layers.
    private static let names: [String: [String]] = [
        "kernel": ["weight"], "bias": ["bias"], "gamma": ["weight"], "beta": ["bias"], "scale": ["weight"],
        "moving_mean": ["running_mean"], "moving_variance": ["running_var"], "embeddings": ["weight"], "alpha": ["weight"],
    ]

    private mutating func take(_ name: String, _ layer: String) throws -> Tensor {
        guard let tensor = tensors[name] else {
            throw MartletError("Expected a tensor \"\(name)\" for layer \"\(layer)\". The file does not hold it.", at: path)
        }
        guard tensor.dtype.isFloatingPoint else {
            throw MartletError("Expected floating-point numbers. Received: \(tensor.spec).", at: "\(path):\(name)")
        }
        used.insert(name)
        return tensor
    }

    /// A value in the shape and dtype of a weight, to which axes of size 1 may be added.
    private func pair(_ variable: Variable, _ value: Tensor, _ layer: String) throws -> (variable: Variable, value: Tensor) {
        let sizes = { (shape: Shape) in shape.dimensions.filter { $0 != 1 } }
        guard sizes(value.shape) == sizes(variable.shape) else {
            throw MartletError(
                "Expected numbers for \(variable.spec), \"\(layer)/\(variable.name)\". Received, in its layout: \(value.spec).",
                at: path)
        }
        return (variable, value.reshaped(to: variable.shape).cast(to: variable.dtype))
    }

    /// The kernel of a dense layer or a convolution with its axes in Keras's order.
    private func kernel(
        _ value: Tensor, of part: WeightedPart, _ variable: Variable, _ name: String, _ flattened: [Int]?
    ) throws -> Tensor {
        guard value.rank == variable.shape.rank else {
            throw MartletError(
                "Expected \(variable.shape.rank) axes for \(variable.spec), \"\(part.path)/kernel\". Received: \(value.spec).",
                at: "\(path):\(name)")
        }
        let window = Array(2..<max(2, value.rank))
        switch part.layer {
        case is Dense:
            guard let flattened else { return value.transposed() }
            guard flattened.count == 3, flattened.allSatisfy({ $0 > 0 && $0 <= value.elementCount }),
                flattened.reduce(1.0, { $0 * Double($1) }) == Double(value.shape[1])
            else {
                throw MartletError(
                    "Expected height, width and channels of \(value.shape[1]) numbers. Received: \(flattened).",
                    at: "flattened, \(part.path)")
            }
            let (height, width, channels) = (flattened[0], flattened[1], flattened[2])
            return value.reshaped([-1, channels, height, width]).transposed(permutation: [2, 3, 1, 0])
                .reshaped([value.shape[1], value.shape[0]])
        case is DepthwiseConv1D, is DepthwiseConv2D:
            // [channels * multiplier, 1, window...] to [window..., channels, multiplier].
            let (channels, multiplier) = (variable.shape[-2], variable.shape[-1])
            guard value.shape[1] == 1, value.shape[0] == channels * multiplier else { return value }
            let sizes = [channels, multiplier] + value.shape.dimensions.dropFirst(2)
            return value.reshaped(sizes).transposed(permutation: window + [0, 1])
        case is Conv1D, is Conv2D, is Conv3D, is Conv1DTranspose, is Conv2DTranspose, is Conv3DTranspose:
            // [out, in, window...] to [window..., in, out], transposed [in, out, window...] to [window..., out, in].
            return value.transposed(permutation: window + [1, 0])
        default: return value
        }
    }

    /// Kernels with their gates in Keras's order, and the biases: of the input and of the state.
    private mutating func values(
        of cell: BuiltInCell, _ layer: String, _ module: String, isCell: Bool
    ) throws -> [(variable: Variable, value: Tensor)] {
        // rnn.l1_reverse: rnn.weight_ih_l1_reverse
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        let last = parts.last.map(String.init) ?? ""
        let isPlace = last.wholeMatch(of: /l\d+(_reverse)?/) != nil && tensors["\(module).weight_ih_l0"] == nil
        let stem = isPlace ? parts.dropLast().joined(separator: ".") : module
        let ending = isCell ? "" : isPlace ? "_" + last : "_l0"
        func name(_ role: String) -> String { stem.isEmpty ? role + ending : "\(stem).\(role)\(ending)" }

        let gates = cell.kernel.shape[1] / cell.units
        /// PyTorch's update gate comes second.
        let isGRU = cell is GRUCell
        if isGRU, cell.config["reset_after"] != .bool(true) {
            throw MartletError("Expected a GRU with resetAfter: PyTorch has no other.", at: "layer \(layer)")
        }
        func arranged(_ tensor: Tensor) -> Tensor {
            guard isGRU, tensor.shape[0] % gates == 0 else { return tensor }
            let parts = tensor.split(count: gates, axis: 0)
            return .concatenate([parts[1], parts[0], parts[2]], axis: 0)
        }
        func matrix(_ tensor: Tensor, _ name: String) throws -> Tensor {
            guard tensor.rank == 2 else {
                throw MartletError("Expected a matrix for layer \"\(layer)\". Received: \(tensor.spec).", at: "\(path):\(name)")
            }
            return arranged(tensor).transposed()
        }
        let (input, state) = (name("weight_ih"), name("weight_hh"))
        var values = [
            try pair(cell.kernel, matrix(take(input, layer), input), layer),
            try pair(cell.recurrentKernel, matrix(take(state, layer), state), layer),
        ]
        if let bias = cell.bias {
            let (a, b) = (try take(name("bias_ih"), layer), try take(name("bias_hh"), layer))
            guard a.rank == 1, a.shape == b.shape, a.elementCount == gates * cell.units else {
                throw MartletError(
                    "Expected two biases of \(gates * cell.units) numbers for layer \"\(layer)\". Received: \(a.spec), \(b.spec).",
                    at: path)
            }
            let (first, second) = (arranged(a).cast(to: bias.dtype), arranged(b).cast(to: bias.dtype))
            values.append(try pair(bias, isGRU ? .stack([first, second]) : first + second, layer))
        }
        return values
    }

    /// The projections, each with its heads apart.
    private mutating func values(
        of attention: MultiHeadAttention, _ layer: String, _ module: String
    ) throws -> [(variable: Variable, value: Tensor)] {
        let inputs: [(dense: EinsumDense, letter: String)] = [
            (attention.queryDense, "q"), (attention.keyDense, "k"), (attention.valueDense, "v"),
        ]
        guard attention.gateDense == nil else {
            throw MartletError("Expected attention without a gate: PyTorch has none.", at: "layer \(layer)")
        }
        var values: [(variable: Variable, value: Tensor)] = []
        /// A third of what PyTorch keeps in one tensor.
        func third(_ name: String, _ place: Int, _ file: inout TorchFile) throws -> Tensor {
            let whole = try file.take(name, layer)
            guard whole.rank >= 1, whole.shape[0] % 3 == 0, whole.shape[0] > 0 else {
                throw MartletError("Expected three parts along the first axis. Received: \(whole.spec).", at: "\(file.path):\(name)")
            }
            return whole.split(count: 3, axis: 0)[place]
        }
        for (place, (dense, letter)) in inputs.enumerated() {
            let own = "\(module).\(letter)_proj_weight"
            let weight = tensors[own] != nil
                ? try take(own, layer) : try third("\(module).in_proj_weight", place, &self)
            values.append(try pair(dense.kernel, headed(weight.transposed(), as: dense.kernel, layer), layer))
            if let bias = dense.bias {
                values.append(
                    try pair(bias, headed(third("\(module).in_proj_bias", place, &self), as: bias, layer), layer))
            }
        }
        let output = attention.outputDense!
        let weight = try take("\(module).out_proj.weight", layer)
        values.append(try pair(output.kernel, headed(weight.transposed(), as: output.kernel, layer), layer))
        if let bias = output.bias { values.append(try pair(bias, take("\(module).out_proj.bias", layer), layer)) }
        return values
    }

    private func headed(_ value: Tensor, as variable: Variable, _ layer: String) throws -> Tensor {
        guard value.elementCount == variable.shape.elementCount else {
            throw MartletError(
                "Expected numbers for \(variable.spec), \"\(layer)/\(variable.name)\". Received: \(value.spec).", at: path)
        }
        return value.reshaped(to: variable.shape)
    }
}
