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

    fileprivate init(json: JSONValue) throws {
        if let number = Int(json: json) {
            value = [[number]]
        } else {
            value = try json.array().map { try Int(json: $0).map { [$0] } ?? $0.value(at: [], as: [Int].self) }
        }
    }

    /// A pair for each of `count` axes; nil when there is something else.
    fileprivate func pairs(axes count: Int) -> [(before: Int, after: Int)]? {
        var all = value
        if all.count == 1 { all = [[Int]](repeating: all[0], count: count) }
        if count == 1, all.count == 2 { all = [all.flatMap { $0 }] }
        let isGood = all.count == count && all.allSatisfy { (1...2).contains($0.count) && $0.allSatisfy((0...1 << 31).contains) }
        return isGood ? all.map { ($0[0], $0[$0.count - 1]) } : nil
    }

    fileprivate static func form(axes count: Int) -> ArgumentForm<SpatialEdges> {
        ArgumentForm(
            read: { config, key in try config.located(key) { try SpatialEdges(json: config.arguments[.key(key)]!) } },
            write: { edges in
                let pairs = edges.pairs(axes: count)!.map { JSONValue.integers([$0.before, $0.after]) }
                return count == 1 ? pairs[0] : .array(pairs)
            })
    }

    fileprivate static func requirement(axes count: Int) -> Requirement<SpatialEdges> {
        Requirement("a number of at least 0, one for each of \(count) axes, or a pair for each", received: \.value) {
            $0.pairs(axes: count) != nil
        }
    }
}

/// Takes elements away at the beginning and at the end of the time axis of sequences.
///
/// Source: [`keras.layers.Cropping1D`](https://keras.io/api/layers/reshaping_layers/cropping1d/).
public typealias Cropping1D = EdgeLayer<EdgeCropping, Spatial1D>
/// Takes elements away at the beginning and at the end of height and width of images.
///
/// Source: [`keras.layers.Cropping2D`](https://keras.io/api/layers/reshaping_layers/cropping2d/).
public typealias Cropping2D = EdgeLayer<EdgeCropping, Spatial2D>
/// Takes elements away at the beginning and at the end of the three spatial axes of volumes.
///
/// Source: [`keras.layers.Cropping3D`](https://keras.io/api/layers/reshaping_layers/cropping3d/).
public typealias Cropping3D = EdgeLayer<EdgeCropping, Spatial3D>
/// Adds zeros at the beginning and at the end of the time axis of sequences.
///
/// Source: [`keras.layers.ZeroPadding1D`](https://keras.io/api/layers/reshaping_layers/zero_padding1d/).
public typealias ZeroPadding1D = EdgeLayer<EdgePadding, Spatial1D>
/// Adds zeros at the beginning and at the end of height and width of images.
///
/// Source: [`keras.layers.ZeroPadding2D`](https://keras.io/api/layers/reshaping_layers/zero_padding2d/).
public typealias ZeroPadding2D = EdgeLayer<EdgePadding, Spatial2D>
/// Adds zeros at the beginning and at the end of the three spatial axes of volumes.
///
/// Source: [`keras.layers.ZeroPadding3D`](https://keras.io/api/layers/reshaping_layers/zero_padding3d/).
public typealias ZeroPadding3D = EdgeLayer<EdgePadding, Spatial3D>

/// What a layer does to the ends of spatial axes: ``EdgePadding`` or ``EdgeCropping``.
public protocol EdgeChange: Sendable {
    /// Whether elements are taken away.
    static var isCropping: Bool { get }
}
/// Adds zeros.
public enum EdgePadding: EdgeChange { public static var isCropping: Bool { false } }
/// Takes elements away.
public enum EdgeCropping: EdgeChange { public static var isCropping: Bool { true } }

/// Takes elements away, or adds zeros, at the beginning and at the end of each spatial axis. ``Cropping2D``,
/// ``ZeroPadding2D`` and those of other ranks.
public final class EdgeLayer<Change: EdgeChange, Rank: SpatialRank>: Layer, ConfigurableLayer, Described {
    /// The elements taken away, or added, at the beginning and at the end of each spatial axis.
    public var edges: [(before: Int, after: Int)] { givenEdges.pairs(axes: Rank.axes) ?? [] }
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    private var givenEdges: SpatialEdges

    private init(edges: SpatialEdges, dataFormat: DataFormat, name: String?, dtype: (any DTypeConvertible)?) {
        givenEdges = edges
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    /// Makes a layer.
    /// - Parameters:
    ///   - padding: one number, one for each spatial axis, or a pair for each, `.init([(1, 2), ...])`; for one axis also
    ///     those before and after, `[1, 2]`.
    ///   - dataFormat: where the channels lie.
    public convenience init(
        _ padding: SpatialEdges = 1, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) where Change == EdgePadding {
        self.init(edges: padding, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    /// Makes a layer.
    /// - Parameters:
    ///   - cropping: one number, one for each spatial axis, or a pair for each, `.init([(1, 2), ...])`. As in Keras, it is
    ///     0 for images and 1 for volumes by default.
    ///   - dataFormat: where the channels lie.
    public convenience init(
        _ cropping: SpatialEdges = defaultCropping, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) where Change == EdgeCropping, Rank: ImageRank {
        self.init(edges: cropping, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    /// Makes a layer. Keras's has no data format.
    /// - Parameter cropping: one number, or those before and after: `[1, 2]`.
    public convenience init(_ cropping: SpatialEdges = 1, name: String? = nil, dtype: (any DTypeConvertible)? = nil)
    where Change == EdgeCropping, Rank == Spatial1D {
        self.init(edges: cropping, dataFormat: .channelsLast, name: name, dtype: dtype)
    }

    /// How many elements are cropped unless it is said.
    public static var defaultCropping: SpatialEdges { Rank.axes == 2 ? 0 : 1 }

    public static var arguments: Arguments<EdgeLayer> {
        let edges: SpatialEdges = Change.isCropping ? defaultCropping : 1
        return Arguments(default: EdgeLayer(edges: edges, dataFormat: .channelsLast, name: nil, dtype: nil)) {
            $0(
                Change.isCropping ? "cropping" : "padding", \.givenEdges, as: SpatialEdges.form(axes: Rank.axes),
                SpatialEdges.requirement(axes: Rank.axes))
            if !Change.isCropping || Rank.axes > 1 { $0("data_format", \.dataFormat) }
        }
    }

    override class var typeName: String { "\(Change.isCropping ? "Cropping" : "ZeroPadding")\(Rank.axes)D" }

    private var firstAxis: Int { dataFormat == .channelsFirst ? 2 : 1 }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        if Change.isCropping {
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
        var shape = try Rank.onlyInput(inputShapes)
        for (index, edge) in edges.enumerated() {
            let axis = index + firstAxis
            guard let size = shape[axis] else { continue }
            let change = edge.before + edge.after
            guard !Change.isCropping || size > change else {
                throw MartletError(
                    "Expected spatial axes from which \(edges.map { [$0.before, $0.after] }) can be cropped. "
                        + "Received: shape \(inputShapes[0]).")
            }
            shape[axis] = Change.isCropping ? size - change : size + change
        }
        return [shape]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        let input = [[6], [5, 4], [4, 4, 5]][Rank.axes - 1]
        let pairs = SpatialEdges(Array([(1, 2), (0, 1), (1, 1)].prefix(Rank.axes)))
        @Sendable func layer(_ edges: SpatialEdges, _ dataFormat: DataFormat = .channelsLast) -> EdgeLayer {
            EdgeLayer(edges: edges, dataFormat: dataFormat, name: nil, dtype: .float64)
        }
        let tooSmall = PartialShape(Shape([Int](repeating: 2, count: Rank.axes + 1))).batched()
        let samples = [
            LayerSample(
                "one", layer(1), [.init(input + [2])], bad: [[[nil, 4]]] + (Change.isCropping ? [[tooSmall]] : [])),
            LayerSample("pairs", layer(pairs), [.init(input + [2])]),
        ]
        if Change.isCropping, Rank.axes == 1 { return samples }
        return samples + [LayerSample("channels first", layer(pairs, .channelsFirst), [.init([2] + input)])]
    }
}
