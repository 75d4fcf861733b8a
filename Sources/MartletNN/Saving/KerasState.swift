import MartletCore
import MartletFormats

/// The variables of one object, and where Keras stores them: `layers/dense_1`.
struct KerasState {
    let path: String
    let name: String
    let variables: [Variable]
    /// The layer that they are of, nil for a random stream.
    var layer: Layer?
    /// Files hold a weight with what these add to it.
    var adapters: LowRankAdapters?
    /// Whether files may lack it.
    var isOptional = false
}

/// The layout of `model.weights.h5`: the places where Keras puts the variables of a model's parts. The path of a part
/// consists of attribute names and, in lists, of its class and a number. Names that users give do not matter.
struct KerasLayout {
    /// The attribute of Keras's layers that holds their random stream. Its state there has a seed and a counter, as
    /// Martlet's has.
    static let generator = "seed_generator"

    private(set) var states: [KerasState] = []
    private var seen: Set<ObjectIdentifier> = []

    /// The layout of a model's or a layer's weights.
    init(of layer: Layer) { visit(layer, "") }

    private mutating func visit(_ layer: Layer, _ path: String) {
        guard seen.insert(ObjectIdentifier(layer)).inserted else { return }
        states.append(
            KerasState(
                path: path, name: layer.name, variables: layer.kerasVariables, layer: layer, adapters: layer.adapters))
        let prefix = path.isEmpty ? "" : path + "/"
        for (number, generator) in layer.ownRandomGenerators.enumerated() {
            let name = number == 0 ? KerasLayout.generator : "\(KerasLayout.generator)_\(number)"
            states.append(
                KerasState(path: prefix + name, name: name, variables: [generator.state], isOptional: true))
        }
        for (place, sublayer) in layer.kerasChildren { visit(sublayer, prefix + place) }
    }

    /// The most bytes of a file that holds these variables and an optimizer's state for them, in the widest types, with a
    /// file's structure around them.
    var largestFile: Int {
        let structure = 1 << 16
        return states.reduce(1 << 20) { sum, state in
            state.variables.reduce(sum + structure + (state.layer?.storedByteCount ?? 0)) {
                $0 + structure + 32 * $1.shape.elementCount * $1.dtype.byteCount
            }
        }
    }

    /// Reads all variables that the file holds.
    /// - Parameter skipMismatch: whether parts that do not fit are left out, with a warning.
    /// - Throws: `MartletError` at the first variable that is missing, has another shape, or is surplus.
    func values(in root: HDF5Group, file: String, skipMismatch: Bool) throws -> [(variable: Variable, value: Tensor)] {
        // A group with thousands of layers is parsed once.
        var groups: [String: HDF5Group] = ["": root]
        return try states.flatMap { state in
            try KerasLayout.skipping(skipMismatch, state.name) { try values(of: state, &groups, file) } ?? []
        }
    }

    /// Runs `body`; where mismatches are skipped, its error becomes a warning.
    static func skipping<R>(_ skipMismatch: Bool, _ name: String, _ body: () throws -> R) throws -> R? {
        do { return try body() } catch let error as MartletError where skipMismatch {
            Settings.warn("The weights of \"\(name)\" are kept. \(error)")
            return nil
        }
    }

    private func values(
        of state: KerasState, _ groups: inout [String: HDF5Group], _ file: String
    ) throws -> [(variable: Variable, value: Tensor)] {
        let place = state.path.isEmpty ? "vars" : "\(state.path)/vars"
        guard let group = try KerasLayout.group(state.path, &groups) else {
            if state.variables.isEmpty || state.isOptional { return [(variable: Variable, value: Tensor)]() }
            throw MartletError(
                "Expected the \(state.variables.count) weights of \"\(state.name)\". The file has no such group.",
                at: "\(file):/\(place)")
        }
        let stored = state.layer?.storedNames ?? []
        for name in stored where group.contains(name) {
            try state.layer?.load(array: group.dataset(name).read(), named: name)
        }
        let cleared = state.adapters.map { [$0.a, $0.b] } ?? []
        return try KerasLayout.read(state.variables, from: group, owner: state.name, file: file, beside: stored)
            + cleared.map { ($0, .zeros($0.shape, dtype: $0.dtype)) }
    }

    /// Files of the layers in an archive: `assets/layers/string_lookup/vocabulary.txt`.
    var assets: [(name: String, bytes: [UInt8])] {
        states.flatMap { state in
            (state.layer?.assets ?? []).map { ("assets/" + (state.path.isEmpty ? "" : state.path + "/") + $0.name, $0.bytes) }
        }
    }

    /// Gives the layers their files.
    func loadAssets(from archive: KerasArchive) throws {
        for state in states {
            for name in state.layer?.assetNames ?? [] {
                let place = "assets/" + (state.path.isEmpty ? "" : state.path + "/") + name
                if let bytes = try archive.asset(place) { try state.layer?.load(asset: bytes, named: name) }
            }
        }
    }

    /// Numbered datasets for variables.
    static func read(
        _ variables: [Variable], from group: HDF5Group, owner: String, file: String, beside others: Set<String> = []
    ) throws -> [(variable: Variable, value: Tensor)] {
        let count = group.names.filter { !others.contains($0) }.count
        guard count == variables.count else {
            throw MartletError(
                "Expected \(variables.count) weights of \"\(owner)\". The file holds \(count).",
                at: "\(file):\(group.path)")
        }
        return try variables.enumerated().map { index, variable in
            let dataset = try group.dataset("\(index)")
            return (variable, try KerasLayout.value(of: dataset, for: variable, file: file))
        }
    }

    /// The elements of a dataset in the variable's dtype. The shape is checked before elements are read.
    static func value(of dataset: HDF5Dataset, for variable: Variable, file: String) throws -> Tensor {
        guard dataset.shape == variable.shape else {
            throw MartletError(
                "Expected shape \(variable.shape) for \"\(variable.path)\". The file holds \(dataset.shape).",
                at: "\(file):\(dataset.path)")
        }
        let value = try dataset.read()
        return value.dtype == variable.dtype ? value : value.cast(to: variable.dtype)
    }

    /// The group `vars` of an object. An attribute may be private in one version of Keras and public in another:
    /// `_query_dense`. TensorFlow 2.12 has another name for the layers of a model.
    /// - Parameter groups: the groups read so far, at their paths.
    private static func group(_ path: String, _ groups: inout [String: HDF5Group]) throws -> HDF5Group? {
        var (place, group) = ("", groups[""]!)
        for name in path.split(separator: "/").map(String.init) {
            place += "/" + name
            if let known = groups[place] {
                group = known
                continue
            }
            guard let inner = try KerasLayout.member(name, of: group) else { return nil }
            groups[place] = inner
            group = inner
        }
        return try member("vars", of: group)
    }

    private static func member(_ name: String, of group: HDF5Group) throws -> HDF5Group? {
        let others = [
            name, name.hasPrefix("_") ? String(name.dropFirst()) : "_" + name,
            name == "layers" ? "_layer_checkpoint_dependencies" : name,
        ]
        return try others.first(where: group.contains).map(group.group)
    }

    /// Adds all variables to a file's content.
    func write(to root: HDF5GroupContent) {
        for state in states {
            let group = root.group(state.path.isEmpty ? "vars" : "\(state.path)/vars")
            group.attributes = [("name", .text(state.name))]
            for (index, variable) in state.variables.enumerated() {
                let adapters = state.adapters.flatMap { $0.weight === variable ? $0 : nil }
                group.add(adapters?.storedValue ?? variable.storedValue, at: "\(index)")
            }
            for (name, value) in state.layer?.storedArrays ?? [] { group.add(value, at: name) }
        }
    }
}

extension Layer {
    /// The random streams of the layer without those of the layers inside.
    fileprivate var ownRandomGenerators: [RandomGenerator] {
        let inner = Set(distinctSublayers.flatMap(\.randomGenerators).map { ObjectIdentifier($0) })
        return randomGenerators.filter { !inner.contains(ObjectIdentifier($0)) }
    }

    /// The layer's own variables in Keras's order: trainable ones first.
    var kerasVariables: [Variable] {
        if savesInOrder { return ownWeights.map(\.variable).filter { $0 !== adapters?.a && $0 !== adapters?.b } }
        let trained = ownWeights.filter(\.variable.isTrainable) + ownWeights.filter { !$0.variable.isTrainable }
        let meant = ownWeights.filter(\.isMeantForTraining) + ownWeights.filter { !$0.isMeantForTraining }
        // A frozen layer keeps its original order.
        return (isTrainable ? trained : meant).map(\.variable)
    }

    /// The layers inside, each with its path of attributes in Keras: `cell`, `layers/dense_1`. Properties have Keras's names
    /// in Swift's spelling: `forwardLayer` for `forward_layer`.
    var kerasChildren: [(place: String, layer: Layer)] {
        if let model = self as? Model, model.graph != nil || model is Sequential {
            let isStack = model is Sequential
            let layers = sublayers.filter { !($0 is OperationLayer) && !(isStack && $0 is InputLayer) }
            return KerasNames.numbered(layers).map { ("layers/\($0.name)", $0.layer) }
        }
        let labelled = labelledSublayers
        let properties = labelled.map(\.property).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return properties.flatMap { property -> [(place: String, layer: Layer)] in
            let layers = labelled.filter { $0.property == property }.map(\.layer)
            let attribute = attributePrefix + LayerNames.snakeCase(property)
            if layers.count == 1, holdsDirectly(property) { return [(attribute, layers[0])] }
            return KerasNames.numbered(layers).map { ("\(attribute)/\($0.name)", $0.layer) }
        }.sorted { KerasNames.key($0.place) < KerasNames.key($1.place) }
    }

    /// Whether a stored property is a single layer, not a list of layers.
    private func holdsDirectly(_ property: String) -> Bool {
        var mirror: Mirror? = Mirror(reflecting: self)
        while let level = mirror, level.subjectType != Layer.self {
            if let child = level.children.first(where: { $0.label == property }) {
                let inner = Mirror(reflecting: child.value)
                return child.value is Layer || child.value is ActivationFunction || inner.displayStyle == .optional
            }
            mirror = level.superclassMirror
        }
        return activationLayers.contains { $0.property == property }
    }
}

/// How Keras names objects in lists.
enum KerasNames {
    /// Names of layers by their class, numbered when a class appears again: `dense`, `dense_1`.
    static func numbered(_ layers: [Layer]) -> [(name: String, layer: Layer)] {
        var counts: [String: Int] = [:]
        return layers.map { layer in
            let base = layer.objectName
            let count = counts[base, default: 0]
            counts[base] = count + 1
            return (count == 0 ? base : "\(base)_\(count)", layer)
        }
    }

    /// Sorts private attributes last.
    static func key(_ place: String) -> String { place.hasPrefix("_") ? "~" + place : place }
}
