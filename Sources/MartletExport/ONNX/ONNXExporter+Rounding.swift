import Martlet
import MartletCore

/// What the graph keeps in 8 or 16 bits.
extension ONNXExporter {
    /// Rounds a value that was computed to its integers.
    mutating func round(_ value: Int) {
        own[value] = own[value].map { rounded($0, as: value) }
        first[value] = first[value].map { rounded($0, as: value) }
    }

    /// Numbers in any layout, rounded to the integers of a value; what they are where it has none.
    mutating func rounded(_ name: String, as value: Int) -> String {
        guard let quantization = source.values[value].quantization, source.constant(value) == nil else { return name }
        let parameters = scale(of: quantization)
        return node("DequantizeLinear", [node("QuantizeLinear", [name] + parameters)] + parameters)
    }

    /// A constant of the graph in a layout of the caller's.
    /// - Parameters:
    ///   - tensor: its elements.
    ///   - axis: where its channels are, for those of several scales.
    mutating func stored(_ value: Int, _ tensor: Tensor, axis: Int) -> String {
        let content = source.values[value]
        if content.isHalf { return cast(constant(tensor.cast(to: .float16), content.name), to: .float32) }
        guard var quantization = content.quantization else { return constant(tensor, content.name) }
        quantization.axis = axis
        let integers = constant(
            quantization.nearest(to: tensor).cast(to: .int32), content.name, quantization.bits == 8 ? .int8 : .int32)
        let isSpread = quantization.scales.count > 1
        return node(
            "DequantizeLinear", [integers] + scale(of: quantization), isSpread ? ["axis": .int(axis)] : [:])
    }

    /// The scale and the zero point, which integers of 32 bits go without.
    private mutating func scale(of quantization: ExportGraph.Quantization) -> [String] {
        func tensor(_ values: Tensor) -> Tensor { quantization.scales.count > 1 ? values : values.reshaped(to: []) }
        let scale = constant(tensor(Tensor(quantization.scales)), "scale")
        if quantization.bits == 32 { return [scale] }
        return [scale, constant(tensor(Tensor(quantization.zeroPoints).cast(to: .int32)), "zero", .int8)]
    }
}
