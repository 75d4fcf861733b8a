import MartletCore

/// Images with the classes that they belong to, cut into a training and a test set.
///
/// ```swift
/// let data = try Datasets.fashionMNIST()
/// let x = data.train.x.cast(to: .float32).expandingDims(at: -1) / Double(data.maximumPixel)
/// ```
public struct ImageDataset: Sendable {
    /// Images `x`, `uint8` (or floating-point, where files hold such) of shape `(n, height, width)` or
    /// `(n, height, width, channels)`, and labels `y`, `uint8` of shape `(n,)`.
    public typealias Part = (x: Tensor, y: Tensor)

    /// What the dataset is called: `fashion-mnist`.
    public let name: String
    /// What a model learns from.
    public let train: Part
    /// What a model is judged by.
    public let test: Part
    /// What each label stands for, from label 0 on.
    public let classNames: [String]
    /// The value of the brightest pixel: 255, 16 for the digits, 1 for floating-point pixels. Pixels begin at 0.
    public let maximumPixel: Int
}
