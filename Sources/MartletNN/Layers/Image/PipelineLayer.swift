import MartletCore
import MartletData

/// A layer in the closures of a pipeline, which run on several threads at once.
///
/// ```swift
/// let change = PipelineLayer(Sequential([RandomFlip(.horizontal), RandomRotation(0.1)]))
/// let augmented = samples.randomMap(seed: 1) { sample, random in (change(sample.0, using: &random), sample.1) }
/// ```
///
/// Do not change the layer's properties or weights while a pipeline uses it.
public struct PipelineLayer<Wrapped: Layer>: @unchecked Sendable {
    // Calls of layers by several threads do not disturb each other.
    private let layer: Wrapped

    /// Makes the layer usable in closures of pipelines.
    public init(_ layer: Wrapped) { self.layer = layer }

    /// Calls the layer in inference: for layers that change nothing at random.
    public func callAsFunction(_ x: Tensor) -> Tensor { layer(x, training: false) }

    /// Calls the layer for training, with the random numbers of the pipeline's element: the same ones with any number of
    /// threads, and when a reading is resumed. All image layers and noise layers inside draw from them, in the order of their
    /// calls.
    public func callAsFunction(_ x: Tensor, using random: inout RandomStream) -> Tensor {
        with(using: &random) { $0(x, training: true) }
    }

    /// Does something else with the layer, such as `augment`, with the random numbers of the pipeline's element.
    public func with<R>(using random: inout RandomStream, _ body: (Wrapped) throws -> R) rethrows -> R {
        let context = Context.current
        let outer = context.randomGenerator
        context.randomGenerator = random.makeGenerator()
        defer { context.randomGenerator = outer }
        return try body(layer)
    }
}

extension Dataset where Element == Tensor {
    /// What a layer gives for each element, in inference.
    public func map(_ layer: Layer) -> Dataset<Tensor> {
        let layer = PipelineLayer(layer)
        return map { layer($0) }
    }
}

extension Dataset where Element == (Tensor, Tensor) {
    /// What a layer gives for the first part of each element, in inference, and the second part.
    public func map(_ layer: Layer) -> Dataset<(Tensor, Tensor)> {
        let layer = PipelineLayer(layer)
        return map { (layer($0), $1) }
    }
}

extension Dataset where Element == [String] {
    /// What a layer gives for each list of texts, in inference.
    public func map(_ layer: Layer) -> Dataset<Tensor> {
        let layer = PipelineLayer(layer)
        return map { layer(Tensor(strings: $0)) }
    }
}

extension Dataset where Element == ([String], Tensor) {
    /// What a layer gives for the texts of each element, in inference, and the second part.
    public func map(_ layer: Layer) -> Dataset<(Tensor, Tensor)> {
        let layer = PipelineLayer(layer)
        return map { (layer(Tensor(strings: $0)), $1) }
    }
}
