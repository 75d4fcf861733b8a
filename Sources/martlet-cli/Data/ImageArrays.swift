import Foundation
import Martlet
import MartletData

/// Images and labels in IDX files with MNIST's names, read into memory.
struct ImageArrays: Sendable {
    /// Images of shape `(n, height, width)` or with channels, and labels of shape `(n,)`.
    let x, y: Tensor
    /// The files.
    let images, labels: String

    /// Reads the files of a part in a folder, those of the other part where they are the only ones. Nil for other folders.
    init?(_ path: String, _ part: IDXFolder.Part) throws {
        let folder = IDXFolder(path)
        let other: IDXFolder.Part = part == .training ? .test : .training
        for part in [part, other] {
            guard let files = folder.files(of: part) else { continue }
            (x, y) = try withErrors { try folder.read(part) }
            (images, labels) = files
            return
        }
        return nil
    }

    var count: Int { y.shape[0] }
}
