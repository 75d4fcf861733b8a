import Foundation
import Martlet

/// An image classifier of `keras.applications`: a network with Keras's layers, names and numbers of parameters, so that its
/// weight files load.
///
/// ```swift
/// let base = try Applications.resNet50(includeTop: false, weights: "notop.h5", inputShape: [96, 96, 3], pooling: .average)
/// base.isTrainable = false
/// let model = Sequential([base, Dense(5, activation: .softmax)])
/// let images = Applications.resNet50.preprocess(pixels)
/// ```
///
/// Source: [`keras.applications`](https://keras.io/api/applications/).
public struct Application: Sendable {
    /// Keras's name of the model: `resnet50`.
    public let name: String
    /// The height and width of images when the input shape is not given.
    public let defaultSize: Int
    /// What `preprocess` does to pixels from 0 to 255.
    public let preprocessing: Preprocessing
    let leastSize: Int
    /// Whether the input has any height and width when its shape is not given, also with the classifier.
    let takesAnySize: Bool
    let build: @Sendable (SymbolicTensor, Top) -> SymbolicTensor

    init(
        _ name: String, size: Int = 224, leastSize: Int = 32, takesAnySize: Bool = false, _ preprocessing: Preprocessing,
        build: @escaping @Sendable (SymbolicTensor, Top) -> SymbolicTensor
    ) {
        (self.name, defaultSize, self.leastSize, self.takesAnySize) = (name, size, leastSize, takesAnySize)
        (self.preprocessing, self.build) = (preprocessing, build)
    }

    /// How the features of the last layer are pooled where there is no classifier.
    public enum Pooling: Sendable {
        /// The mean of each channel.
        case average
        /// The largest number of each channel.
        case max
    }

    /// What is done to pixels from 0 to 255 before the network.
    public enum Preprocessing: Sendable {
        /// Nothing: the network begins with layers that do it.
        case none
        /// To numbers from -1 to 1.
        case symmetric
        /// To numbers from 0 to 1, then less the mean of ImageNet's channels, divided by their standard deviation.
        case standardized
        /// From RGB to BGR, less the mean of ImageNet's channels.
        case centeredBGR
    }

    /// Makes the model.
    /// - Parameters:
    ///   - includeTop: whether the model ends with the classifier.
    ///   - weights: a file of weights, as `Model.loadWeights(from:)` reads them; nil draws random ones. Of a legacy `.h5` file,
    ///     the layers are found by their names. Nothing is downloaded.
    ///   - inputShape: height, width and channels. Nil is `defaultSize` with 3 channels, and without the classifier any size.
    ///   - pooling: what follows the last layer without the classifier; nil leaves (batch, height, width, channels).
    ///   - classes: the number of classes.
    ///   - classifierActivation: that of the classifier; nil gives logits.
    ///   - name: the model's name; nil is Keras's.
    /// - Throws: `MartletError` for sizes below what the network needs, and when the weights cannot be read or do not fit.
    public func callAsFunction(
        includeTop: Bool = true, weights: String? = nil, inputShape: PartialShape? = nil, pooling: Pooling? = nil,
        classes: Int = 1000, classifierActivation: ActivationFunction? = .softmax, name: String? = nil
    ) throws -> Model {
        let anySize = takesAnySize || !includeTop
        let shape = inputShape ?? (anySize ? [nil, nil, 3] : [defaultSize, defaultSize, 3])
        let sizes = shape.dimensions
        guard sizes.count == 3, sizes.prefix(2).allSatisfy({ $0 ?? leastSize >= leastSize }), sizes[2] ?? 0 > 0 else {
            throw MartletError(
                "Expected height, width and channels, of at least \(leastSize) pixels. Received: \(shape).",
                at: "\(self.name), inputShape")
        }
        guard classes >= 1 else {
            throw MartletError("Expected at least 1 class. Received: \(classes).", at: "\(self.name), classes")
        }
        let top = Top(
            name: name ?? self.name, isIncluded: includeTop, classes: classes, activation: classifierActivation ?? .linear,
            pooling: pooling)
        let model = try withErrors {
            let input = Input(shape)
            return Model(inputs: [input], outputs: [build(input, top)], name: top.name)
        }
        if let weights {
            let isLegacy = weights.hasSuffix(".h5") && !weights.hasSuffix(".weights.h5")
            do { try model.loadWeights(from: weights, byName: isLegacy) } catch where isLegacy {
                // Keras 3's files of weights may have this ending, too.
                try model.loadWeights(from: weights)
            }
        }
        return model
    }

    /// What the network takes of pixels from 0 to 255, in RGB, (batch, height, width, 3).
    public func preprocess(_ pixels: Tensor) -> Tensor {
        let x = pixels.dtype.isFloatingPoint ? pixels : pixels.cast(to: .float32)
        func row(_ numbers: [Double]) -> Tensor { Tensor(numbers).cast(to: x.dtype) }
        switch preprocessing {
        case .none: return x
        case .symmetric: return x / 127.5 - 1
        case .standardized: return (x / 255 - row(ImageNet.mean)) / row(ImageNet.deviation)
        case .centeredBGR: return x.reversed(axes: [-1]) - row(ImageNet.meanBGR)
        }
    }

    /// The same as layers of a functional model, whose input are pixels from 0 to 255.
    public func preprocess(_ pixels: SymbolicTensor) -> SymbolicTensor {
        let x = pixels.dtype.isFloatingPoint ? pixels : pixels.cast(to: .float32)
        func row(_ numbers: [Double]) -> Tensor { Tensor(numbers).cast(to: x.dtype) }
        switch preprocessing {
        case .none: return x
        case .symmetric: return x / 127.5 - 1
        case .standardized: return (x / 255 - row(ImageNet.mean)) / row(ImageNet.deviation)
        case .centeredBGR:
            let channels = [x[.ellipsis, 2..<3], x[.ellipsis, 1..<2], x[.ellipsis, 0..<1]]
            return concatenate(channels, axis: -1) - row(ImageNet.meanBGR)
        }
    }
}

/// The mean and the standard deviation of the channels of ImageNet's images, from 0 to 1.
enum ImageNet {
    static let mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225]
    /// Of pixels from 0 to 255, blue first.
    static let meanBGR = [103.939, 116.779, 123.68]
}

/// What follows the last convolution.
struct Top {
    let name: String
    let isIncluded: Bool
    let classes: Int
    let activation: ActivationFunction
    let pooling: Application.Pooling?

    /// The classifier: the mean of each channel, a `Dense` layer. Without it the pooling.
    /// - Parameters:
    ///   - pools: the names of the layers that pool, nil for automatic ones.
    ///   - dropout: between mean and `Dense`.
    func callAsFunction(
        _ x: SymbolicTensor, pools: (average: String?, max: String?) = ("avg_pool", "max_pool"), dropout: Dropout? = nil,
        initializer: any Initializer = .glorotUniform
    ) -> SymbolicTensor {
        guard isIncluded else { return pooled(x, pools) }
        let mean = GlobalAveragePooling2D(name: pools.average)(x)
        let kept = dropout.map { $0(mean) } ?? mean
        return Dense(classes, activation: activation, kernelInitializer: initializer, name: "predictions")(kept)
    }

    /// The pooling of a network without the classifier.
    func pooled(_ x: SymbolicTensor, _ pools: (average: String?, max: String?) = ("avg_pool", "max_pool")) -> SymbolicTensor {
        switch pooling {
        case .average: GlobalAveragePooling2D(name: pools.average)(x)
        case .max: GlobalMaxPooling2D(name: pools.max)(x)
        case nil: x
        }
    }
}

/// The networks of `keras.applications`.
public enum Applications {
    /// All of them.
    public static let all: [Application] = [
        resNet50, resNet101, resNet152, resNet50V2, resNet101V2, resNet152V2, vgg16, vgg19, xception, mobileNetV2,
        mobileNetV3Small, mobileNetV3Large, denseNet121, denseNet169, denseNet201,
    ] + efficientNets + convNeXts
}

// What several networks consist of.

extension SymbolicTensor {
    /// The number of channels.
    var channels: Int { shape[-1] ?? 0 }

    func rectified(_ name: String? = nil) -> SymbolicTensor { Activation(.relu, name: name)(self) }

    /// Padding before a convolution with stride 2, as TensorFlow pads: one less before an even size.
    func paddedForStride2(kernel: Int, name: String) -> SymbolicTensor {
        let edges = [1, 2].map { axis -> (before: Int, after: Int) in
            let adjust = shape[axis].map { 1 - $0 % 2 } ?? 1
            return (kernel / 2 - adjust, kernel / 2)
        }
        return ZeroPadding2D(SpatialEdges(edges), name: name)(self)
    }
}

/// Rounds a number of channels to a multiple of 8, by at most a tenth down.
func roundedChannels(_ channels: Double) -> Int {
    let nearest = max(8, Int(channels + 4) / 8 * 8)
    return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
}
