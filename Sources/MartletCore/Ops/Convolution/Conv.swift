/// Convolution (cross-correlation, as deep learning calls it) over 1, 2 or 3 spatial axes.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels].
///   - kernel: [window..., channels / groups, filters].
///   - strides: the steps of the window, one for each spatial axis; 1 when nil.
///   - padding: how the spatial axes are extended with zeros.
///   - dilations: the distances between the window's elements; 1 when nil.
///   - groups: into how many parts the channels are cut that do not see each other; divides both channel counts.
///   - bias: [filters], added to every position.
/// - Returns: [batch, windows..., filters].
///
/// Source: [`keras.ops.conv`](https://keras.io/api/ops/nn/#conv-function).
public func conv(
    _ x: Tensor, _ kernel: Tensor, strides: [Int]? = nil, padding: Padding = .valid, dilations: [Int]? = nil,
    groups: Int = 1, bias: Tensor? = nil
) -> Tensor {
    convLayer(x, kernel, strides: strides, padding: padding, dilations: dilations, groups: groups, bias: bias)
}

/// A convolution with an activation applied while the result is in cache.
package func convLayer(
    _ x: Tensor, _ kernel: Tensor, strides: [Int]? = nil, padding: Padding = .valid, dilations: [Int]? = nil,
    groups: Int = 1, bias: Tensor? = nil, activation: FusedActivation = .none
) -> Tensor {
    let (x, kernel) = Tensor.promoted(x, kernel)
    guard requireImages("conv", x, kernel) else { return .substitute(x.spec) }
    let window = Array(kernel.shape.dimensions.dropLast(2))
    let windows = Windows(
        "conv", input: x.shape.spatial, window: window, strides: strides ?? window.map { _ in 1 },
        dilations: dilations, padding: padding)
    let op = Convolution(geometry: ConvolutionGeometry(windows: windows, groups: groups), activation: activation)
    return perform(op, [x, kernel] + (bias.map { [$0] } ?? []))[0]
}

/// Convolution of each channel by kernels of its own.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels].
///   - kernel: [window..., channels, multiplier].
/// - Returns: [batch, windows..., channels * multiplier]; the results of channel c start at c * multiplier.
///
/// The other parameters are those of ``conv(_:_:strides:padding:dilations:groups:bias:)``.
/// Source: [`keras.ops.depthwise_conv`](https://keras.io/api/ops/nn/#depthwiseconv-function).
public func depthwiseConv(
    _ x: Tensor, _ kernel: Tensor, strides: [Int]? = nil, padding: Padding = .valid, dilations: [Int]? = nil,
    bias: Tensor? = nil
) -> Tensor {
    guard requireImages("depthwiseConv", x, kernel) else { return .substitute(x.spec) }
    let channels = kernel.shape[-2]
    let grouped = Shape(kernel.shape.dimensions.dropLast(2) + [1, channels * kernel.shape[-1]])
    return conv(
        x, kernel.reshaped(to: grouped), strides: strides, padding: padding, dilations: dilations, groups: channels,
        bias: bias)
}

/// Transposed convolution: the adjoint of a convolution, which makes spatial axes longer by its strides.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels].
///   - kernel: [window..., filters, channels].
///   - strides: how far the windows that each element is spread over lie apart; 1 when nil.
///   - padding: `valid` or `same`, of the convolution whose adjoint this is, or explicit amounts.
///   - outputPadding: elements added to the end of each spatial axis of the result. When nil, `same` gives `size *
///     stride` and `valid` what the windows cover, at least `size * stride`.
///   - dilations: the distances between the window's elements; 1 when nil.
///   - bias: [filters], added to every position.
/// - Returns: [batch, sizes..., filters].
///
/// Source: [`keras.ops.conv_transpose`](https://keras.io/api/ops/nn/#convtranspose-function).
public func convTransposed(
    _ x: Tensor, _ kernel: Tensor, strides: [Int]? = nil, padding: Padding = .valid, outputPadding: [Int]? = nil,
    dilations: [Int]? = nil, bias: Tensor? = nil
) -> Tensor {
    let (x, kernel) = Tensor.promoted(x, kernel)
    guard requireImages("convTransposed", x, kernel) else { return .substitute(x.spec) }
    let window = Array(kernel.shape.dimensions.dropLast(2))
    let strides = strides ?? window.map { _ in 1 }
    let dilations = dilations ?? window.map { _ in 1 }
    require(padding != .causal, "convTransposed", "Expected valid, same or explicit padding. Received: causal.")
    // Checks the counts, so that the axes can be walked together.
    _ = Windows(
        "convTransposed", input: x.shape.spatial, window: window, strides: strides, dilations: dilations,
        padding: padding)
    let fits = require(
        outputPadding.map { $0.count == window.count && $0.allSatisfy { $0 >= 0 } } ?? true, "convTransposed",
        "Expected an output padding of \(window.count) numbers of 0 or more. Received: \(outputPadding ?? []).")
    guard fits, !Context.current.hasFailed else { return .substitute(x.spec) }
    let sizes = window.indices.map { axis in
        padding.transposedSize(
            axis: axis, of: x.shape.spatial[axis], window: window[axis], stride: strides[axis],
            dilation: dilations[axis], outputPadding: outputPadding?[axis])
    }
    let windows = Windows(
        "convTransposed", input: sizes, window: window, strides: strides, dilations: dilations, padding: padding)
    let y = perform(
        ConvolutionInputGradient(geometry: ConvolutionGeometry(windows: windows), inputSize: sizes), x, kernel)
    return bias.map { y + $0 } ?? y
}

extension Padding {
    /// The size that a transposed convolution gives to an axis.
    /// - Parameters:
    ///   - axis: which spatial axis, from 0.
    ///   - size: the axis's size before.
    ///   - outputPadding: elements added to the end; nil for Keras's default.
    public func transposedSize(
        axis: Int, of size: Int, window: Int, stride: Int = 1, dilation: Int = 1, outputPadding: Int? = nil
    ) -> Int {
        let span = saturatedSum(saturatedProduct(window - 1, dilation), 1)
        let last = saturatedProduct(size - 1, stride)
        switch self {
        case .same:
            return outputPadding.map { saturatedSum(last, span % 2, $0) } ?? saturatedProduct(size, stride)
        case .valid, .causal:
            return saturatedSum(last, span, outputPadding ?? max(stride - span, 0))
        case .explicit(let amounts):
            return saturatedSum(last, span, outputPadding ?? 0, -amounts[axis].before, -amounts[axis].after)
        }
    }
}

private func requireImages(_ function: String, _ x: Tensor, _ kernel: Tensor) -> Bool {
    require(
        (3...5).contains(x.rank) && kernel.rank == x.rank, function,
        "Expected an input (batch, 1 to 3 spatial axes, channels) and a kernel of the same rank. "
            + "Received: \(x.spec), \(kernel.spec).")
}
