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
        switch try? WeightFormat(path: path) {
        case .keras:
            try KerasArchive.write(
                config: describe(), content: kerasContent(), assets: KerasLayout(of: self).assets, to: path)
        case .hdf5 where !path.hasSuffix(".weights.h5"):
            try HDF5Writer.write(LookupOptions.$writesVocabularies.withValue(true, operation: legacyContent), to: path)
        default:
            throw MartletError(
                "Expected a name that ends in .keras or .h5 for a whole model; saveWeights(to:) saves weights alone.",
                at: path)
        }
    }

    /// Loads a model that `save` or Keras wrote: `.keras`, or Keras's legacy `.h5`.
    ///
    /// ```swift
    /// let model = try Model.load(from: "model.keras")
    /// try model.fit(x, y, epochs: 5)
    /// ```
    ///
    /// - Parameter compile: whether to compile it as the file says. The optimizer gets its saved state; from a legacy file it
    ///   starts anew, as in Keras. Where the file names losses, metrics or optimizers that are not known, the model is not
    ///   compiled, and a warning says what to ``register(_:package:)``.
    /// - Throws: `MartletError` with the file and the place in it, when it cannot be read or holds something that is not
    ///   known.
    public static func load(from path: String, compile: Bool = true) throws -> Model {
        switch try? WeightFormat(path: path) {
        case .keras: return try load(KerasArchive(path), path, compile: compile)
        case .hdf5: return try load(legacy: FileIO.read(path), path, compile: compile)
        default: throw MartletError("Expected the name of a model file, which ends in .keras or .h5.", at: path)
        }
    }

    package static func load(keras bytes: [UInt8], name: String, compile: Bool = true) throws -> Model {
        try load(KerasArchive(bytes, name: name), name, compile: compile)
    }

    private static func load(_ archive: KerasArchive, _ path: String, compile: Bool) throws -> Model {
        let bytes = try archive.weightBytes()
        let root = try HDF5File(bytes, name: "\(path):\(KerasArchive.weights)").root
        let config = try archive.config()
        return try located("\(path):\(KerasArchive.configuration)") {
            let model = try read(config, fileBytes: bytes.count)
            if compile, let json = config["compile_config"], json != .null {
                CompileConfiguration.apply(json, to: model)
            }
            try model.loadState(from: root, file: "\(path):\(KerasArchive.weights)")
            try KerasLayout(of: model).loadAssets(from: archive)
            // A file that was saved before training holds no slots. They start from the loaded weights.
            model.optimizer?.build(model.trainableVariables)
            return model
        }
    }

    package static func load(legacy bytes: [UInt8], _ path: String, compile: Bool) throws -> Model {
        let root = try HDF5File(bytes, name: path).root
        guard let text = try root.attribute("model_config")?.text else {
            throw MartletError(
                "Expected a whole model. The file has no model_config: it holds only weights. Use loadWeights(from:).",
                at: path)
        }
        return try located(path) {
            let model = try read(JSONValue(parsing: text), fileBytes: bytes.count)
            if compile, let text = try root.attribute("training_config")?.text {
                CompileConfiguration.apply(try JSONValue(parsing: text), to: model)
            }
            if let group = try LegacyWeights.group(in: root) {
                try LegacyWeights(of: model).load(from: group, byName: false, file: path)
            }
            return model
        }
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
        let model = try WeightBudget.$current.withValue(WeightBudget()) {
            try Argument.throwing { try ModelReader.model(json) }
        }
        if let config = json["compile_config"], config != .null { CompileConfiguration.apply(config, to: model) }
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
            LegacyWeights.add(optimizer.savedVariables.map(\.path), as: "weight_names", to: group)
            for variable in optimizer.savedVariables { group.add(variable.storedValue, at: variable.path) }
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
