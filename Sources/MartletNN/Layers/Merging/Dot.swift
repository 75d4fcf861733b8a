import MartletCore

/// Sums of products of two inputs along an axis of each, sample by sample.
///
/// Shapes: [batch, a..., n, b...] and [batch, c..., n, d...] give [batch, a..., b..., c..., d...], and [batch, 1] where
/// nothing remains.
///
/// Source: [`keras.layers.Dot`](https://keras.io/api/layers/merging_layers/dot/).
public final class Dot: Layer, ConfigurableLayer, Described {
    /// The axis of each input that is summed over, the batch being 0: `1` or `[1, 2]`.
    public var axes: [Int] { givenAxes.numbers(axes: 2) }
    /// Whether both inputs are divided by their norms along the axes, which gives the cosine of the angle.
    public private(set) var normalize: Bool
    private var givenAxes: any PerAxis

    /// Makes a layer. The properties describe the arguments.
    public init(axes: any PerAxis, normalize: Bool = false, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        givenAxes = axes
        self.normalize = normalize
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Dot(axes: -1)) {
        $0(
            "axes", \.givenAxes, as: .asGiven,
            Requirement("an axis other than the batch's, 0, or one for each input") {
                let axes = $0.numbers(axes: 2)
                return axes.count == 2 && !axes.contains(0)
            })
        $0("normalize", \.normalize)
    }

    override var listParameter: String? { "inputs" }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let labels = ["abcdefghijkl", "mnopqrstuvwx"].map { Array($0) }
        var operands: [Tensor] = []
        var (terms, rest): ([String], [Character]) = ([], [])
        for (index, x) in inputs.enumerated() {
            let axis = x.shape.normalizedAxis(axes[index])!
            let letters = (1..<x.rank).map { $0 == axis ? "z" : labels[index][$0] }
            operands.append(normalize ? x.l2Normalized(axis: axis, epsilon: 1e-14) : x)
            terms.append("y" + String(letters))
            rest += letters.filter { $0 != "z" }
        }
        let y = einsum("\(terms.joined(separator: ","))->y\(String(rest))", operands)
        return [rest.isEmpty ? y.expandingDims(at: 1) : y]
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard inputShapes.count == 2 else {
            throw MartletError("Expected 2 inputs. Received: \(inputShapes.count).")
        }
        let places = try zip(inputShapes, axes).map { shape, axis in
            guard let place = shape.normalizedAxis(axis), place > 0, shape.rank <= 12 else {
                throw MartletError("Expected an input with an axis \(axis). Received: shape \(shape).")
            }
            return place
        }
        let (a, b) = (inputShapes[0], inputShapes[1])
        if let first = a[places[0]], let second = b[places[1]], first != second {
            throw MartletError(
                "Expected inputs of one size along the axes \(axes). Received: shapes \(inputShapes).")
        }
        if let first = a[0], let second = b[0], first != second {
            throw MartletError("Expected inputs of one batch size. Received: shapes \(inputShapes).")
        }
        let rest = zip(inputShapes, places).flatMap { shape, place in
            (1..<shape.rank).filter { $0 != place }.map { shape[$0] }
        }
        return [PartialShape([a[0] ?? b[0]] + (rest.isEmpty ? [1] : rest))]
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 2], [nil, 3]], [[nil], [nil, 2]], [[nil, 2]]]
        return [
            LayerSample("vectors", Dot(axes: 1, dtype: .float64), [[3], [3]], bad: bad),
            LayerSample("batched", Dot(axes: [2, 1], dtype: .float64), [[2, 3], [3, 4]]),
            LayerSample("normalized", Dot(axes: -1, normalize: true, dtype: .float64), [[2, 3], [4, 3]]),
            LayerSample("ranks", Dot(axes: [1, 2], dtype: .float64), [[2], [3, 2, 2]]),
        ]
    }
}
