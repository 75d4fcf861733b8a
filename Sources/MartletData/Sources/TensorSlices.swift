import MartletCore
import MartletFormats

extension Dataset {
    /// The slices of tensors along their first axes, made into elements.
    /// - Parameters:
    ///   - tensors: at least one, with as many slices as each other. Stops otherwise.
    ///   - make: makes an element of one slice, or of a batch of slices, of each tensor.
    private init(slices tensors: [Tensor], _ make: @escaping @Sendable ([Tensor]) -> Element) {
        var count = tensors.first.map { $0.rank > 0 ? $0.shape[0] : 0 } ?? 0
        let isFit = require(
            !tensors.isEmpty && tensors.allSatisfy { $0.rank > 0 && $0.shape[0] == count }, "fromTensorSlices",
            "Expected tensors with as many slices along the first axis. Received: \(tensors.map(\.spec)).")
        if !isFit { count = 0 }
        let slices = isFit ? tensors.map(TensorRows.init) : []
        let indexed = Indexed(count: count) { index in make(try slices.map { try $0.row(index) }) } gather: { indices in
            make(try tensors.map { try $0.rows(indices) })
        }
        self.init(source: "fromTensorSlices(\(count))", length: .count(count), indexed: indexed) {
            let digest = SHA256()
            for tensor in tensors { tensor.withUnsafeBytes { digest.write($0) } }
            return "fromTensorSlices(\(tensors.map(\.spec)), \(digest.hexDigest()))"
        } open: { _, _ in
            IndexedReader(indexed, order: nil)
        }
    }
}

extension Dataset where Element == Tensor {
    /// The slices of `x` along the first axis. Stops for a scalar.
    public static func fromTensorSlices(_ x: Tensor) -> Dataset { Dataset(slices: [x]) { $0[0] } }
}

extension Dataset where Element == (Tensor, Tensor) {
    /// Pairs of slices along the first axis: inputs and targets. Stops when the tensors differ in their first axis.
    public static func fromTensorSlices(_ x: Tensor, _ y: Tensor) -> Dataset { Dataset(slices: [x, y]) { ($0[0], $0[1]) } }

    /// The same of a pair, as in `fromTensorSlices((x, y))`.
    public static func fromTensorSlices(_ tensors: (Tensor, Tensor)) -> Dataset { fromTensorSlices(tensors.0, tensors.1) }
}

extension Dataset where Element == ([Tensor], Tensor) {
    /// Slices along the first axis of several inputs and a target. Stops when the tensors differ in their first axis.
    public static func fromTensorSlices(_ inputs: [Tensor], _ y: Tensor) -> Dataset {
        Dataset(slices: inputs + [y]) { (Array($0.dropLast()), $0[$0.count - 1]) }
    }

    /// The same of a pair, as in `fromTensorSlices(([a, b], y))`.
    public static func fromTensorSlices(_ tensors: ([Tensor], Tensor)) -> Dataset { fromTensorSlices(tensors.0, tensors.1) }
}

extension Dataset where Element == (Tensor, Tensor, Tensor) {
    /// Triples of slices along the first axis: inputs, targets, and weights. Stops when the tensors differ in their first axis.
    public static func fromTensorSlices(_ x: Tensor, _ y: Tensor, _ sampleWeight: Tensor) -> Dataset {
        Dataset(slices: [x, y, sampleWeight]) { ($0[0], $0[1], $0[2]) }
    }
}

extension Dataset where Element == [Tensor] {
    /// Lists of slices along the first axis, of any number of tensors. Stops when the tensors differ in their first axis.
    public static func fromTensorSlices(_ tensors: [Tensor]) -> Dataset { Dataset(slices: tensors) { $0 } }
}

/// The slices of a tensor along its first axis, with what they have in common.
struct TensorRows: Sendable {
    let tensor: Tensor
    let spec: TensorSpec
    let byteCount: Int

    init(_ tensor: Tensor) {
        self.tensor = tensor
        spec = TensorSpec(Shape(Array(tensor.shape.dimensions.dropFirst())), tensor.dtype)
        byteCount = spec.shape.elementCount * tensor.dtype.byteCount
    }

    /// - Throws: `MartletError` when there is no memory for it.
    func row(_ index: Int) throws(MartletError) -> Tensor {
        if byteCount >= 1 << 16 { try Settings.requireMemory(byteCount, at: "slice") }
        let row = Tensor(uninitialized: spec)
        tensor.withUnsafeBytes { bytes in
            guard byteCount > 0 else { return }
            row.mutablePointer.copyMemory(from: bytes.baseAddress! + index * byteCount, byteCount: byteCount)
        }
        return row
    }
}

/// Reads what can be had in any order, in the order of the numbers that `order` gives.
final class IndexedReader<Element: Sendable>: Reader<Element> {
    private let source: Indexed<Element>
    private let order: [Int]?
    private var position = 0

    init(_ source: Indexed<Element>, order: [Int]?) {
        self.source = source
        self.order = order
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        let end = min(position + count, source.count)
        while position < end {
            position += 1
            elements.append(try source.element(order?[position - 1] ?? position - 1))
        }
    }

    override func skip(_ count: Int) -> Int {
        let skipped = min(count, source.count - position)
        position += skipped
        return skipped
    }

    override var gathers: Bool { source.gather != nil }

    override func gather(_ count: Int) throws -> (element: Element, count: Int)? {
        let places = position..<min(position + count, source.count)
        guard !places.isEmpty else { return nil }
        position = places.upperBound
        return try source.gather.map { (try $0(order.map { Array($0[places]) } ?? Array(places)), places.count) }
    }
}
