import MartletCore
import MartletFormats

/// Elements at the beginning and at the end of each spatial axis: what Keras takes as one number, one for each axis, or
/// a pair for each.
public struct SpatialEdges: Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    private let value: [[Int]]

    /// The same number everywhere.
    public init(integerLiteral number: Int) { value = [[number]] }
    /// A number for each axis; for one axis, those before and after.
    public init(arrayLiteral numbers: Int...) { value = numbers.map { [$0] } }
    /// Those before and after, for each axis.
    public init(_ pairs: [(before: Int, after: Int)]) { value = pairs.map { [$0.before, $0.after] } }

    init(json: JSONValue) throws {
        if let number = Int(json: json) {
            value = [[number]]
        } else {
            value = try json.array().map { try Int(json: $0).map { [$0] } ?? $0.value(at: [], as: [Int].self) }
        }
    }

    /// A pair for each of `count` axes. Complains about anything that is none.
    func pairs(axes count: Int, of owner: String, _ name: String) -> [(before: Int, after: Int)] {
        var all = value
        if all.count == 1 { all = [[Int]](repeating: all[0], count: count) }
        if count == 1, all.count == 2 { all = [all.flatMap { $0 }] }
        let isGood = all.count == count && all.allSatisfy { (1...2).contains($0.count) && $0.allSatisfy { $0 >= 0 } }
        Argument.check(
            isGood, owner, name, expected: "a number of at least 0, one for each of \(count) axes, or a pair for each",
            received: value)
        return isGood ? all.map { ($0[0], $0[$0.count - 1]) } : [(before: Int, after: Int)](repeating: (0, 0), count: count)
    }
}

/// What croppings and paddings share, of one, two and three spatial axes.
public class EdgeLayer: Layer {
    /// The elements taken away, or added, at the beginning and at the end of each spatial axis.
    public let edges: [(before: Int, after: Int)]
    /// Where the channels lie.
    public let dataFormat: DataFormat
    /// The argument's name: `padding`.
    class var argument: String { "padding" }
    /// Whether elements are taken away.
    class var isCropping: Bool { false }

    init(rank: Int, _ edges: SpatialEdges, dataFormat: DataFormat, name: String?, dtype: DType?) {
        self.edges = edges.pairs(axes: rank, of: "\(Self.self)", Self.argument)
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    private var firstAxis: Int { dataFormat == .channelsFirst ? 2 : 1 }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        if Self.isCropping {
            var x = x
            for (index, edge) in edges.enumerated() {
                let axis = index + firstAxis
                let sizes = [edge.before, x.shape[axis] - edge.before - edge.after, edge.after]
                x = x.split(sizes: sizes, axis: axis)[1]
            }
            return x
        }
        var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
        for (index, edge) in edges.enumerated() { pads[index + firstAxis] = edge }
        return x.padded(pads)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try Self.onlyInput(
            inputShapes, axes: "(batch, \(edges.count) spatial axes and the channels)", rank: edges.count + 2)
        for (index, edge) in edges.enumerated() {
            let axis = index + firstAxis
            guard let size = shape[axis] else { continue }
            let change = edge.before + edge.after
            guard !Self.isCropping || size > change else {
                throw MartletError(
                    "Expected spatial axes from which \(edges.map { [$0.before, $0.after] }) can be cropped. "
                        + "Received: shape \(inputShapes[0]).")
            }
            shape[axis] = Self.isCropping ? size - change : size + change
        }
        return [shape]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    public override var config: [String: JSONValue] {
        let pairs = edges.map { JSONValue.integers([$0.before, $0.after]) }
        let value = edges.count == 1 ? pairs[0] : .array(pairs)
        return super.config.merging([Self.argument: value, "data_format": .string(dataFormat.rawValue)]) { $1 }
    }
}

extension Configuration {
    /// The argument `key`, elements at the ends of axes; 1 when it is missing or null.
    func edges(_ key: String) throws -> SpatialEdges {
        guard let json = arguments[.key(key)], json != .null else { return 1 }
        return try located(key) { try SpatialEdges(json: json) }
    }
}
