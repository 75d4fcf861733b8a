import MartletCore
import MartletFormats

/// A `.keras` file: a zip archive with the model's configuration, its weights, and metadata.
struct KerasArchive {
    static let configuration = "config.json"
    static let metadata = "metadata.json"
    static let weights = "model.weights.h5"

    private let path: String
    private let archive: ZipArchive

    init(_ path: String) throws { try self.init(FileIO.read(path), name: path) }

    init(_ bytes: [UInt8], name: String) throws {
        path = name
        archive = try ZipArchive(bytes, name: name)
    }

    /// The model's configuration.
    func config() throws -> JSONValue { try json(KerasArchive.configuration) }

    /// The version of Keras that wrote the file, nil where it does not say.
    func kerasVersion() throws -> String? {
        guard archive.names.contains(KerasArchive.metadata) else { return nil }
        return try json(KerasArchive.metadata).valueIfPresent(at: ["keras_version"])
    }

    private func json(_ name: String) throws -> JSONValue {
        // Text is packed to a twentieth, at best.
        let packed = try archive.sizes(of: name).packed
        let text = try archive.read(name, limit: min(64 << 20, 8 << 20 + 100 * packed))
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw MartletError(error.message, at: "\(path):\(name)")
        }
    }

    /// A file of a layer, nil when there is none.
    func asset(_ name: String) throws -> [UInt8]? {
        guard archive.contains(name) else { return nil }
        // Text is packed to a twentieth, at best.
        return try archive.read(name, limit: 8 << 20 + 100 * archive.sizes(of: name).packed)
    }

    /// The size of the weights file, unpacked.
    func weightSize() throws -> Int { try archive.sizes(of: KerasArchive.weights).unpacked }

    /// The weights of a model or a layer. A file that is far larger than these is not unpacked.
    func weights(of layer: Layer) throws -> HDF5Group {
        let bytes = try archive.read(KerasArchive.weights, limit: KerasLayout(of: layer).largestFile)
        return try HDF5File(bytes, name: "\(path):\(KerasArchive.weights)").root
    }

    /// Writes a file, which appears whole or not at all. Keras 3 uses its own version as the version of its files.
    static func write(
        config: JSONValue, content: HDF5GroupContent, assets: [(name: String, bytes: [UInt8])], to path: String
    ) throws {
        let metadata: JSONValue = ["keras_version": "3.0.0", "date_saved": "1980-01-01@00:00:00"]
        try ZipWriter.write(
            [
                (KerasArchive.metadata, Array(metadata.serialized().utf8)),
                (configuration, Array(config.serialized().utf8)),
                (weights, try HDF5Writer.bytes(of: content, name: path)),
            ] + assets, to: path)
    }
}
