import Foundation
import MartletCore
import MartletFormats

/// Where a dataset of four IDX files comes from.
package struct DatasetSource: Sendable {
    /// The name of its folder.
    package let name: String
    package let classNames: [String]
    /// Folders where a system's package may have put it.
    package let systemFolders: [String]
    /// HTTPS folders with the four files, as `.gz`. They are tried in order.
    package var addresses: [String]
    /// SHA-256 and size of the four decompressed files, in the order of `IDXFolder.names`. Copies on the web may be
    /// compressed differently, so the compressed bytes are not compared.
    package var contents: [(sha256: String, size: Int)]

    package static let mnist = DatasetSource(
        name: "mnist", classNames: (0...9).map(String.init), systemFolders: [],
        addresses: [
            "https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist",
        ],
        contents: [
            ("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016),
            ("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008),
            ("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016),
            ("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008),
        ])

    package static let fashionMNIST = DatasetSource(
        name: "fashion-mnist",
        classNames: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ],
        systemFolders: ["/usr/share/datasets/fashion-mnist"],
        addresses: [
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
        ],
        contents: [
            ("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47_040_016),
            ("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60_008),
            ("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7_840_016),
            ("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10_008),
        ])

    /// The first folder that holds all four files, of: the one that `MARTLET_DATA` names, a system package's, the cache.
    package func folderOnThisMachine(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        let given = environment["MARTLET_DATA"].map { folder in
            [(folder as NSString).appendingPathComponent(name), folder]
        }
        let candidates = (given ?? []) + systemFolders + [cacheFolder(environment)]
        return candidates.first { IDXFolder($0).isComplete }
    }

    /// Downloads the files that are not in the cache, verifies them, and returns the cache's folder.
    package func download(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        let folder = cacheFolder(environment)
        try FileIO.makeFolder(folder)
        for (file, content) in zip(IDXFolder.names, contents) {
            let path = (folder as NSString).appendingPathComponent(file + ".gz")
            if FileManager.default.fileExists(atPath: path) { continue }
            var failures: [String] = []
            for address in addresses {
                do {
                    let url = "\(address)/\(file).gz"
                    Settings.logger.notice("Downloading \(url)")
                    // A file that does not compress grows by less than this.
                    let bytes = try Download.bytes(of: url, limit: content.size + (1 << 16))
                    let unpacked = try Compression.gunzip(bytes, limit: content.size, name: url)
                    let digest = SHA256.hexDigest(of: unpacked)
                    guard digest == content.sha256 else {
                        throw MartletError(
                            "Expected contents with SHA-256 \(content.sha256). Received \(digest).", at: url)
                    }
                    try FileIO.write(bytes, to: path)
                    failures = []
                    break
                } catch {
                    failures.append("\(error)")
                }
            }
            guard failures.isEmpty else { throw unavailable(folder, failures) }
        }
        return folder
    }

    private func unavailable(_ folder: String, _ failures: [String]) -> MartletError {
        let system = systemFolders.isEmpty ? "" : ", in \(systemFolders.joined(separator: ", "))"
        return MartletError(
            "The dataset \(name) is not on this machine and cannot be downloaded. Looked in MARTLET_DATA\(system) and in "
                + "\(folder). Tried: \(failures.joined(separator: " ")) Put the files "
                + "\(IDXFolder.names.joined(separator: ", ")), plain or with .gz, into a folder and name it: as an "
                + "argument, or in the environment variable MARTLET_DATA.")
    }

    private func cacheFolder(_ environment: [String: String]) -> String {
        let root = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? (NSHomeDirectory() as NSString).appendingPathComponent(".cache")
        return (root as NSString).appendingPathComponent("martlet/\(name)")
    }
}
