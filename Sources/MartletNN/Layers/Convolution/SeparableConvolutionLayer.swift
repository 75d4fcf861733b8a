import MartletCore
import MartletFormats

/// What separable convolutions share: a convolution of each channel by itself, then one of single places that joins the
/// channels.
public class SeparableConvolutionLayer: DepthwiseConvolutionLayer {
    /// The number of output channels.
    public let filters: Int
    /// [1..., channels * depthMultiplier, filters]; nil until the layer is built.
    public private(set) var pointwiseKernel: Variable!

    private let pointwise: WeightRole

    init(rank: Int, filters: Int, pointwise: WeightRole, _ options: Options) {
        self.filters = filters
        self.pointwise = pointwise
        super.init(rank: rank, options)
        Argument.check(filters >= 1, className, "filters", expected: "a positive integer", received: filters)
    }

    init(rank: Int, config: Configuration) throws {
        filters = try config.required("filters")
        pointwise = try WeightRole("pointwise", config, default: .glorotUniform)
        try super.init(rank: rank, Options(config))
        Argument.check(filters >= 1, className, "filters", expected: "a positive integer", received: filters)
    }

    override class var kernelName: String { "depthwise_kernel" }
    override func outputChannels(of channels: Int) -> Int { filters }

    override func addKernels(for channels: Int) {
        let places = [Int](repeating: 1, count: kernelSize.count)
        pointwiseKernel = pointwise.add(
            "pointwise_kernel", shape: Shape(places + [channels * depthMultiplier, filters]), to: self)
    }

    override func convolve(_ x: Tensor) -> Tensor {
        let channels = convolveDepthwise(x, bias: nil)
        return activation.apply {
            convLayer(channels, pointwiseKernel.value, bias: bias?.value, activation: $0)
        }
    }

    public override var config: [String: JSONValue] {
        super.config.merging(pointwise.config) { $1 }.merging(["filters": .int(filters)]) { $1 }
    }
}
