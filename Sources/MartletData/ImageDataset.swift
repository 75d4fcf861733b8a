import MartletCore

/// Images and their classes, split into a training set and a test set.
///
/// ```swift
/// let data = try Datasets.fashionMNIST()
/// let x = data.train.x.cast(to: .float32).expandingDims(at: -1) / Double(data.maximumPixel)
/// ```
public struct ImageDataset: Sendable {
    /// Images `x`, `uint8` (or floating-point, if the files hold that) of shape `(n, height, width)` or
    /// `(n, height, width, channels)`, and labels `y`, `uint8` of shape `(n,)`.
    public typealias Part = (x: Tensor, y: Tensor)

    /// The name of the dataset: `fashion-mnist`.
    public let name: String
    /// The training set.
    public let train: Part
    /// The test set.
    public let test: Part
    /// The names of the classes, from label 0 on.
    public let classNames: [String]
    /// The value of the brightest pixel: 255, 16 for the digits, 1 for floating-point pixels. Pixels begin at 0.
    public let maximumPixel: Int
}
