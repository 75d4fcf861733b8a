import MartletCore
import MartletFormats

extension Model {
    /// Saves the whole model: configuration, weights and, if it is compiled, the compilation and the state of the optimizer.
    /// The file appears whole or not at all. Keras opens it with `keras.models.load_model`.
    ///
    /// - Parameter path: ends in `.keras`, or in `.h5` for Keras's legacy format.
    /// - Throws: `MartletError` for another extension, when the file cannot be written, when the weights do not exist yet,
    ///   or for a subclass of `Model` that is not registered.
    public func save(to path: String) throws {
        guard isBuilt else {
            throw MartletError(
                "Expected weights. They are made for the first data: call ensureBuilt(for:) first, or start with an "
                    + "InputLayer.", at: "\(name).save")
        }
        try requireDescription()
        if try Model.savesArchive(at: path) {
            try KerasArchive.write(
                config: describe(), content: kerasContent(), assets: KerasLayout(of: self).assets, to: path)
        } else {
            try HDF5Writer.write(LookupOptions.$writesVocabularies.withValue(true, operation: legacyContent), to: path)
        }
    }

    /// Whether `save` makes a `.keras` archive of this name, and not a legacy `.h5` file.
    /// - Throws: `MartletError` for another extension.
    @discardableResult
    package static func savesArchive(at path: String) throws -> Bool {
        switch try? WeightFormat(path: path) {
        case .keras: return true
        case .hdf5 where !path.hasSuffix(".weights.h5"): return false
        default:
            throw MartletError(
                "Expected a name that ends in .keras or .h5 for a whole model; saveWeights(to:) saves weights alone.",
                at: path)
        }
    }

    /// Loads a model that `save` or Keras wrote: `.keras`, or Keras's legacy `.h5`. What Keras 1 and 2 named otherwise than
    /// Keras 3 is understood.
    ///
    /// ```swift
    /// let model = try Model.load(from: "model.keras")
    /// try model.fit(x, y, epochs: 5)
    /// ```
    ///
    /// - Parameter compile: whether to compile it as the file says. The optimizer gets its saved state; where that of a legacy
    ///   file of Keras 3 does not fit, the optimizer starts anew with a warning, as in Keras. Where the file names losses,
    ///   metrics or optimizers that are not known, the model is not compiled, and a warning says what to
    ///   ``register(_:package:)``.
    /// - Throws: `MartletError` with the file and the place in it, when it cannot be read or holds something that is not
    ///   known.
    public static func load(from path: String, compile: Bool = true) throws -> Model {
        try load(from: path, CompilationChoice(readsFile: compile))
    }

    /// Loads a model with a compilation of which the caller may have given parts.
    package static func load(from path: String, _ choice: CompilationChoice) throws -> Model {
        switch try? WeightFormat(path: path) {
        case .keras: return try load(KerasArchive(path), path, choice)
        case .hdf5: return try load(legacy: FileIO.read(path), path, choice)
        default: throw MartletError("Expected the name of a model file, which ends in .keras or .h5.", at: path)
        }
    }

    package static func load(keras bytes: [UInt8], name: String, compile: Bool = true) throws -> Model {
        try load(KerasArchive(bytes, name: name), name, CompilationChoice(readsFile: compile))
    }

    private static func load(_ archive: KerasArchive, _ path: String, _ choice: CompilationChoice) throws -> Model {
        let (config, size) = (try archive.config(), try archive.weightSize())
        let older = OlderKeras.older(try archive.kerasVersion())
        let isOlder = older != nil
        return try located("\(path):\(KerasArchive.configuration)") {
            let model = try read(isOlder ? OlderKeras.model(config) : config, fileBytes: size)
            try CompileConfiguration.apply(config["compile_config"], to: model, choice, older: older)
            let (root, file) = (try archive.weights(of: model), "\(path):\(KerasArchive.weights)")
            func loadState(withOptimizer: Bool) throws {
                try FunctionalGraph.$isReadingFile.withValue(true) {
                    try model.loadState(from: root, file: file, withOptimizer: withOptimizer, isOlder: isOlder)
                }
                model.orderOptimizer()
            }
            do {
                // The saved state is that of the file's own optimizer.
                let isOwn = choice.optimizer == nil && choice.readsFile
                    && (isOlder || !CompileConfiguration.lacksOptimizer(config["compile_config"]))
                try loadState(withOptimizer: isOwn)
            } catch where choice.unreadable == .nothing {
                model.compilation = nil
                try loadState(withOptimizer: false)
            }
            try KerasLayout(of: model).loadAssets(from: archive)
            // A file that was saved before training holds no slots. They start from the loaded weights.
            model.optimizer?.build(model.trainableVariables)
            return model
        }
    }

    package static func load(legacy bytes: [UInt8], _ path: String, compile: Bool) throws -> Model {
        try load(legacy: bytes, path, CompilationChoice(readsFile: compile))
    }

    private static func load(legacy bytes: [UInt8], _ path: String, _ choice: CompilationChoice) throws -> Model {
        let root = try HDF5File(bytes, name: path).root
        guard let text = try root.attribute("model_config")?.text else {
            throw MartletError(
                "Expected a whole model. The file has no model_config: it holds only weights. Use loadWeights(from:).",
                at: path)
        }
        let version = try root.attribute("keras_version")?.text ?? "1"
        let isOlder = OlderKeras.wrote(version)
        return try located(path) {
            let config = try JSONValue(parsing: text)
            let model = try read(isOlder ? OlderKeras.model(config) : config, fileBytes: bytes.count)
            let text = choice.readsFile ? try root.attribute("training_config")?.text : nil
            try CompileConfiguration.apply(
                text.map { try JSONValue(parsing: $0) }, to: model, choice, older: isOlder ? version : nil)
            var names: [ObjectIdentifier: String] = [:]
            if let group = try LegacyWeights.group(in: root) {
                let weights = FunctionalGraph.$isReadingFile.withValue(true) { LegacyWeights(of: model) }
                try weights.load(from: group, byName: false, file: path)
                names = try weights.savedNames(in: group, file: path)
            }
            // The saved state is that of the file's own optimizer.
            if choice.readsFile, choice.optimizer == nil, let optimizer = model.optimizer, root.contains("optimizer_weights") {
                let saved = try LegacyWeights.values(in: root.group("optimizer_weights"), file: path)
                let variables = FunctionalGraph.$isReadingFile.withValue(true) { model.trainableVariables }
                let ordered = OlderKeras.optimized(variables, version: version) { names[ObjectIdentifier($0)] }
                for (variable, value) in isOlder
                    ? try OlderKeras.values(saved, of: optimizer, for: variables, inOrder: ordered, file: path)
                    : LegacyWeights.values(saved, of: optimizer, for: variables, file: path)
                {
                    variable.assign(value)
                }
                model.orderOptimizer()
            }
            return model
        }
    }

    /// Files have the state of variables in the order of the model's.
    private func orderOptimizer() {
        let inner = (optimizer as? LossScaleOptimizer)?.innerOptimizer ?? optimizer
        inner?.order(by: trainableVariables)
    }

    private static func read(_ json: JSONValue, fileBytes: Int) throws -> Model {
        let missing = MissingParts()
        let model = try MissingParts.$current.withValue(missing) {
            try WeightBudget.$current.withValue(WeightBudget(fileBytes: fileBytes)) {
                try Argument.throwing { try ModelReader.model(json) }
            }
        }
        model.missingPart = missing.warn()
        return model
    }

    /// Adds the file to an error that does not name it.
    private static func located<R>(_ place: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            if let location = error.location, location.contains(".h5") || location.contains(".keras") { throw error }
            throw MartletError(error.message, at: place + (error.location.map { ", \($0)" } ?? ""))
        }
    }

    /// The configuration as JSON, without weights, as Keras's `Model.to_json` returns it.
    /// - Throws: `MartletError` for a subclass of `Model` that is not registered.
    public func toJSON() throws -> String {
        try requireDescription()
        return describe().serialized()
    }

    /// Makes a model from a configuration of `toJSON` or Keras, with new weights. It is compiled if the configuration says
    /// how.
    /// - Throws: `MartletError` with the layer and the argument, when the text is not such a configuration.
    public static func fromJSON(_ text: String) throws -> Model {
        let json = try JSONValue(parsing: text)
        let older = OlderKeras.older(try json.valueIfPresent(at: ["keras_version"]))
        let model = try WeightBudget.$current.withValue(WeightBudget()) {
            try Argument.throwing { try ModelReader.model(older == nil ? json : OlderKeras.model(json)) }
        }
        try CompileConfiguration.apply(json["compile_config"], to: model, CompilationChoice(), older: older)
        return model
    }

    /// A model with the same configuration and new weights, not compiled, as from Keras's `clone_model`.
    /// - Throws: `MartletError` for a subclass of `Model` that is not registered.
    public func clone() throws -> Model {
        try requireDescription()
        let json = JSONValue.object(ModelWriter.describe(self))
        return try Argument.throwing { try ModelReader.model(json) }
    }

    /// The configuration, with the parts that belong to the whole model.
    private func describe() -> JSONValue {
        var json = ModelWriter.describe(self)
        if let config = CompileConfiguration.describe(self) { json["compile_config"] = config }
        return .object(json)
    }

    private func legacyContent() -> HDF5GroupContent {
        let root = HDF5GroupContent()
        let described = ModelWriter.describe(self)
        let config = JSONValue.object(described).serialized()
        root.attributes = [
            ("keras_version", .text("3.0.0")), ("backend", .text("tensorflow")), ("model_config", .text(config)),
        ]
        if case .object(var training)? = CompileConfiguration.describe(self, withoutNames: true) {
            training["optimizer_config"] = training["optimizer"]
            training["optimizer"] = nil
            root.attributes.append(("training_config", .text(JSONValue.object(training).serialized())))
        }
        LegacyWeights(of: self).write(to: root.group("model_weights"))
        if let optimizer {
            let group = root.group("optimizer_weights")
            let variables = optimizer.savedVariables
            // A loss scaling optimizer and the one inside it have variables of one name.
            var names: [String] = []
            for variable in variables {
                names.append(names.contains(variable.path) ? "\(optimizer.name)/\(variable.path)" : variable.path)
            }
            LegacyWeights.add(names, as: "weight_names", to: group)
            for (variable, name) in zip(variables, names) { group.add(variable.storedValue, at: name) }
        }
        return root
    }

    private func requireDescription() throws {
        guard graph != nil || self is Sequential || CustomObjects.registeredName(of: self) != nil else {
            throw MartletError(
                "Expected a Sequential or functional model: only a subclass's code knows what it computes. Save its weights "
                    + "with saveWeights(to:), or register it with register.", at: name)
        }
        if let layer = firstUnknownLayer {
            throw MartletError(
                "Expected layers that files can name. Received: \"\(layer.name)\", a \(layer.className). Make it a class "
                    + "that takes a configuration, and register it with register.", at: name)
        }
    }
}
