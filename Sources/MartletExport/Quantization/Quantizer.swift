import Martlet
import MartletCore

/// Puts a graph into integers or half floats, as the runtime of a format computes with them.
enum Quantizer {
    /// What decides which operations have integers.
    enum Target {
        /// LiteRT, which has a kernel of integers for each operation that gets them. The graph is one that
        /// ``ExportGraph/preparedForTFLite()`` made.
        case tflite
        /// Runtimes of ONNX, whose operators stay in floating point between `DequantizeLinear` and `QuantizeLinear`: a runtime
        /// fuses those that it has kernels for.
        case onnx
    }

    /// A graph as the options say, and with integers what they do to each layer.
    static func quantized(
        _ graph: ExportGraph, _ options: ExportOptions, for target: Target
    ) throws -> (graph: ExportGraph, layers: [QuantizedLayer], accuracy: ExportReport.Accuracy?) {
        switch options.quantization {
        case .none: return (graph, [], nil)
        case .float16: return (halfWeights(graph), [], nil)
        case .dynamic: return (try dynamicRange(graph), [], nil)
        case .int8, .int16x8:
            let graph = graph.withChainsMerged()
            let ranges = try Ranges(of: graph, on: options.calibration)
            func integers(_ floatLayers: Set<String>) throws -> ExportGraph {
                var quantization = IntegerQuantization(
                    graph, ranges, options.quantization == .int8 ? 8 : 16, floatLayers, target)
                return try quantization.quantized()
            }
            let kept = try options.accuracyBudget.map { try within($0, graph, integers) }
            let rounded = try kept?.graph ?? integers([])
            return (rounded, try layers(graph, rounded, on: options.calibration[0]), kept?.accuracy)
        }
    }

    /// Weights of fewer elements stay as they are: they save nothing.
    private static let leastCount = 64
    /// Products with weights of fewer elements are faster in floating point, where activations would be rounded as they come.
    static let leastDynamicCount = 1024

    /// Weights in `float16`; what reads them computes in `float32`.
    static func halfWeights(_ graph: ExportGraph) -> ExportGraph {
        var result = graph
        for (index, value) in graph.values.enumerated() {
            guard let constant = value.constant, constant.dtype == .float32, constant.elementCount >= leastCount else { continue }
            let half = constant.cast(to: .float16).cast(to: .float32)
            // A number that float16 does not hold stays what it is.
            guard half.isFinite().all().item(as: Bool.self) else { continue }
            result.values[index].constant = half
            result.values[index].isHalf = true
        }
        result.bodies = graph.bodies.map(halfWeights)
        return result
    }

    /// Weights of products in `int8`; LiteRT quantizes activations as they come.
    static func dynamicRange(_ graph: ExportGraph) throws -> ExportGraph {
        var result = graph
        result.bodies = try graph.bodies.map(dynamicRange)
        var tables: [Int: Int] = [:]
        var weights: [Int: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            switch node.operation {
            case .dense: result.quantizeWeights(of: index, axis: nil, leastCount: leastDynamicCount, &weights)
            case .convolution(let windows, let groups, _) where windows.strides.count == 2:
                let kernel = graph.constant(node.inputs[1])!.shape
                // LiteRT has no such kernel for groups of several channels.
                guard groups == 1 || kernel[2] == 1 else { continue }
                result.quantizeWeights(of: index, axis: 3, leastCount: leastDynamicCount, &weights)
            case .gather:
                guard let table = graph.constant(node.inputs[0]), table.dtype == .float32, table.elementCount >= leastDynamicCount
                else { continue }
                let value = tables[node.inputs[0]] ?? result.addQuantized(table, of: node.inputs[0], axis: nil)
                tables[node.inputs[0]] = value
                // Rows of integers, and their numbers.
                let rows = result.addValue("\(node.layer)/rows", .float32, graph.values[node.outputs[0]].shape)
                result.values[rows].quantization = result.values[value].quantization
                result.nodes[index].inputs[0] = value
                result.nodes[index].outputs = [rows]
                tables[-1 - index] = rows
            default: continue
            }
        }
        for index in graph.nodes.indices.reversed() {
            guard let rows = tables[-1 - index] else { continue }
            let node = graph.nodes[index]
            result.nodes.insert(
                .init(operation: .requantize, inputs: [rows], outputs: node.outputs, layer: node.layer), at: index + 1)
        }
        return result
    }

    /// The least and the largest number of each value on calibration data.
    struct Ranges {
        private var ranges: [Int: ClosedRange<Double>] = [:]
        /// Values with infinities or NaN, such as masked scores, which integers cannot hold.
        private(set) var infinite: Set<Int> = []

        /// - Throws: `MartletError` when there are no data, or some that are no numbers.
        init(of graph: ExportGraph, on batches: [[Tensor]]) throws {
            guard !batches.isEmpty else {
                throw MartletError(
                    "Expected samples to calibrate with: activations are rounded within the range that they show.",
                    at: "calibration")
            }
            for batch in batches {
                // Nothing would be rounded behind them, and the file be as large as before without a word.
                for (input, samples) in zip(graph.inputs, batch)
                where samples.dtype.isFloatingPoint && !samples.isFinite().all().item(as: Bool.self) {
                    throw MartletError(
                        "Expected finite samples to calibrate with. Received NaN or infinity.",
                        at: "calibration, input \(graph.values[input].name)")
                }
                do {
                    _ = try graph.run(batch) { note($0, $1) }
                } catch let error as MartletError {
                    throw MartletError(error.message, at: "calibration" + (error.location.map { ", \($0)" } ?? ""))
                }
            }
        }

        private mutating func note(_ value: Int, _ tensor: Tensor) {
            guard tensor.dtype.isFloatingPoint, tensor.elementCount > 0 else { return }
            let (low, high) = (tensor.min().item(), tensor.max().item())
            guard low.isFinite, high.isFinite else {
                infinite.insert(value)
                return
            }
            let known = ranges[value] ?? 0...0
            ranges[value] = min(known.lowerBound, low)...max(known.upperBound, high)
        }

        subscript(value: Int) -> ClosedRange<Double> { ranges[value] ?? 0...0 }
    }
}

extension ExportGraph.Quantization {
    /// Symmetric integers for weights. Channels of zeros have the steps of the others, for the sake of their biases.
    init(weights: Tensor, axis: Int?) {
        let all: Double = weights.elementCount > 0 ? weights.abs().max().item() : 0
        let coarsest = all > 0 ? all : 1
        func scale(_ largest: Double) -> Float { Float((largest > 0 ? largest : coarsest) / 127) }
        guard let axis else {
            self.init(scale: scale(all), zeroPoint: 0)
            return
        }
        let others = (0..<weights.rank).filter { $0 != axis }
        let largest: [Double] = weights.abs().max(axes: others).scalars()
        self.init(scales: largest.map(scale), zeroPoints: largest.map { _ in 0 }, axis: axis)
    }

    /// Integers for numbers in a range, which is widened to hold 0, and to 1 when it holds nothing else: the scales of what is
    /// added must not lie far apart.
    init(range: ClosedRange<Double>, bits: Int) {
        let low = min(range.lowerBound, 0)
        let high = low < 0 || range.upperBound > 0 ? max(range.upperBound, 0) : 1
        let least = Double(Float.leastNormalMagnitude)
        if bits == 16 {
            // Without a zero point.
            self.init(scale: Float(max(max(-low, high) / 32767, least)), zeroPoint: 0, bits: 16)
            return
        }
        let scale = max((high - low) / 255, least)
        self.init(scale: Float(scale), zeroPoint: max(-128, min(127, Int((-128 - low / scale).rounded()))))
    }
}

extension ExportGraph {
    /// Adds a constant as integers stand for it.
    fileprivate mutating func addQuantized(_ tensor: Tensor, of value: Int, axis: Int?) -> Int {
        addConstant(tensor, values[value].name, Quantization(weights: tensor, axis: axis))
    }

    /// Adds a constant in the integers of a quantization.
    mutating func addConstant(_ tensor: Tensor, _ name: String, _ quantization: Quantization) -> Int {
        let rounded = quantization.rounded(tensor)
        let value = addConstant(rounded, name)
        values[value].quantization = quantization
        return value
    }

    /// Puts the weights of a node into integers.
    /// - Parameter known: those that are there already, by the numbers' values.
    fileprivate mutating func quantizeWeights(of node: Int, axis: Int?, leastCount: Int, _ known: inout [Int: Int]) {
        let weights = nodes[node].inputs[1]
        guard let constant = constant(weights), constant.elementCount >= leastCount else { return }
        let integers = known[weights] ?? addQuantized(constant, of: weights, axis: axis)
        known[weights] = integers
        nodes[node].inputs[1] = integers
    }
}

extension ExportGraph.Quantization {
    /// The numbers that the nearest integers stand for.
    func rounded(_ tensor: Tensor) -> Tensor {
        let (steps, zeros) = spread(over: tensor)
        return ((nearest(to: tensor) - zeros) * steps).cast(to: .float32)
    }

    /// The integers nearest to the numbers of a tensor, in `float64`, cut to the range of their width.
    func nearest(to tensor: Tensor) -> Tensor {
        let (steps, zeros) = spread(over: tensor)
        let largest = bits >= 32 ? Double(Int32.max) : Double(1 << (bits - 1)) - 1
        // Weights are symmetric: the least number has no counterpart.
        let least = zeroPoints.allSatisfy { $0 == 0 } ? -largest : -largest - 1
        return ((tensor.cast(to: .float64) / steps).round() + zeros).clipped(min: least, max: largest)
    }

    /// Scales and zero points in `float64`, in shapes that broadcast to a tensor.
    private func spread(over tensor: Tensor) -> (steps: Tensor, zeros: Tensor) {
        var along = [Int](repeating: 1, count: tensor.rank)
        if scales.count > 1 { along[axis] = scales.count }
        let shape: Shape = scales.count > 1 ? Shape(along) : []
        return (Tensor(scales, shape: shape).cast(to: .float64), Tensor(zeroPoints, shape: shape).cast(to: .float64))
    }
}
