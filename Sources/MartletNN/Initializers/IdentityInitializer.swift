import MartletCore

/// Makes a matrix with `gain` on the diagonal and zeros elsewhere.
///
/// Source: [`keras.initializers.Identity`](https://keras.io/api/layers/initializers/#identity-class).
public struct IdentityInitializer: Initializer, Described {
    /// `Identity` alone is the layer's name.
    public static let className = "Identity"

    /// The numbers on the diagonal.
    public private(set) var gain: Double

    /// Makes an initializer.
    public init(gain: Double = 1) { self.gain = gain }

    public static let arguments = Arguments(default: IdentityInitializer()) { $0("gain", \.gain) }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        guard require(shape.rank == 2, "Identity", "Expected a weight of rank 2. Received: shape \(shape).") else {
            return .substitute(TensorSpec(shape, dtype))
        }
        return gain * Tensor.eye(shape[0], shape[1], dtype: dtype)
    }
}

extension Initializer where Self == IdentityInitializer {
    /// The identity matrix, times `gain`.
    public static func identity(gain: Double = 1) -> IdentityInitializer { IdentityInitializer(gain: gain) }
}
