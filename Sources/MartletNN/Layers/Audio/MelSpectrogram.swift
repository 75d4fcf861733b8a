import Foundation
import MartletCore
import MartletFormats

/// The power of each frame of a signal in bands of the mel scale, which is close to how ears tell tones apart.
///
/// Shapes: [batch, time] or [time] gives [batch, bands, frames] or [bands, frames]. The signal is mirrored at its ends, so that
/// frames are centred: there is one for each stride, and one more.
///
/// Source: [`keras.layers.MelSpectrogram`](https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/).
public final class MelSpectrogram: Layer, ConfigurableLayer, Described {
    /// The length of the Fourier transform.
    public private(set) var fftLength: Int
    /// From one frame to the next.
    public private(set) var sequenceStride: Int
    /// The number of samples that the window covers, at most the Fourier transform's length; nil for that.
    public private(set) var sequenceLength: Int?
    /// The weights of a frame's samples, periodic; nil for none.
    public private(set) var window: SignalWindow?
    /// Samples per second.
    public private(set) var samplingRate: Int
    /// The number of bands.
    public private(set) var melBinCount: Int
    /// Where the bands begin, in hertz.
    public private(set) var minFrequency: Double
    /// Where the bands end, in hertz; nil for half the sampling rate.
    public private(set) var maxFrequency: Double?
    /// Whether the result is in decibels.
    public private(set) var powerToDB: Bool
    /// How far below the greatest value of a batch decibels may be; what is below is raised.
    public private(set) var topDB: Double
    /// To which power magnitudes are raised.
    public private(set) var magnitudeExponent: Double
    /// What smaller powers count as, in decibels.
    public private(set) var minPower: Double
    /// The power of 0 decibels.
    public private(set) var referencePower: Double

    /// Makes a layer. The properties describe the arguments.
    public init(
        fftLength: Int = 2048, sequenceStride: Int = 512, sequenceLength: Int? = nil, window: SignalWindow? = .hann,
        samplingRate: Int = 16000, melBinCount: Int = 128, minFrequency: Double = 20, maxFrequency: Double? = nil,
        powerToDB: Bool = true, topDB: Double = 80, magnitudeExponent: Double = 2, minPower: Double = 1e-10,
        referencePower: Double = 1, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.fftLength = fftLength
        self.sequenceStride = sequenceStride
        self.sequenceLength = sequenceLength
        self.window = window
        self.samplingRate = samplingRate
        self.melBinCount = melBinCount
        self.minFrequency = minFrequency
        self.maxFrequency = maxFrequency
        self.powerToDB = powerToDB
        self.topDB = topDB
        self.magnitudeExponent = magnitudeExponent
        self.minPower = minPower
        self.referencePower = referencePower
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: MelSpectrogram()) {
        let isLength = Requirement<Int>("an integer in 1...16384") { (1...1 << 14).contains($0) }
        $0("fft_length", \.fftLength, isLength)
        $0("sequence_stride", \.sequenceStride, isLength)
        $0("sequence_length", \.sequenceLength, isLength)
        $0("window", \.window)
        $0("sampling_rate", \.samplingRate, .atLeast(1))
        $0("num_mel_bins", \.melBinCount, name: "melBinCount", isLength)
        $0("min_freq", \.minFrequency, name: "minFrequency", .atLeast(0))
        $0("max_freq", \.maxFrequency, name: "maxFrequency", .positive)
        $0("power_to_db", \.powerToDB)
        $0("top_db", \.topDB)
        $0("mag_exp", \.magnitudeExponent, name: "magnitudeExponent", .positive)
        $0("min_power", \.minPower, .positive)
        $0("ref_power", \.referencePower, name: "referencePower")
        $0.check { layer in
            let length = layer.sequenceLength ?? layer.fftLength
            Argument.check(
                length <= layer.fftLength, "MelSpectrogram", "sequenceLength",
                expected: "at most the Fourier transform's length \(layer.fftLength)", received: length)
            if case .values(let values)? = layer.window {
                Argument.check(
                    values.count == length, "MelSpectrogram", "window", expected: "\(length) weights",
                    received: values.count)
            }
            Argument.check(
                layer.minFrequency < layer.greatestFrequency, "MelSpectrogram", "minFrequency",
                expected: "less than the greatest frequency \(layer.greatestFrequency)", received: layer.minFrequency)
        }
    }

    private var greatestFrequency: Double { maxFrequency ?? Double(samplingRate / 2) }

    /// The kernels of a convolution that gives the real and imaginary parts: [fftLength, 1, 2 * frequencies].
    private lazy var waves: Tensor = Context.current.outsideTrace {
        let length = sequenceLength ?? fftLength
        let (start, count) = ((fftLength - length) / 2, fftLength / 2 + 1)
        let weights = window?.weights(length, isPeriodic: true)
        var values = [Double](repeating: 0, count: fftLength * 2 * count)
        for sample in 0..<fftLength {
            let isInside = (start..<start + length).contains(sample)
            // Without a window, the whole of the frame counts.
            let weight = weights.map { isInside ? $0[sample - start] : 0 } ?? 1
            for frequency in 0..<count where weight != 0 {
                let angle = -2 * Double.pi * Double(sample * frequency % fftLength) / Double(fftLength)
                values[sample * 2 * count + frequency] = weight * cos(angle)
                values[sample * 2 * count + count + frequency] = weight * sin(angle)
            }
        }
        return Tensor(values, shape: [fftLength, 1, 2 * count])
    }

    /// How much each frequency gives to each band: [frequencies, bands], triangles over the mel scale.
    private lazy var bands: Tensor = Context.current.outsideTrace {
        func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }
        let count = fftLength / 2 + 1
        let (low, high) = (mel(minFrequency), mel(greatestFrequency))
        let edges = (0..<melBinCount + 2).map { low + (high - low) * Double($0) / Double(melBinCount + 1) }
        var values = [Double](repeating: 0, count: count * melBinCount)
        // The constant part of a signal belongs to no band.
        for frequency in 1..<max(1, count) {
            let place = mel(Double(samplingRate) / 2 * Double(frequency) / Double(count - 1))
            for band in 0..<melBinCount {
                let up = (place - edges[band]) / (edges[band + 1] - edges[band])
                let down = (edges[band + 2] - place) / (edges[band + 2] - edges[band + 1])
                values[frequency * melBinCount + band] = max(0, min(up, down))
            }
        }
        return Tensor(values, shape: [count, melBinCount])
    }
    private let constantsLock = NSLock()

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let type: DType = computeDType == .float64 ? .float64 : .float32
        let (waves, bands) = constantsLock.withLock { (self.waves.cast(to: type), self.bands.cast(to: type)) }
        let signal = x.cast(to: type)
        let half = fftLength / 2
        let pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank - 1) + [(half, half)]
        let padded = signal.padded(pads, mode: .reflect)
        let frames = conv(padded.reshaped([-1, padded.shape[-1], 1]), waves, strides: [sequenceStride])
        let parts = frames.split(count: 2, axis: 2)
        let energy = parts[0].square() + parts[1].square()
        let power = magnitudeExponent == 2 ? energy : maximum(energy, 1e-30).pow(magnitudeExponent / 2)
        var mel = matmul(power, bands)
        if powerToDB, mel.elementCount > 0 {
            let reference = 10 * log10(max(abs(referencePower), minPower))
            mel = maximum(mel, minPower).log() * (10 / log(10)) - reference
            mel = maximum(mel, mel.max() - topDB)
        }
        mel = mel.transposed(permutation: [0, 2, 1]).cast(to: computeDType)
        return mel.reshaped(to: Shape(x.shape.dimensions.dropLast() + mel.shape.dimensions.suffix(2)))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 1 else { throw MartletError("Expected signals (batch, time). Received: shape \(shape).") }
        let half = fftLength / 2
        if let time = shape[-1], time <= half {
            throw MartletError("Expected signals of more than \(half) samples. Received: shape \(shape).")
        }
        let frames = shape[-1].map { ($0 + 2 * half - fftLength) / sequenceStride + 1 }
        return [PartialShape(shape.dimensions.dropLast() + [melBinCount, frames])]
    }

    package static var samples: [LayerSample] {
        @Sendable func layer(_ inDB: Bool, exponent: Double = 2) -> MelSpectrogram {
            MelSpectrogram(
                fftLength: 8, sequenceStride: 3, sequenceLength: inDB ? 6 : nil, window: inDB ? .hamming : .hann,
                samplingRate: 100, melBinCount: 2, minFrequency: 1, powerToDB: inDB, magnitudeExponent: exponent, dtype: .float64)
        }
        return [
            LayerSample("power", layer(false), [[13]], bad: [[[nil, 4]], [[]]]),
            LayerSample("magnitude", layer(false, exponent: 1), [[13]]), LayerSample("decibels", layer(true), [[13]]),
        ]
    }
}
