import MartletCore
import MartletFormats

extension FeatureSpace {
    /// Saves the space with what it learned: a `.keras` archive, which Keras opens with `keras.models.load_model`.
    /// - Throws: `MartletError` when the file cannot be written, or its name does not end in `.keras`.
    public func save(to path: String) throws {
        guard path.hasSuffix(".keras") else { throw MartletError("Expected a name that ends in .keras.", at: path) }
        try prepare()
        var json: JSONObject = [
            "module": "keras.utils", "class_name": "FeatureSpace", "config": .object(config), "registered_name": .null,
        ]
        json["build_config"] = .object(
            Dictionary(uniqueKeysWithValues: featureNames.map { ($0, ["input_shape": .array([.null, 1])]) }))
        try KerasArchive.write(
            config: .object(json), content: kerasContent(), assets: KerasLayout(of: self).assets, to: path)
    }

    /// Loads a space that `save` or Keras wrote.
    /// - Throws: `MartletError` when the file cannot be read, or holds something else.
    public static func load(from path: String) throws -> FeatureSpace {
        let archive = try KerasArchive(path)
        let config = try archive.config()
        let space = try WeightBudget.$current.withValue(WeightBudget(fileBytes: archive.weightSize())) {
            try Argument.throwing { () -> FeatureSpace in
                guard let space = try ModelReader.layer(config) as? FeatureSpace else {
                    throw MartletError("Expected a FeatureSpace. The file holds another layer or a model.", at: path)
                }
                try space.prepare()
                return space
            }
        }
        try space.loadState(from: archive.weights(of: space), file: path)
        try KerasLayout(of: space).loadAssets(from: archive)
        return space
    }
}
