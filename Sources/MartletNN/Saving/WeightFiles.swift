import MartletCore
import MartletFormats

/// The formats of weights files, by their names.
enum WeightFormat {
    case safetensors, npz, keras, hdf5

    /// - Throws: `MartletError` for another extension.
    init(path: String) throws {
        switch path {
        case _ where path.hasSuffix(".safetensors"): self = .safetensors
        case _ where path.hasSuffix(".npz"): self = .npz
        case _ where path.hasSuffix(".keras"): self = .keras
        case _ where path.hasSuffix(".h5") || path.hasSuffix(".hdf5"): self = .hdf5
        default:
            throw MartletError(
                "Expected a name that ends in .weights.h5, .safetensors, .npz or .keras, for the format.", at: path)
        }
    }
}

extension Layer {
    /// Saves all weights. The file appears whole or not at all. Its name decides the format:
    ///
    /// | name | format |
    /// |---|---|
    /// | `.weights.h5`, `.h5` | Keras 3's, which `load_weights` opens; a compiled model's optimizer is saved as well |
    /// | `.safetensors` | Hugging Face's |
    /// | `.npz` | NumPy's |
    ///
    /// In the last two formats the name of a weight is the path of layers from this one: `conv2d/kernel`,
    /// `conv2d_1/kernel`. Layers without an explicit name are numbered within the layer around them, so a model made by the
    /// same code has the same names.
    /// - Throws: `MartletError` when the file cannot be written or the weights do not exist yet.
    public func saveWeights(to path: String) throws {
        try requireWeights("saveWeights")
        let named = namedWeights.map { (name: $0.name, tensor: $0.variable.storedValue) }
        switch try WeightFormat(path: path) {
        case .safetensors: try Safetensors(named).write(to: path)
        case .npz: try NPZ(named).write(to: path)
        case .hdf5: try HDF5Writer.write(kerasContent(), to: path)
        case .keras:
            throw MartletError("A .keras file holds a whole model: call save(to:), or choose .weights.h5.", at: path)
        }
    }

    /// Loads all weights from a file that `saveWeights` or Keras wrote: `.weights.h5`, `.h5` (the legacy form too),
    /// `.keras`, `.safetensors`, `.npz`.
    /// - Parameter byName: for a legacy `.h5` file, whether layers are matched by name, and layers without a match keep their
    ///   weights. Otherwise layers are matched by order.
    /// - Parameter skipMismatch: whether layers whose weights the file does not hold, or holds in other numbers or shapes, keep
    ///   theirs, with a warning: for a model with another head. The state of the optimizer is not read then.
    /// - Throws: `MartletError` when the file cannot be read or its weights do not match the layers. Then nothing is
    ///   changed.
    public func loadWeights(from path: String, byName: Bool = false, skipMismatch: Bool = false) throws {
        try requireWeights("loadWeights")
        switch try WeightFormat(path: path) {
        case .safetensors: try assign(named: Safetensors.read(path).tensors, path, skipMismatch)
        case .npz: try assign(named: NPZ.read(path).tensors, path, skipMismatch)
        case .keras:
            let archive = try KerasArchive(path)
            let isOlder = try OlderKeras.wrote(archive.kerasVersion())
            try loadState(
                from: archive.weights(of: self), file: path, withOptimizer: !skipMismatch, isOlder: isOlder,
                skipMismatch: skipMismatch)
            try KerasLayout(of: self).loadAssets(from: archive)
        case .hdf5:
            let root = try HDF5File(path).root
            if let group = try LegacyWeights.group(in: root) {
                try LegacyWeights(of: self).load(from: group, byName: byName, skipMismatch: skipMismatch, file: path)
            } else if byName {
                throw MartletError(
                    "Weights can be loaded by name from legacy .h5 files only. This one is Keras 3's.", at: path)
            } else {
                try loadState(from: root, file: path, withOptimizer: !skipMismatch, skipMismatch: skipMismatch)
            }
        }
    }

    /// The content of `model.weights.h5`.
    /// - Parameters:
    ///   - orders: the state of the stream of `fit`'s orders; nil is its present one.
    ///   - optimizer: the optimizer that updates the weights; nil is that of a compiled model.
    func kerasContent(orders: Tensor? = nil, optimizer: Optimizer? = nil) -> HDF5GroupContent {
        let root = HDF5GroupContent()
        KerasLayout(of: self).write(to: root)
        if let state = orders ?? (self as? Model)?.orders?.state.storedValue {
            root.add(state, at: "\(KerasLayout.generator)/vars/0")
        }
        if let optimizer = optimizer ?? (self as? Model)?.optimizer {
            func write(_ optimizer: Optimizer, at place: String) {
                let group = root.group(place + "/vars")
                group.attributes = [("name", .text(optimizer.name))]
                for (index, variable) in optimizer.savedVariables.enumerated() {
                    group.add(variable.storedValue, at: "\(index)")
                }
            }
            write(optimizer, at: "optimizer")
            // As in Keras, the variables of the inner optimizer are there by themselves, too.
            if let outer = optimizer as? LossScaleOptimizer {
                write(outer.innerOptimizer, at: "optimizer/\(LossScaleOptimizer.innerGroup)")
            }
        }
        return root
    }

    /// Assigns the content of `model.weights.h5`, including the optimizer's state if model and file have one, and the stream of
    /// `fit`'s orders.
    /// - Parameters:
    ///   - isOlder: whether Keras 2 wrote it.
    ///   - isOwn: whether it is surely not of Keras 2.
    ///   - skipMismatch: whether layers that do not fit keep their weights.
    ///   - more: further values, assigned with these.
    func loadState(
        from root: HDF5Group, file: String, withOptimizer: Bool = true, isOlder: Bool = false, isOwn: Bool = false,
        skipMismatch: Bool = false, and more: [(variable: Variable, value: Tensor)] = []
    ) throws {
        let optimizer = withOptimizer ? (self as? Model)?.optimizer : nil
        let values = try stateValues(
            from: root, file: file, optimizer: optimizer, isOlder: isOlder, isOwn: isOwn, skipMismatch: skipMismatch)
        for (variable, value) in values + more { variable.assign(value) }
    }

    /// What `loadState` assigns.
    func stateValues(
        from root: HDF5Group, file: String, optimizer: Optimizer?, isOlder: Bool = false, isOwn: Bool = false,
        skipMismatch: Bool = false
    ) throws -> [(variable: Variable, value: Tensor)] {
        var values = try KerasLayout(of: self).values(in: root, file: file, skipMismatch: skipMismatch)
        if let model = self as? Model, root.contains(KerasLayout.generator) {
            let group = try root.group("\(KerasLayout.generator)/vars")
            let orders = model.orders ?? RandomGenerator(seed: 0)
            values += try KerasLayout.read([orders.state], from: group, owner: KerasLayout.generator, file: file)
            model.orders = orders
        }
        if let optimizer, root.contains("optimizer") {
            let (optimizer, group) = try savedOptimizer(optimizer, in: root.group("optimizer"))
            if group.contains("vars") {
                let group = try group.group("vars")
                if try isOlder || !isOwn && OlderKeras.wroteVariables(group, of: optimizer) {
                    values += try OlderKeras.values(
                        group.names.indices.map { ("\($0)", try group.dataset("\($0)")) }, of: optimizer,
                        for: trainableVariables, file: file)
                } else {
                    values += try optimizer.values(in: group, for: trainableVariables, file: file)
                }
            }
        }
        return values
    }

    private func assign(named tensors: [(name: String, tensor: Tensor)], _ path: String, _ skipMismatch: Bool) throws {
        let named = namedWeights
        let tensors = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        let names = Set(named.map(\.name))
        let missing = named.map(\.name).filter { tensors[$0] == nil }
        let surplus = tensors.keys.filter { !names.contains($0) }.sorted()
        if skipMismatch {
            let fitting = named.filter { tensors[$0.name]?.spec == $0.variable.spec }
            let others = named.map(\.name).filter { name in !fitting.contains { $0.name == name } }
            if !others.isEmpty { Settings.warn("\(path) does not have, in their shapes, \(Self.listed(others)): they are kept.") }
            for weight in fitting { weight.variable.assign(tensors[weight.name]!) }
            return
        }
        guard missing.isEmpty, surplus.isEmpty else {
            let parts = [("lacks", missing), ("also holds", surplus)].filter { !$0.1.isEmpty }
            throw MartletError(
                "Expected the \(named.count) weights of \"\(name)\". The file "
                    + parts.map { "\($0.0) \(Self.listed($0.1))" }.joined(separator: " and ") + ".", at: path)
        }
        let values = named.map { tensors[$0.name]! }
        for (weight, value) in zip(named, values) where weight.variable.spec != value.spec {
            throw MartletError(
                "Expected \(weight.variable.spec) for \"\(weight.name)\". Received: \(value.spec).", at: path)
        }
        for (weight, value) in zip(named, values) { weight.variable.assign(value) }
    }

    private func requireWeights(_ function: String) throws {
        guard isBuilt else {
            throw MartletError(
                "Expected weights. They are made for the first data: call ensureBuilt(for:) first, or start with an "
                    + "InputLayer.", at: "\(name).\(function)")
        }
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
            + (names.count > 3 ? " and \(names.count - 3) others" : "")
    }
}

extension Layer {
    /// The optimizer whose state a file holds, and where. Loss scaling comes from the policy when a model is compiled, so a file
    /// may be of a model with it and the model be without, or the other way round: then the inner optimizer's state is read.
    fileprivate func savedOptimizer(_ optimizer: Optimizer, in group: HDF5Group) throws -> (Optimizer, HDF5Group) {
        let holdsScale = group.contains(LossScaleOptimizer.innerGroup)
        switch optimizer as? LossScaleOptimizer {
        case nil where holdsScale: return (optimizer, try group.group(LossScaleOptimizer.innerGroup))
        case let outer? where !holdsScale && (self as? Model)?.compilation?.scalesLoss ?? false: return (outer.innerOptimizer, group)
        default: return (optimizer, group)
        }
    }
}

extension Optimizer {
    /// The variables that Keras saves. A learning rate that a schedule computes is not one.
    var savedVariables: [Variable] { schedule == nil ? variables : variables.filter { $0.name != "learning_rate" } }

    /// The values in a file for the optimizer's variables. A file that was saved before training holds no slots; they then
    /// start anew.
    func values(
        in group: HDF5Group, for variables: [Variable], file: String
    ) throws -> [(variable: Variable, value: Tensor)] {
        let early = earlyVariables
        if group.names.count > early.count { build(variables) }
        let saved = group.names.count > early.count ? savedVariables : early
        return try KerasLayout.read(saved, from: group, owner: name, file: file)
    }
}
