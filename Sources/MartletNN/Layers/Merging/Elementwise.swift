import MartletCore

/// The sum of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Add`](https://keras.io/api/layers/merging_layers/add/).
public final class Add: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Add())

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], +) }

    package static var samples: [LayerSample] { samples({ Add(dtype: .float64) }) }
}

/// The first of two inputs minus the second. Shapes broadcast.
///
/// Source: [`keras.layers.Subtract`](https://keras.io/api/layers/merging_layers/subtract/).
public final class Subtract: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Subtract())

    override var inputCounts: ClosedRange<Int> { 2...2 }
    override func merge(_ inputs: [Tensor]) -> Tensor { inputs[0] - inputs[1] }

    package static var samples: [LayerSample] { samples({ Subtract(dtype: .float64) }, pairOnly: true) }
}

/// The product of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Multiply`](https://keras.io/api/layers/merging_layers/multiply/).
public final class Multiply: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Multiply())

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], *) }

    /// An element that does not count is no factor; where none counts, the product is 0.
    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        let product = merge(zip(inputs, masks).map { x, mask in mask.map { `where`($0, x, 1) } ?? x })
        let given = masks.compactMap { $0 }
        guard given.count == inputs.count else { return product }
        return `where`(given.dropFirst().reduce(given[0]) { $0.logicalOr($1) }, product, 0)
    }

    package static var samples: [LayerSample] { samples({ Multiply(dtype: .float64) }) }
}

/// The mean of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Average`](https://keras.io/api/layers/merging_layers/average/).
public final class Average: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Average())

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], +) / Double(inputs.count) }

    package static var samples: [LayerSample] { samples({ Average(dtype: .float64) }) }
}

/// The largest of its inputs, element by element. Shapes broadcast.
///
/// Source: [`keras.layers.Maximum`](https://keras.io/api/layers/merging_layers/maximum/).
public final class Maximum: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Maximum())

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0]) { maximum($0, $1) } }

    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        Self.fold(inputs, masks: masks) { maximum($0, $1) }
    }

    package static var samples: [LayerSample] { samples({ Maximum(dtype: .float64) }) }
}

/// The smallest of its inputs, element by element. Shapes broadcast.
///
/// Source: [`keras.layers.Minimum`](https://keras.io/api/layers/merging_layers/minimum/).
public final class Minimum: MergingLayer, ConfigurableLayer, Described {
    public static let arguments = Arguments(default: Minimum())

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0]) { minimum($0, $1) } }

    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        Self.fold(inputs, masks: masks) { minimum($0, $1) }
    }

    package static var samples: [LayerSample] { samples({ Minimum(dtype: .float64) }) }
}
