import Foundation
import MartletData
import MartletFormats

/// Tells what `--data` names from other data, at a cost that does not grow with it: the names and sizes of all files, and bytes
/// from 64 places, from the first to the last. Of data up to 4 MiB that is every byte.
enum DataDigest {
    private static let places = 64
    private static let bytesOfPlace = 64 << 10

    /// Nil for data that cannot be read, which is an error elsewhere.
    static func digest(_ data: String) -> String? {
        guard let files = try? files(data) else { return nil }
        let hash = SHA256()
        var total = 0
        for file in files {
            Array("\(file.name) \(file.size)\n".utf8).withUnsafeBytes { hash.write($0) }
            total += file.size
        }
        // All files count as one long one, which is read in steps so long that each has its place.
        let step = max(bytesOfPlace, total / places)
        var (start, next) = (0, 0)
        for file in files {
            let handle = next < start + file.size ? FileHandle(forReadingAtPath: file.path) : nil
            while next < start + file.size {
                guard let handle, (try? handle.seek(toOffset: UInt64(next - start))) != nil else { return nil }
                (try? handle.read(upToCount: bytesOfPlace))?.withUnsafeBytes { hash.write($0) }
                next += step
            }
            start += file.size
        }
        return shortened(hash.hexDigest())
    }

    /// Tells bytes from others.
    static func digest(of bytes: some Sequence<UInt8>) -> String { shortened(SHA256.hexDigest(of: Array(bytes))) }

    private static func shortened(_ digest: String) -> String { String(digest.prefix(16)) }

    private static func files(_ data: String) throws -> [(name: String, path: String, size: Int)] {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        let isThere = manager.fileExists(atPath: data, isDirectory: &isFolder)
        let names: [(name: String, path: String)]
        if isThere, isFolder.boolValue {
            names = try manager.subpathsOfDirectory(atPath: data).map { ($0, (data as NSString).appendingPathComponent($0)) }
        } else {
            names = try Dataset.files(matching: data).array().map { (($0 as NSString).lastPathComponent, $0) }
        }
        return try names.sorted { $0.path < $1.path }.compactMap { name, path in
            let facts = try manager.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
            guard facts[.type] as? FileAttributeType == .typeRegular, let size = facts[.size] as? Int else { return nil }
            return (name, path, size)
        }
    }
}
