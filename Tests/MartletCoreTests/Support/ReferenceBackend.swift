import Foundation
import MartletCore

/// A second device, to prove that nothing but the CPU's files assumes whose memory a tensor lies in, and to compare the CPU's
/// kernels with: plain Swift over arrays of `Double`, whatever the dtype, with kernels for the primitives only. Everything
/// else it computes by the ops' formulas.
final class ReferenceBackend: Backend {
    let device = Device(.gpu, index: 7)
    static let shared: ReferenceBackend = {
        let backend = ReferenceBackend()
        Backends.add(backend)
        return backend
    }()

    final class Memory: DeviceStorage {
        let elements: [Double]
        init(_ elements: [Double]) { self.elements = elements }
        var backend: any Backend { ReferenceBackend.shared }

        func copyElements(to memory: UnsafeMutableRawPointer, _ spec: TensorSpec) {
            if spec.dtype == .string {
                for (place, byte) in elements.enumerated() { memory.storeBytes(of: UInt8(byte), toByteOffset: place, as: UInt8.self) }
                return
            }
            let host = onCPU { Tensor(elements, shape: spec.shape).cast(to: spec.dtype) }
            host.withUnsafeBytes { if let base = $0.baseAddress { memory.copyMemory(from: base, byteCount: $0.count) } }
        }
    }

    func upload(_ tensor: Tensor) -> Buffer {
        let elements = tensor.dtype == .string
            ? tensor.withUnsafeBytes { $0.map { Double($0) } } : onCPU { tensor.scalars(as: Double.self) }
        return Buffer(Memory(elements), byteCount: tensor.elementCount * tensor.dtype.byteCount)
    }

    func setMemoryGrowth(_ isEnabled: Bool) {}
    func setMemoryLimit(_ bytes: Int?) {}

    func run(_ op: any Op, _ inputs: [Tensor], _ outputs: [TensorSpec]) throws(OpFailure) -> [Tensor]? {
        let operands = inputs.map { Elements($0.shape, ($0.handle.buffer.storage as! Memory).elements) }
        guard let elements = Self.kernel(op, operands, inputs.map(\.dtype), outputs[0]) else { return nil }
        let stored = outputs[0].dtype == .float32 ? elements.map { Double(Float($0)) } : elements
        return [Tensor(outputs[0], buffer: Buffer(Memory(stored), byteCount: 0))]
    }
}

/// Conversions of numbers are the CPU's.
private func onCPU<R>(_ body: () -> R) -> R { try! withDevice(.cpu, body) }

/// Elements under a shape.
struct Elements {
    let shape: Shape
    let elements: [Double]
    init(_ shape: Shape, _ elements: [Double]) { (self.shape, self.elements) = (shape, elements) }

    /// The element at coordinates, of which sizes of 1 and missing leading axes are repeated.
    subscript(_ place: [Int]) -> Double {
        var index = 0
        let lead = place.count - shape.rank
        for axis in 0..<shape.rank {
            index = index * shape[axis] + (shape[axis] == 1 ? 0 : place[lead + axis])
        }
        return elements[index]
    }
}

/// All coordinates of a shape, in row-major order.
private func places(_ shape: Shape) -> [[Int]] {
    (0..<shape.elementCount).map { number in
        var rest = number
        var place = [Int](repeating: 0, count: shape.rank)
        for axis in (0..<shape.rank).reversed() {
            place[axis] = rest % shape[axis]
            rest /= shape[axis]
        }
        return place
    }
}

extension ReferenceBackend {
    /// The elements of the one output; nil for what is no primitive here.
    fileprivate static func kernel(
        _ op: any Op, _ inputs: [Elements], _ types: [DType], _ output: TensorSpec
    ) -> [Double]? {
        let name = type(of: op).name
        let attributes = Dictionary(uniqueKeysWithValues: op.attributes.map { ($0.name, $0.value) })
        func numbers(_ key: String) -> [Int] { attributes[key] as! [Int] }
        let all = places(output.shape)
        if let function = unary[name] { return all.map { function(inputs[0][$0]) } }
        if let function = binary[name] { return all.map { function(inputs[0][$0], inputs[1][$0]) } }
        switch name {
        case "cast": return inputs[0].elements.map { converted($0, to: output.dtype) }
        case "where": return all.map { inputs[0][$0] != 0 ? inputs[1][$0] : inputs[2][$0] }
        case "broadcast": return all.map { inputs[0][$0] }
        case "sum", "product", "max", "min":
            let axes = Set(Mirror(reflecting: attributes["axes"]!).descendant("axes") as! [Int])
            return folded(inputs[0], over: axes, name, output.shape.elementCount)
        case "transpose":
            let permutation = numbers("permutation")
            return all.map { place in
                var source = place
                for (axis, from) in permutation.enumerated() { source[from] = place[axis] }
                return inputs[0][source]
            }
        case "slice":
            let (begin, step) = (numbers("begin"), numbers("step"))
            return all.map { place in inputs[0].exactly(place.indices.map { begin[$0] + place[$0] * step[$0] }) }
        case "sliceScatter":
            let (begin, step) = (numbers("begin"), numbers("step"))
            var found: [[Int]: Double] = [:]
            for place in places(inputs[0].shape) {
                found[place.indices.map { begin[$0] + place[$0] * step[$0] }] = inputs[0].exactly(place)
            }
            return all.map { found[$0] ?? 0 }
        case "pad":
            let (before, value) = (numbers("before"), attributes["value"] as! Double)
            return all.map { place in
                let source = place.indices.map { place[$0] - before[$0] }
                let isInside = source.indices.allSatisfy { (0..<inputs[0].shape[$0]).contains(source[$0]) }
                return isInside ? inputs[0].exactly(source) : converted(value, to: output.dtype)
            }
        case "concatenate":
            let axis = attributes["axis"] as! Int
            return all.map { place in
                var source = place
                for input in inputs {
                    if source[axis] < input.shape[axis] { return input.exactly(source) }
                    source[axis] -= input.shape[axis]
                }
                return .nan
            }
        case "gather":
            let (axis, rank) = (attributes["axis"] as! Int, inputs[1].shape.rank)
            return all.map { place in
                let index = Int(inputs[1].exactly(Array(place[axis..<(axis + rank)])))
                let size = inputs[0].shape[axis]
                return inputs[0].exactly(place[..<axis] + [index < 0 ? index + size : index] + place[(axis + rank)...])
            }
        case "scatterAdd":
            let (axis, rank) = (attributes["axis"] as! Int, inputs[1].shape.rank)
            var sums: [[Int]: Double] = [:]
            for place in places(inputs[0].shape) {
                let index = Int(inputs[1].exactly(Array(place[axis..<(axis + rank)])))
                let size = output.shape[axis]
                sums[place[..<axis] + [index < 0 ? index + size : index] + place[(axis + rank)...], default: 0]
                    += inputs[0].exactly(place)
            }
            return all.map { sums[$0] ?? 0 }
        case "matmul":
            let (first, second) = (attributes["transposeA"] as! Bool, attributes["transposeB"] as! Bool)
            let (a, b) = (inputs[0], inputs[1])
            return all.map { place in
                let (lead, row, column) = (place.dropLast(2), place[place.count - 2], place[place.count - 1])
                return (0..<a.shape[first ? -2 : -1]).reduce(0) { sum, k in
                    sum + a[lead + (first ? [k, row] : [row, k])] * b[lead + (second ? [column, k] : [k, column])]
                }
            }
        default: return nil
        }
    }

    private static func folded(_ x: Elements, over axes: Set<Int>, _ name: String, _ count: Int) -> [Double] {
        let start: Double = name == "sum" ? 0 : name == "product" ? 1 : name == "max" ? -.infinity : .infinity
        var results = [Double](repeating: start, count: count)
        for (place, value) in zip(places(x.shape), x.elements) {
            let target = place.indices.reduce(0) { axes.contains($1) ? $0 : $0 * x.shape[$1] + place[$1] }
            switch name {
            case "sum": results[target] += value
            case "product": results[target] *= value
            case "max": results[target] = value.isNaN ? value : max(results[target], value)
            default: results[target] = value.isNaN ? value : min(results[target], value)
            }
        }
        return results
    }

    private static func converted(_ value: Double, to type: DType) -> Double {
        switch type {
        case .float64: value
        case .bool: value != 0 ? 1 : 0
        default: onCPU { Tensor([value], shape: [1]).cast(to: type).scalars(as: Double.self)[0] }
        }
    }

    private static let unary: [String: @Sendable (Double) -> Double] = [
        "abs": { abs($0) }, "acos": { acos($0) }, "acosh": { acosh($0) }, "asin": { asin($0) }, "asinh": { asinh($0) },
        "atan": { atan($0) }, "atanh": { atanh($0) }, "ceil": { $0.rounded(.up) }, "cos": { cos($0) }, "cosh": { cosh($0) },
        "erf": { erf($0) }, "erfc": { erfc($0) }, "exp": { exp($0) }, "exp2": { exp2($0) }, "expm1": { expm1($0) },
        "floor": { $0.rounded(.down) }, "isFinite": { $0.isFinite ? 1 : 0 }, "isInfinite": { $0.isInfinite ? 1 : 0 },
        "isNaN": { $0.isNaN ? 1 : 0 }, "log": { log($0) }, "log1p": { log1p($0) }, "log2": { log2($0) },
        "logicalNot": { $0 == 0 ? 1 : 0 }, "negate": { -$0 }, "reciprocal": { 1 / $0 },
        "reciprocalSquareRoot": { 1 / $0.squareRoot() }, "relu": { $0 > 0 ? $0 : 0 },
        "round": { $0.rounded(.toNearestOrEven) }, "sigmoid": { 1 / (1 + exp(-$0)) },
        "sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }, "sin": { sin($0) }, "sinh": { sinh($0) }, "softplus": { log1p(exp($0)) },
        "square": { $0 * $0 }, "squareRoot": { $0.squareRoot() }, "tan": { tan($0) }, "tanh": { tanh($0) },
        "trunc": { $0.rounded(.towardZero) },
    ]

    private static let binary: [String: @Sendable (Double, Double) -> Double] = [
        "add": { $0 + $1 }, "atan2": { atan2($0, $1) }, "divide": { $0 / $1 }, "equal": { $0 == $1 ? 1 : 0 },
        "floorDivide": { ($0 / $1).rounded(.down) }, "gate": { $0 > 0 ? $1 : 0 }, "greater": { $0 > $1 ? 1 : 0 },
        "greaterEqual": { $0 >= $1 ? 1 : 0 }, "hypot": { hypot($0, $1) }, "less": { $0 < $1 ? 1 : 0 },
        "lessEqual": { $0 <= $1 ? 1 : 0 }, "logicalAnd": { $0 != 0 && $1 != 0 ? 1 : 0 },
        "logicalOr": { $0 != 0 || $1 != 0 ? 1 : 0 }, "logicalXor": { ($0 != 0) != ($1 != 0) ? 1 : 0 },
        "maximum": { $0 > $1 ? $0 : $1 }, "minimum": { $0 < $1 ? $0 : $1 },
        "mod": { $0 - ($0 / $1).rounded(.down) * $1 }, "multiply": { $0 * $1 }, "notEqual": { $0 != $1 ? 1 : 0 },
        "pow": { pow($0, $1) }, "subtract": { $0 - $1 },
    ]
}

extension Elements {
    /// The element at coordinates inside the shape.
    fileprivate func exactly(_ place: [Int]) -> Double {
        elements[place.indices.reduce(0) { $0 * shape[$1] + place[$1] }]
    }
}
