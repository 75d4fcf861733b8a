import MartletCore
import MartletFormats

/// The spectrum of each frame of a signal, by a convolution whose kernels are weights, so that they can be trained.
///
/// Shapes: [batch, time, channels] gives [batch, frames, channels * frequencies], or with `expandDims` [batch, frames,
/// frequencies, channels]; with `channelsFirst` [batch, channels, time] gives [batch, channels * frequencies, frames] or
/// [batch, channels, frames, frequencies]. There are `fftLength / 2 + 1` frequencies, twice as many for `.stft`.
///
/// Source: [`keras.layers.STFTSpectrogram`](https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/).
public final class STFTSpectrogram: Layer, ConfigurableLayer, Described {
    /// What the layer gives of the spectrum.
    public enum Mode: String, Sendable, CaseIterable, ArgumentValue {
        /// The logarithm of the magnitude.
        case log
        /// The magnitude.
        case magnitude
        /// The power, with that of negative frequencies.
        case psd
        /// The real part.
        case real
        /// The imaginary part.
        case imag
        /// The angle.
        case angle
        /// The real part, then the imaginary one.
        case stft
    }

    /// What the layer gives of the spectrum.
    public private(set) var mode: Mode
    /// The number of samples of a frame.
    public private(set) var frameLength: Int
    /// From one frame to the next; half a frame when nil.
    public private(set) var frameStep: Int?
    /// The length of the Fourier transform, at least a frame; when nil the next power of two.
    public private(set) var fftLength: Int?
    /// The weights of a frame's samples; nil for none.
    public private(set) var window: SignalWindow?
    /// Whether the window is periodic, otherwise symmetric.
    public private(set) var periodic: Bool
    /// How the spectrum is scaled; nil for not at all.
    public private(set) var scaling: SpectrumScaling?
    /// How the signal is extended, `.valid` or `.same`.
    public private(set) var padding: Padding
    /// Whether channels keep an axis of their own.
    public private(set) var expandDims: Bool
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    private var realKernel, imagKernel: Variable?

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ mode: Mode = .log, frameLength: Int = 256, frameStep: Int? = nil, fftLength: Int? = nil,
        window: SignalWindow? = .hann, periodic: Bool = false, scaling: SpectrumScaling? = .density,
        padding: Padding = .valid, expandDims: Bool = false, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.mode = mode
        self.frameLength = frameLength
        self.frameStep = frameStep
        self.fftLength = fftLength
        self.window = window
        self.periodic = periodic
        self.scaling = scaling
        self.padding = padding
        self.expandDims = expandDims
        self.dataFormat = dataFormat
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = Arguments(default: STFTSpectrogram()) {
        let isLength = Requirement<Int>("an integer in 1...16384") { (1...1 << 14).contains($0) }
        $0("mode", \.mode)
        $0("frame_length", \.frameLength, isLength)
        $0("frame_step", \.frameStep, isLength)
        $0("fft_length", \.fftLength, isLength)
        $0("window", \.window)
        $0("periodic", \.periodic)
        $0("scaling", \.scaling)
        $0("padding", \.padding, .oneOf([.valid, .same]))
        $0("expand_dims", \.expandDims)
        $0("data_format", \.dataFormat)
        $0.check { layer in
            Argument.check(
                layer.frameStep ?? 1 <= layer.frameLength, "STFTSpectrogram", "frameStep",
                expected: "at most the frame's length \(layer.frameLength)", received: layer.frameStep ?? 0)
            Argument.check(
                layer.fftLength ?? layer.frameLength >= layer.frameLength, "STFTSpectrogram", "fftLength",
                expected: "at least the frame's length \(layer.frameLength)", received: layer.fftLength ?? 0)
            if case .values(let values)? = layer.window {
                Argument.check(
                    values.count == layer.frameLength, "STFTSpectrogram", "window",
                    expected: "\(layer.frameLength) weights", received: values.count)
            }
        }
    }

    private var step: Int { frameStep ?? max(1, frameLength / 2) }
    private var frequencies: Int {
        var power = 1
        while power < frameLength { power *= 2 }
        return (fftLength ?? power) / 2 + 1
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        func kernel(_ name: String, _ side: STFT.Side) -> Variable {
            addWeight(
                name, shape: [frameLength, 1, frequencies],
                initializer: STFT(side: side, window: window, scaling: scaling, periodic: periodic))
        }
        if mode != .imag { realKernel = kernel("real_kernel", .real) }
        if mode != .real { imagKernel = kernel("imag_kernel", .imag) }
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        let signals = dataFormat == .channelsLast ? x.transposed(permutation: [0, 2, 1]) : x
        let (batch, channels, time) = (signals.shape[0], signals.shape[1], signals.shape[2])
        let folded = signals.reshaped(to: [batch * channels, time, 1])
        func part(_ kernel: Variable?) -> Tensor? {
            kernel.map { conv(folded, $0.value, strides: [step], padding: padding) }
        }
        let spectrum = found(part(realKernel), part(imagKernel))
        let (frames, numbers) = (spectrum.shape[1], spectrum.shape[2])
        let split = spectrum.reshaped(to: [batch, channels, frames, numbers])
        switch (dataFormat, expandDims) {
        case (.channelsFirst, true): return split
        case (.channelsFirst, false):
            return split.transposed(permutation: [0, 1, 3, 2]).reshaped(to: [batch, channels * numbers, frames])
        case (.channelsLast, true): return split.transposed(permutation: [0, 2, 3, 1])
        case (.channelsLast, false):
            return split.transposed(permutation: [0, 2, 1, 3]).reshaped(to: [batch, frames, channels * numbers])
        }
    }

    /// What the mode asks for, of both parts, [signals, frames, frequencies].
    private func found(_ real: Tensor?, _ imaginary: Tensor?) -> Tensor {
        guard let real, let imaginary else { return (real ?? imaginary)! }
        if mode == .angle { return atan2(imaginary, real) }
        if mode == .stft { return .concatenate([real, imaginary], axis: -1) }
        let power = real.square() + imaginary.square()
        if mode == .psd {
            guard frequencies > 2 else { return power }
            let middle = power.split(sizes: [1, frequencies - 2, 1], axis: 2)[1]
            return power + middle.padded([(0, 0), (0, 0), (1, 1)])
        }
        let magnitude = maximum(power, 1e-7).squareRoot()
        return mode == .magnitude ? magnitude : maximum(magnitude, 1e-7).log()
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try dataFormat.channelsLast(Spatial1D.onlyInput(inputShapes))
        let windows = try Windows.outputShape(of: shape, window: [frameLength], strides: [step], padding: padding)
        let numbers = frequencies * (mode == .stft ? 2 : 1)
        let (frames, channels) = (windows[1], shape[2])
        switch (dataFormat, expandDims) {
        case (.channelsFirst, true): return [[shape[0], channels, frames, numbers]]
        case (.channelsFirst, false): return [[shape[0], channels.map { $0 * numbers }, frames]]
        case (.channelsLast, true): return [[shape[0], frames, numbers, channels]]
        case (.channelsLast, false): return [[shape[0], frames, channels.map { $0 * numbers }]]
        }
    }

    package static var samples: [LayerSample] {
        @Sendable func layer(_ mode: Mode, same: Bool = false, expands: Bool = false, first: Bool = false) -> STFTSpectrogram {
            STFTSpectrogram(
                mode, frameLength: 4, frameStep: 3, fftLength: same ? 6 : nil, periodic: same, padding: same ? .same : .valid,
                expandDims: expands, dataFormat: first ? .channelsFirst : .channelsLast, dtype: .float64)
        }
        let bad: [[PartialShape]] = [[[nil, 9]], [[nil, 3, 1]]]
        return [
            LayerSample("magnitude", layer(.magnitude), [[9, 2]], bad: bad),
            LayerSample("log", layer(.log, same: true, expands: true), [[9, 2]]),
            LayerSample("psd", layer(.psd, first: true), [[2, 9]]),
            LayerSample("real", layer(.real, expands: true, first: true), [[1, 9]]),
            LayerSample("imaginary", layer(.imag, same: true), [[9, 1]]),
            LayerSample("both", layer(.stft, same: true), [[9, 1]]),
        ]
    }
}
