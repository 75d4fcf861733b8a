import MartletCore

/// What a pooling makes of the elements that it joins: ``PoolingMax`` or ``PoolingMean``.
public protocol PoolingKind: Sendable {
    /// Keras's word for it.
    static var name: String { get }
    /// One element for each window.
    static func pool(_ x: Tensor, size: [Int], strides: [Int], padding: Padding) -> Tensor
    /// One element for each of as many parts as are asked for.
    static func pool(_ x: Tensor, to size: [Int]) -> Tensor
    /// One element for all along axes; where the mask, which broadcasts, is false, they may be left out.
    static func pool(_ x: Tensor, axes: [Int], keepDims: Bool, mask: Tensor?) -> Tensor
}

/// The largest element.
public enum PoolingMax: PoolingKind {
    public static var name: String { "Max" }

    public static func pool(_ x: Tensor, size: [Int], strides: [Int], padding: Padding) -> Tensor {
        maxPool(x, size: size, strides: strides, padding: padding)
    }
    public static func pool(_ x: Tensor, to size: [Int]) -> Tensor { adaptiveMaxPool(x, to: size) }
    public static func pool(_ x: Tensor, axes: [Int], keepDims: Bool, mask: Tensor?) -> Tensor {
        x.max(axes: axes, keepDims: keepDims)
    }
}

/// The mean; padding does not count.
public enum PoolingMean: PoolingKind {
    public static var name: String { "Average" }

    public static func pool(_ x: Tensor, size: [Int], strides: [Int], padding: Padding) -> Tensor {
        averagePool(x, size: size, strides: strides, padding: padding)
    }
    public static func pool(_ x: Tensor, to size: [Int]) -> Tensor { adaptiveAveragePool(x, to: size) }
    public static func pool(_ x: Tensor, axes: [Int], keepDims: Bool, mask: Tensor?) -> Tensor {
        guard let mask else { return x.mean(axes: axes, keepDims: keepDims) }
        let total = `where`(mask, x, 0).sum(axes: axes, keepDims: keepDims)
        return total / mask.cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
    }
}

