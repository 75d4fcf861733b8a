import MartletCore
import MartletFormats

extension Layer {
    /// The values of all weights, in the order of `weights`. They stay what they are when the training goes on.
    public func getWeights() -> [Tensor] { weights.map(\.storedValue) }

    /// Sets all weights.
    /// - Parameter values: a tensor for each of `weights`, of its shape and dtype.
    /// - Throws: `MartletError` when their number, a shape or a dtype does not fit; nothing is changed then.
    public func setWeights(_ values: [Tensor]) throws {
        let named = namedWeights
        guard values.count == named.count else {
            throw MartletError("Expected \(named.count) tensors. Received: \(values.count).", at: "\(name).setWeights")
        }
        for (weight, value) in zip(named, values) where weight.variable.spec != value.spec {
            throw MartletError(
                "Expected \(weight.variable.spec) for \"\(weight.name)\". Received: \(value.spec).",
                at: "\(name).setWeights")
        }
        for (weight, value) in zip(named, values) { weight.variable.assign(value) }
    }

    /// The SHA-256 digest of the bytes of all weights, in the order of `weights`, in hexadecimal digits: equal for
    /// equal bits.
    public var weightsSHA256: String {
        let hash = SHA256()
        for weight in weights { weight.storedValue.withUnsafeBytes { hash.write($0) } }
        return hash.hexDigest()
    }

    /// Saves all weights as safetensors. The file appears whole or not at all.
    ///
    /// A weight is called after the layers that hold it, counted from this one: `conv2d/kernel`, `conv2d_1/kernel`.
    /// Layers without a name of their own are numbered within the layer around them, so that a model made by the same
    /// code finds the names again.
    /// - Throws: `MartletError` when the file cannot be written or the weights do not exist yet.
    public func saveWeights(to path: String) throws {
        try requireWeights("saveWeights")
        try Safetensors(namedWeights.map { ($0.name, $0.variable.storedValue) }).write(to: path)
    }

    /// Loads all weights from a safetensors file that `saveWeights` wrote.
    /// - Throws: `MartletError` when the file cannot be read or its names, shapes and dtypes are not those of the
    ///   weights; nothing is changed then.
    public func loadWeights(from path: String) throws {
        try requireWeights("loadWeights")
        let file = try Safetensors.read(path)
        let named = namedWeights
        let tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
        let missing = named.map(\.name).filter { tensors[$0] == nil }
        let names = Set(named.map(\.name))
        let surplus = file.tensors.map(\.name).filter { !names.contains($0) }
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
                "Expected weights. They are made for the first data: call ensureBuilt(for:) before, or start with an "
                    + "InputLayer.", at: "\(name).\(function)")
        }
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
            + (names.count > 3 ? " and \(names.count - 3) others" : "")
    }

    /// Every weight once, in the order of `weights`, with its name in files.
    var namedWeights: [(name: String, variable: Variable)] {
        var names: [ObjectIdentifier: String] = [:]
        collectNames(prefix: "", &names)
        var seen: Set<ObjectIdentifier> = []
        return weights.filter { seen.insert(ObjectIdentifier($0)).inserted }
            .map { (names[ObjectIdentifier($0)] ?? $0.name, $0) }
    }

    private func collectNames(prefix: String, _ names: inout [ObjectIdentifier: String]) {
        var used: [String: Int] = [:]
        func unique(_ base: String) -> String {
            var name = base
            while let count = used[name] {
                used[name] = count + 1
                name = "\(base)_\(count)"
            }
            used[name] = 1
            return name
        }
        for weight in ownWeights where names[ObjectIdentifier(weight.variable)] == nil {
            names[ObjectIdentifier(weight.variable)] = prefix + unique(weight.variable.name)
        }
        var seen: Set<ObjectIdentifier> = []
        for layer in sublayers where seen.insert(ObjectIdentifier(layer)).inserted {
            let base = layer.isNamedAutomatically ? LayerNames.snakeCase("\(type(of: layer))") : layer.name
            layer.collectNames(prefix: prefix + unique(base) + "/", &names)
        }
    }
}
