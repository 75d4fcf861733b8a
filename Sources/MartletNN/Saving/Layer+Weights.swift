import MartletCore
import MartletFormats

extension Layer {
    /// The values of all weights, in the order of `weights`. Later training does not change them.
    /// Stops for a model that has no weights because it has seen no data.
    public func getWeights() -> [Tensor] {
        require(
            isBuilt || !(self is Model) || sublayers.isEmpty || !weights.isEmpty, "\(name).getWeights",
            "The model has no weights yet: they are made when the shape of its data is known. Begin it with an InputLayer, call "
                + "ensureBuilt(for:), or call it with data first.")
        return weights.map(\.storedValue)
    }

    /// Sets all weights.
    /// - Parameter values: a tensor for each of `weights`, with its shape and dtype.
    /// - Throws: `MartletError` when their number, a shape or a dtype does not fit. Then nothing is changed.
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

    /// The SHA-256 digest of the bytes of all weights, in the order of `weights`, in hexadecimal digits. It is equal
    /// for equal bits.
    public var weightsSHA256: String {
        let hash = SHA256()
        for weight in weights { weight.storedValue.withUnsafeBytes { hash.write($0) } }
        return hash.hexDigest()
    }

    /// Every weight once, with its name in files, in the order of `weights`.
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
            let base = layer.isNamedAutomatically ? LayerNames.snakeCase(type(of: layer).typeName) : layer.name
            layer.collectNames(prefix: prefix + unique(base) + "/", &names)
        }
    }
}
