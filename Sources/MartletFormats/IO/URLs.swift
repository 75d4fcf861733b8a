import Foundation
import MartletCore

extension URL {
    /// The path of a file.
    /// - Throws: `MartletError` for a URL that names something else.
    package func filePath() throws -> String {
        guard isFileURL else {
            throw MartletError("Expected the URL of a file: URL(fileURLWithPath:). Received: \(absoluteString).")
        }
        return path
    }
}

extension NPY {
    /// Reads the file that a URL names. See `read(_:)` for a path.
    public static func read(_ url: URL) throws -> Tensor { try read(url.filePath()) }

    /// Writes to the file that a URL names. See `write(_:to:)` for a path.
    public static func write(_ tensor: Tensor, to url: URL) throws { try write(tensor, to: url.filePath()) }
}

extension NPZ {
    /// Reads the file that a URL names. See `read(_:)` for a path.
    public static func read(_ url: URL) throws -> NPZ { try read(url.filePath()) }

    /// Writes to the file that a URL names. See `write(to:compressed:)` for a path.
    public func write(to url: URL, compressed: Bool = false) throws { try write(to: url.filePath(), compressed: compressed) }
}

extension Safetensors {
    /// Reads the file that a URL names. See `read(_:)` for a path.
    public static func read(_ url: URL) throws -> Safetensors { try read(url.filePath()) }

    /// Writes to the file that a URL names. See `write(to:)` for a path.
    public func write(to url: URL) throws { try write(to: url.filePath()) }
}
