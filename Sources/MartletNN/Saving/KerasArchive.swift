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
    func config() throws -> JSONValue {
        let text = try archive.read(KerasArchive.configuration)
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw MartletError(error.message, at: "\(path):\(KerasArchive.configuration)")
        }
    }

    /// A file of a layer, nil when there is none.
    func asset(_ name: String) throws -> [UInt8]? { archive.contains(name) ? try archive.read(name) : nil }

    /// The bytes of the weights file.
    func weightBytes() throws -> [UInt8] { try archive.read(KerasArchive.weights) }

    /// The weights.
    func weights() throws -> HDF5Group {
        try HDF5File(weightBytes(), name: "\(path):\(KerasArchive.weights)").root
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
