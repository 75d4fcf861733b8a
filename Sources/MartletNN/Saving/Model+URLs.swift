import Foundation
import MartletCore
import MartletFormats

// The same files, named by URLs.

extension Model {
    /// Saves the whole model to the file that a URL names. See `save(to:)` for a path.
    /// - Throws: `MartletError` as there, and for a URL that names no file.
    public func save(to url: URL) throws { try save(to: url.filePath()) }

    /// Loads a model from the file that a URL names. See `load(from:compile:)` for a path.
    /// - Throws: `MartletError` as there, and for a URL that names no file.
    public static func load(from url: URL, compile: Bool = true) throws -> Model {
        try load(from: url.filePath(), compile: compile)
    }

    /// Writes the weights to the file that a URL names. See `saveWeights(to:)` for a path.
    /// - Throws: `MartletError` as there, and for a URL that names no file.
    public func saveWeights(to url: URL) throws { try saveWeights(to: url.filePath()) }

    /// Reads the weights from the file that a URL names. See `loadWeights(from:byName:skipMismatch:)` for a path.
    /// - Throws: `MartletError` as there, and for a URL that names no file.
    public func loadWeights(from url: URL, byName: Bool = false, skipMismatch: Bool = false) throws {
        try loadWeights(from: url.filePath(), byName: byName, skipMismatch: skipMismatch)
    }
}
