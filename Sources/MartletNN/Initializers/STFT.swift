import Foundation
import MartletCore

/// Makes the kernel of a convolution that takes the short-time Fourier transform: [frame length, 1, frequencies], the cosine or
/// the sine of each frequency at each sample, times a window.
///
/// Source: [`keras.initializers.STFT`](https://keras.io/api/layers/initializers/).
public struct STFT: Initializer, Described {
    /// The two parts of a complex spectrum.
    public enum Side: String, Sendable, CaseIterable, ArgumentValue { case real, imag }

    /// Which part is made.
    public private(set) var side: Side
    /// The weights of a frame's samples; nil for none, and then no scaling.
    public private(set) var window: SignalWindow?
    /// How the spectrum is scaled; nil for not at all.
    public private(set) var scaling: SpectrumScaling?
    /// Whether the window is periodic, otherwise symmetric.
    public private(set) var periodic: Bool

    /// Makes an initializer. The properties describe the arguments.
    public init(
        side: Side = .real, window: SignalWindow? = .hann, scaling: SpectrumScaling? = .density, periodic: Bool = false
    ) {
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic
    }

    public static let arguments = Arguments(default: STFT()) {
        $0("side", \.side)
        $0("window", \.window)
        $0("scaling", \.scaling)
        $0("periodic", \.periodic)
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        let weights = shape.rank == 3 ? window?.weights(shape[0], isPeriodic: periodic) : nil
        guard
            require(
                shape.rank == 3 && weights?.count ?? shape[0] == shape[0], "STFT",
                "Expected a weight (frame length, channels, frequencies), and a window as long as a frame. Received: shape "
                    + "\(shape), a window of \(weights?.count ?? 0).")
        else { return .substitute(TensorSpec(shape, dtype)) }
        let (length, channels, frequencies) = (shape[0], shape[1], shape[2])
        let divisor: Double =
            switch scaling {
            case .density: weights.map { $0.reduce(0) { $0 + $1 * $1 } }?.squareRoot() ?? 1
            case .spectrum: weights.map { $0.reduce(0) { $0 + abs($1) } } ?? 1
            case nil: 1
            }
        let period = max(1, 2 * (frequencies - 1))
        var values: [Double] = []
        values.reserveCapacity(shape.elementCount)
        for sample in 0..<length {
            for _ in 0..<channels {
                for frequency in 0..<frequencies {
                    // Whole turns are left out, so that the angle is exact.
                    let angle = -2 * Double.pi * Double(sample * frequency % period) / Double(period)
                    let wave = side == .real ? cos(angle) : sin(angle)
                    values.append(wave * (weights?[sample] ?? 1) / divisor)
                }
            }
        }
        return Tensor(values, shape: shape).cast(to: dtype)
    }
}
