import Martlet
import MartletCore
import MartletFormats

extension Model {
    /// Loads the weights of a PyTorch model: a `.safetensors` file of its `state_dict`.
    ///
    /// The map says which module each layer is. Names and layouts within a module follow from the layer:
    ///
    /// | layer | tensors of the module |
    /// |---|---|
    /// | `Dense`, `Conv`, `DepthwiseConv`, `ConvTranspose` | `weight`, its axes put in Keras's order, and `bias` |
    /// | `BatchNormalization` | `weight`, `bias`, `running_mean`, `running_var` |
    /// | other normalizations, `Embedding`, `PReLU` | `weight`, `bias` |
    /// | `LSTM`, `GRU`, `SimpleRNN` | `weight_ih_l0`, `weight_hh_l0` and the biases; `l1_reverse` behind the module's name, as in `rnn.l1_reverse`, takes those of another layer or direction |
    /// | `MultiHeadAttention` | `in_proj_weight` or `q_proj_weight` and its like, `out_proj.weight`, and the biases |
    /// | others | their weights' own names, in the same shapes |
    ///
    /// `num_batches_tracked` is left out. Numbers of 16 bits become those of the model.
    ///
    /// ```swift
    /// let model = try Applications.resNet18(classifierActivation: nil)
    /// try model.loadWeights(from: "resnet18.safetensors", mapping: Applications.torchvisionModule)
    /// ```
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - mapping: the module's name, `layer1.0.conv1`, for the path of each layer that has weights: its name, after those of
    ///     the models and layers around it and `/`. Nil lets the layer keep its weights.
    ///   - flattened: for a `Dense` layer behind a `Flatten` of images, by its path: height, width and channels of what is
    ///     flattened, because PyTorch flattens the channels first.
    ///   - skipMismatch: whether layers that the file does not fit keep their weights, with a warning, and the file may hold
    ///     more: for a model with another head.
    /// - Throws: `MartletError` when the file cannot be read, and unless each layer finds its tensors and each tensor its layer.
    ///   Then nothing is changed.
    public func loadWeights(
        from path: String, mapping: (String) throws -> String?, flattened: [String: [Int]] = [:], skipMismatch: Bool = false
    ) throws {
        guard isBuilt else {
            throw MartletError(
                "Expected weights. They are made for the first data: call ensureBuilt(for:) first, or start with an InputLayer.",
                at: "\(name).loadWeights")
        }
        var file = TorchFile(tensors: try Safetensors.read(path).tensors, path: path)
        let parts = WeightedPart.all(in: self)
        for name in flattened.keys.sorted() where !parts.contains(where: { $0.path == name && $0.layer is Dense }) {
            throw MartletError("Expected the path of a Dense layer. Received: \(name).", at: "flattened")
        }
        var values: [(variable: Variable, value: Tensor)] = []
        for part in parts {
            guard let module = try mapping(part.path) else { continue }
            do {
                values += try file.values(of: part, module: module, flattened: flattened[part.path])
            } catch let error as MartletError where skipMismatch {
                Settings.warn("\(error) The layer keeps its weights.")
            }
        }
        let surplus = file.unused
        guard surplus.isEmpty || skipMismatch else {
            throw MartletError(
                "Expected a layer for each tensor. The file also holds \(Self.listed(surplus)). With skipMismatch they are left "
                    + "out.", at: path)
        }
        for (variable, value) in values { variable.assign(value) }
    }

    /// The same with a table: the module's name by the layer's path.
    /// - Throws: `MartletError` as above, for a path that is no layer's, and, unless `skipMismatch`, for a layer with weights
    ///   that is not in the table.
    public func loadWeights(
        from path: String, mapping: [String: String], flattened: [String: [Int]] = [:], skipMismatch: Bool = false
    ) throws {
        let paths = Set(WeightedPart.all(in: self).map(\.path))
        let unknown = mapping.keys.filter { !paths.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw MartletError(
                "Expected paths of layers with weights, such as \(Self.listed(paths.sorted())). Received: "
                    + "\(Self.listed(unknown)).", at: "mapping")
        }
        let missing = paths.filter { mapping[$0] == nil }.sorted()
        guard missing.isEmpty || skipMismatch else {
            throw MartletError("Expected a module for each layer. There is none for \(Self.listed(missing)).", at: "mapping")
        }
        try loadWeights(from: path, mapping: { mapping[$0] }, flattened: flattened, skipMismatch: skipMismatch)
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
            + (names.count > 3 ? " and \(names.count - 3) others" : "")
    }
}

/// A layer whose weights are a module's of PyTorch.
struct WeightedPart {
    let path: String
    let layer: Layer
    /// Its weights without those of the layers in it, unless they belong to the same module.
    let weights: [Variable]

    /// The parts of a layer, in the order of its weights. A layer that is there twice comes once.
    static func all(in layer: Layer) -> [WeightedPart] {
        var seen: Set<ObjectIdentifier> = []
        return parts(of: layer, at: "", &seen)
    }

    private static func parts(of layer: Layer, at path: String, _ seen: inout Set<ObjectIdentifier>) -> [WeightedPart] {
        guard seen.insert(ObjectIdentifier(layer)).inserted else { return [] }
        let isWhole = layer is MultiHeadAttention || (layer as? RecurrentLayer)?.cell is BuiltInCell
        if isWhole { return layer.weights.isEmpty ? [] : [WeightedPart(path: path, layer: layer, weights: layer.weights)] }
        let inner = Set(layer.sublayers.flatMap(\.weights).map { ObjectIdentifier($0) })
        let own = layer.weights.filter { !inner.contains(ObjectIdentifier($0)) }
        var parts = own.isEmpty ? [] : [WeightedPart(path: path, layer: layer, weights: own)]
        for sublayer in layer.sublayers {
            parts += Self.parts(of: sublayer, at: path.isEmpty ? sublayer.name : "\(path)/\(sublayer.name)", &seen)
        }
        return parts
    }
}
