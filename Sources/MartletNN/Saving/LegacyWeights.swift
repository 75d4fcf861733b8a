import MartletCore
import MartletFormats

/// Weights in Keras's older `.h5` files. Each layer of a model has a group, whose attribute `weight_names` lists its
/// weights.
struct LegacyWeights {
    private let layers: [(name: String, weights: [(name: String, variable: Variable)])]

    init(of layer: Layer) {
        let parts = (layer as? Model).map { model in
            model.sublayers.filter { !($0 is OperationLayer) && !(model is Sequential && $0 is InputLayer) }
        }
        layers = (parts ?? [layer]).map { layer in
            let named = layer.namedWeights.map { (name: "\(layer.name)/\($0.name)", variable: $0.variable) }
            // Trainable ones first, however deeply they are nested.
            return (layer.name, named.filter(\.variable.isTrainable) + named.filter { !$0.variable.isTrainable })
        }
    }

    /// The group of the weights: the whole file, or a part of it if the file holds a model; nil in Keras 3's form.
    static func group(in root: HDF5Group) throws -> HDF5Group? {
        if root.contains("model_weights") { return try root.group("model_weights") }
        let names = try root.attribute("layer_names") ?? root.attribute("layer_names0")
        return names == nil ? nil : root
    }

    /// Assigns all weights, or none when it throws.
    /// - Parameters:
    ///   - byName: whether layers are matched by name instead of by order.
    ///   - skipMismatch: whether layers that do not fit keep their weights.
    func load(from group: HDF5Group, byName: Bool, skipMismatch: Bool = false, file: String) throws {
        let names = try Self.texts("layer_names", of: group, file)
        let saved = try names.map { ($0, try Self.texts("weight_names", of: group.group($0), file)) }
        var pairs: [(name: String, names: [String], weights: [Variable])] = []
        if byName {
            for (name, weightNames) in saved {
                for layer in layers where layer.name == name {
                    pairs.append((name, weightNames, layer.weights.map(\.variable)))
                }
            }
        } else {
            let (filled, expected) = (saved.filter { !$0.1.isEmpty }, layers.filter { !$0.weights.isEmpty })
            guard filled.count == expected.count else {
                throw MartletError(
                    "Expected the weights of \(expected.count) layers. The file holds weights of \(filled.count).", at: file)
            }
            pairs = zip(filled, expected).map { ($0.0, $0.1, $1.weights.map(\.variable)) }
        }
        let values = try pairs.flatMap { name, weightNames, variables -> [(variable: Variable, value: Tensor)] in
            try KerasLayout.skipping(skipMismatch, name) {
                guard weightNames.count == variables.count else {
                    throw MartletError(
                        "Expected \(variables.count) weights for layer \"\(name)\". The file holds \(weightNames.count).",
                        at: "\(file):\(group.path)/\(name)")
                }
                return try zip(weightNames, variables).map { weightName, variable in
                    let dataset = try group.group(name).dataset(weightName)
                    return (variable, try KerasLayout.value(of: dataset, for: variable, file: file))
                }
            } ?? []
        }
        for (variable, value) in values { variable.assign(value) }
    }

    /// What a file calls each variable, by the order of layers and weights, as `load` takes them when the file fits.
    func savedNames(in group: HDF5Group, file: String) throws -> [ObjectIdentifier: String] {
        let saved = try Self.texts("layer_names", of: group, file)
            .map { try Self.texts("weight_names", of: group.group($0), file) }.filter { !$0.isEmpty }
        var names: [ObjectIdentifier: String] = [:]
        for (layer, weightNames) in zip(layers.filter { !$0.weights.isEmpty }, saved) {
            for (weight, name) in zip(layer.weights, weightNames) { names[ObjectIdentifier(weight.variable)] = name }
        }
        return names
    }

    /// The weights of a group in the order in which it names them.
    static func values(in group: HDF5Group, file: String) throws -> [(name: String, dataset: HDF5Dataset)] {
        try texts("weight_names", of: group, file).map { ($0, try group.dataset($0)) }
    }

    /// The values of an optimizer's variables, which Keras 3 takes in their order. None, with a warning, if they do not fit:
    /// the versions of Keras 3 do not all have the same variables.
    static func values(
        _ saved: [(name: String, dataset: HDF5Dataset)], of optimizer: Optimizer, for variables: [Variable], file: String
    ) -> [(variable: Variable, value: Tensor)] {
        optimizer.build(variables)
        let own = optimizer.savedVariables
        do {
            guard saved.count == own.count else {
                throw MartletError("Expected \(own.count) variables. The file holds \(saved.count).", at: file)
            }
            return try zip(own, saved).map { ($0, try KerasLayout.value(of: $1.dataset, for: $0, file: file)) }
        } catch {
            Settings.warn("The state of the optimizer cannot be restored: it starts anew. \(error)")
            return []
        }
    }

    /// Adds all weights to a file's content.
    func write(to group: HDF5GroupContent) {
        Self.add(layers.map(\.name), as: "layer_names", to: group)
        group.attributes += [("backend", .text("tensorflow")), ("keras_version", .text("3.0.0"))]
        for layer in layers {
            let place = group.group(layer.name)
            Self.add(layer.weights.map(\.name), as: "weight_names", to: place)
            for (name, variable) in layer.weights { place.add(variable.storedValue, at: name) }
        }
        Self.add([], as: "weight_names", to: group.group("top_level_model_weights"))
    }

    /// Attributes hold at most 64 KiB: longer lists are split, `layer_names0`, `layer_names1`, ...
    private static let attributeLimit = 64512

    static func add(_ texts: [String], as name: String, to group: HDF5GroupContent) {
        let size = texts.map(\.utf8.count).max() ?? 1
        let count = max(1, attributeLimit / max(1, size))
        if texts.count <= count {
            group.attributes.append((name, .texts(texts)))
        } else {
            for (index, start) in stride(from: 0, to: texts.count, by: count).enumerated() {
                group.attributes.append(("\(name)\(index)", .texts(Array(texts[start..<min(start + count, texts.count)]))))
            }
        }
    }

    private static func texts(_ name: String, of group: HDF5Group, _ file: String) throws -> [String] {
        func read(_ name: String) throws -> [String]? {
            guard let attribute = try group.attribute(name) else { return nil }
            guard let texts = attribute.texts else {
                throw MartletError("Expected a list of names as \(name).", at: "\(file):\(group.path)")
            }
            return texts
        }
        if let whole = try read(name) { return whole }
        var result: [String] = []
        var index = 0
        while let part = try read("\(name)\(index)") {
            result += part
            index += 1
        }
        return result
    }
}
