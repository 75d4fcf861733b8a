import Foundation
import Martlet
import MartletCore

/// What rounding to integers does to a layer.
public struct QuantizedLayer: Sendable, CustomStringConvertible {
    /// The path of the layer.
    public let name: String
    /// Whether the layer computes in integers; otherwise in `float32`.
    public let isQuantized: Bool
    /// The power of the layer's output over that of its difference from the `float32` output, in decibels. Every 6 are a bit.
    public let signalToNoise: Double
    /// The share of the output's numbers that lie outside of what the integers can hold.
    public let clippedShare: Double
    /// The size of the layer's weights in the file.
    public let byteCount: Int
    /// How long the layer takes on the first batch of the calibration in `float32`, as Martlet computes it, in seconds: which
    /// layers are worth rounding.
    public let seconds: Double

    public var description: String {
        let noise = signalToNoise.isFinite ? String(format: "%.1f dB", signalToNoise) : "exact"
        let clipped = String(format: "%.2g %%", 100 * clippedShare)
        let time = String(format: "%.2g ms", 1000 * seconds)
        return "\(name): \(isQuantized ? "integers" : "float32"), \(noise), \(clipped) clipped, \(byteCount) bytes, \(time)"
    }
}

extension Quantizer {
    /// The layers of a graph, in order, as rounding changes them.
    /// - Parameters:
    ///   - exact: the graph in floating point.
    ///   - rounded: what ``quantized(_:_:for:)`` made of it.
    ///   - inputs: a batch to compare on.
    static func layers(_ exact: ExportGraph, _ rounded: ExportGraph, on inputs: [Tensor]) throws -> [QuantizedLayer] {
        var expected: [String: Tensor] = [:]
        let layerOf = exact.producers.mapValues { exact.nodes[$0].layer }
        var seconds: [String: Double] = [:]
        var last = ContinuousClock.now
        _ = try exact.run(inputs) { value, tensor in
            let now = ContinuousClock.now
            if let layer = layerOf[value] { seconds[layer, default: 0] += (now - last) / .seconds(1) }
            last = now
            if tensor.dtype == .float32 { expected[exact.values[value].name] = tensor }
        }
        var found: [String: (signal: Double, noise: Double, clipped: Double, isQuantized: Bool)] = [:]
        var outputs: [Int: String] = [:]
        for node in rounded.nodes where node.operation != .requantize {
            for output in node.outputs { outputs[output] = node.layer }
        }
        _ = try rounded.run(inputs) { value, tensor in
            guard let layer = outputs[value], let exact = expected[rounded.values[value].name], exact.shape == tensor.shape,
                exact.isFinite().all().item(as: Bool.self)
            else { return }
            // The last operation of a layer gives its output.
            let (signal, noise) = (exact.square().mean().item() as Double, (exact - tensor).square().mean().item() as Double)
            let quantization = rounded.values[value].quantization
            let clipped = quantization.map { quantization in
                // What is rounded to the first or the last integer is not clipped.
                let (range, half) = (quantization.range, Double(quantization.scales[0]) / 2)
                let outside = (exact .< range.lowerBound - half).logicalOr(exact .> range.upperBound + half)
                return outside.cast(to: .float32).mean().item() as Double
            }
            found[layer] = (signal, noise, clipped ?? 0, quantization != nil)
        }
        var sizes: [String: Int] = [:]
        for node in rounded.nodes {
            for input in node.inputs { sizes[node.layer, default: 0] += rounded.values[input].storedByteCount }
        }
        var names: [String] = []
        for node in rounded.nodes where found[node.layer] != nil && !names.contains(node.layer) { names.append(node.layer) }
        return names.map { name in
            let layer = found[name]!
            return QuantizedLayer(
                name: name, isQuantized: layer.isQuantized,
                signalToNoise: layer.noise > 0 ? 10 * log10(max(layer.signal, 1e-300) / layer.noise) : .infinity,
                clippedShare: layer.clipped, byteCount: sizes[name] ?? 0, seconds: seconds[name] ?? 0)
        }
    }

    /// A graph in integers whose accuracy on labelled samples is at most `largestDrop` below that in floating point: the layers
    /// that lose most stay in floating point until it is.
    /// - Parameter integers: makes it of the layers that stay.
    static func within(
        _ budget: ExportOptions.AccuracyBudget, _ graph: ExportGraph, _ integers: (Set<String>) throws -> ExportGraph
    ) throws -> (graph: ExportGraph, accuracy: ExportReport.Accuracy) {
        func accuracy(_ graph: ExportGraph) throws -> Double {
            let predictions = try graph.run(budget.inputs)[0]
            return try withErrors {
                let (classes, targets) = (predictions.shape[-1], budget.targets)
                let isOneHot = targets.rank == predictions.rank && targets.shape[-1] > 1
                let found = classes > 1 ? predictions.argmax(axis: -1) : (predictions .> 0.5).flattened().cast(to: .int64)
                let wanted = (isOneHot ? targets.argmax(axis: -1) : targets.cast(to: .int64)).flattened()
                return (found.flattened() .== wanted).cast(to: .float64).mean().item()
            }
        }
        let exact = try accuracy(graph)
        var kept: Set<String> = []
        while true {
            let rounded = try integers(kept)
            let found = ExportReport.Accuracy(model: exact, file: try accuracy(rounded))
            if exact - found.file <= budget.largestDrop { return (rounded, found) }
            let layers = try layers(graph, rounded, on: budget.inputs)
            guard let worst = layers.filter({ $0.isQuantized }).min(by: { $0.signalToNoise < $1.signalToNoise }),
                kept.insert(worst.name).inserted
            else { return (rounded, found) }
        }
    }
}

extension ExportGraph.Quantization {
    /// The least and the largest number that the integers stand for; of weights those of the first channel.
    var range: ClosedRange<Double> {
        let largest = Double(1 << (bits - 1))
        let (scale, zero) = (Double(scales[0]), Double(zeroPoints[0]))
        return (-largest - zero) * scale...(largest - 1 - zero) * scale
    }
}

extension ExportGraph.Value {
    /// The bytes of a constant in a file, 0 for other values.
    var storedByteCount: Int {
        guard let constant else { return 0 }
        return constant.elementCount * (quantization.map { $0.bits / 8 } ?? (isHalf ? 2 : constant.dtype.byteCount))
    }
}
