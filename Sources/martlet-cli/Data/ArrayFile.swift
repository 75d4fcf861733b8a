import Foundation
import Martlet
import MartletFormats
import MartletImages

/// The array in an .npy file that an option names.
/// - Throws: `MartletError`; for a file of another kind, with what can be done with it.
func array(_ path: String, of option: String) throws -> Tensor {
    do {
        return try NPY.read(path)
    } catch let error as MartletError {
        guard let hint = otherKind(path, option) else { throw error }
        throw MartletError("Expected an .npy file for \(option). \(hint)", at: path)
    }
}

/// What a file is that is no .npy file, and how it can be used; nil where that is not known.
private func otherKind(_ path: String, _ option: String) -> String? {
    let name = path.lowercased()
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    let data = option == "--sample-weight" ? "" : " Give what it is in with --data, in place of \(option)."
    if isFolder.boolValue {
        return "Received a folder.\(option == "--sample-weight" ? "" : " Folders of images and of IDX files are for --data.")"
    }
    var first: [UInt8] = []
    if let stream = try? FileStream(path) { first = (try? stream.bytes(min(16, stream.bound), "the file")) ?? [] }
    if first.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) { return nil }
    if first.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
        return "Received a .zip archive, as .npz files are, which hold several arrays. Save the one that is meant by itself: "
            + "numpy.save(\"a.npy\", numpy.load(\"\((path as NSString).lastPathComponent)\")[\"a\"])."
    }
    if first.starts(with: [0x89, 0x50, 0x4E, 0x47]) || first.starts(with: [0xFF, 0xD8, 0xFF]) {
        return "Received an image. Images are read from a folder: give it with --data."
    }
    if [".csv", ".csv.gz", ".tsv", ".tsv.gz"].contains(where: name.hasSuffix) { return "Received a table.\(data)" }
    if name.contains(".tfrecord") { return "Received a TFRecord file.\(data)" }
    if IDX.isFile(path) {
        return "Received an IDX file. Images and labels in such files are read from their folder: give it with --data."
    }
    if first.starts(with: [0x80]) { return "Received a file that pickle may have written. Save the array with numpy.save." }
    return nil
}
