import MartletCore
import MartletFormats

/// The equation of an `EinsumDense`, taken apart.
struct EinsumRule {
    enum Ellipsis { case leading, trailing }

    let input: [Character]
    let kernel: [Character]
    let output: [Character]
    let ellipsis: Ellipsis?

    /// Nil when the equation has none of the forms `ab,bc->ac`, `...ab,bc->...ac`, `ab...,bc->ac...`, or an axis of the
    /// kernel or the output has nowhere to come from.
    init?(_ equation: String) {
        let text = equation.filter { $0 != " " }
        if let match = text.wholeMatch(of: /([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)/) {
            (input, kernel, output, ellipsis) = (Array(match.1), Array(match.2), Array(match.3), nil)
        } else if let match = text.wholeMatch(of: /\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)/) {
            (input, kernel, output, ellipsis) = (Array(match.1), Array(match.2), Array(match.3), .leading)
        } else if let match = text.wholeMatch(of: /([a-zA-Z]+)\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\./) {
            (input, kernel, output, ellipsis) = (Array(match.1), Array(match.2), Array(match.3), .trailing)
        } else {
            return nil
        }
        for labels in [input, kernel, output] where Set(labels).count != labels.count { return nil }
        let isComplete =
            kernel.allSatisfy { input.contains($0) || output.contains($0) }
            && output.allSatisfy { input.contains($0) || kernel.contains($0) }
        if !isComplete { return nil }
    }

    /// How many axes are summed when they are the input's last and the kernel's first, in order, and the rest of the
    /// kernel follows the rest of the input in the output: then the whole is one product of matrices.
    var contractedAxes: Int? {
        let count = kernel.count { !output.contains($0) }
        let isProduct =
            ellipsis != .trailing && input.suffix(count) == kernel.prefix(count)
            && output == input.dropLast(count) + kernel.dropFirst(count)
            && !kernel.dropFirst(count).contains(where: input.contains)
        return isProduct ? count : nil
    }

    /// The sizes of the axes that are known.
    /// - Throws: `MartletError` when input and output differ in one.
    func sizes(input shape: PartialShape, output outputShape: PartialShape) throws -> [Character: Int] {
        let offset = ellipsis == .leading ? shape.rank - input.count : 0
        var sizes: [Character: Int] = [:]
        for (index, label) in output.enumerated() { sizes[label] = outputShape[index + offset] }
        for (index, label) in input.enumerated() {
            let (own, other) = (shape[index + offset], sizes[label])
            if let own, let other, own != other {
                throw MartletError("Expected axis \"\(label)\" to have size \(other). Received: shape \(shape).")
            }
            sizes[label] = own ?? other
        }
        return sizes
    }

    /// A shape that broadcasts to the output's: for each axis a size, nil for 1. What the ellipsis stands for gets 1.
    func outputShape(rank: Int, _ size: (Character) -> Int?) -> Shape {
        let elided = [Int](repeating: 1, count: rank - output.count)
        let own = output.map { size($0) ?? 1 }
        return Shape(ellipsis == .leading ? elided + own : own + elided)
    }

    /// The sum of the equation where inputs and kernel are rounded to whole numbers, as Keras's int8 does: the inputs over
    /// the axes that are summed.
    func quantizedSum(
        _ equation: String, _ x: Tensor, _ kernel: Tensor, scale: Tensor, by quantization: Int8Quantization
    ) -> Tensor {
        quantization.passing(x) { einsum(equation, $0, kernel) / scale } rounded: { x in
            roundedSum(equation, x, kernel, scale: scale, by: quantization)
        }
    }

    private func roundedSum(
        _ equation: String, _ x: Tensor, _ kernel: Tensor, scale: Tensor, by quantization: Int8Quantization
    ) -> Tensor? {
        let elided = x.rank - input.count
        let front = ellipsis == .leading ? elided : 0
        let summed = input.indices.filter { !output.contains(input[$0]) }.map { $0 + front }
        guard let (values, inputScale) = quantization.rounded(x, axes: summed) else { return nil }
        // The scale's axes in the output's order, and 1 for those that only the kernel has.
        let kept = output.filter(input.contains)
        let order = kept.compactMap { input.firstIndex(of: $0) }.map { $0 + front }
        let others = Array(ellipsis == .leading ? 0..<elided : input.count..<x.rank)
        let sizes = others.map { x.shape[$0] }
        let own = output.map { label in input.firstIndex(of: label).map { x.shape[$0 + front] } ?? 1 }
        let aligned = inputScale
            .transposed(permutation: (ellipsis == .leading ? others + order : order + others) + summed)
            .reshaped(to: Shape(ellipsis == .leading ? sizes + own : own + sizes))
        return wholeSum(equation, values, kernel) / (aligned * scale)
    }

    /// The sum of the equation for whole numbers.
    private func wholeSum(_ equation: String, _ values: Tensor, _ kernel: Tensor) -> Tensor {
        guard let inner = contractedAxes else { return einsum(equation, values, kernel) }
        let (own, rows) = (kernel.shape.dimensions[inner...], Array(values.shape.dimensions.dropLast(inner)))
        let depth = kernel.shape.dimensions[..<inner].reduce(1, *)
        let matrix = kernel.reshaped(to: [depth, own.reduce(1, *)])
        return int8Matmul(values.reshaped(to: Shape(rows + [depth])), matrix).reshaped(to: Shape(rows + own))
    }
}

/// An initializer that counts the inputs and outputs of a kernel by the axes of an equation, where it counts any.
struct FanOrdered: Initializer {
    let base: any Initializer
    /// The kernel's axes that are summed, then the others.
    let order: [Int]
    let inputs: Int

    init(_ base: any Initializer, rule: EinsumRule) {
        self.base = base
        let (own, summed) = (
            rule.kernel.indices.filter { rule.output.contains(rule.kernel[$0]) },
            rule.kernel.indices.filter { !rule.output.contains(rule.kernel[$0]) }
        )
        order = summed + own
        inputs = summed.count
    }

    func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        guard base is VarianceScaling || base is any NamedVarianceScaling else {
            return base.makeTensor(shape: shape, dtype: dtype)
        }
        let sizes = order.map { shape[$0] }
        let matrix: Shape = [sizes[..<inputs].reduce(1, *), sizes[inputs...].reduce(1, *)]
        let values = base.makeTensor(shape: matrix, dtype: dtype).reshaped(to: Shape(sizes))
        let inverse = order.indices.map { axis in order.firstIndex(of: axis)! }
        return inverse == Array(order.indices) ? values : values.transposed(permutation: inverse)
    }

    var className: String { base.className }
    var config: [String: JSONValue] { base.config }
}
