import MartletCore
import MartletFormats

/// A projection of a weight onto the values that it may have, applied after every update.
///
/// Source: [Keras's constraints](https://keras.io/api/layers/constraints/).
public protocol Constraint: Sendable {
    /// The nearest permitted value.
    func callAsFunction(_ weight: Tensor) -> Tensor
    /// Keras's class name: `NonNeg`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}

extension Constraint {
    public var className: String { "\(Self.self)" }
    public var config: [String: JSONValue] { [:] }
}

extension Constraint where Self: Described, Root == Self {
    public var config: [String: JSONValue] { Self.arguments.config(of: self) }
}

/// A constraint on the length of the vectors along some axes of a weight: those that lead to one unit. For a matrix
/// that is axis 0; for a convolution's kernel, axes [0, 1, 2].
protocol NormConstraint: Constraint {
    var axes: [Int] { get }
}

extension NormConstraint {
    /// The weight with each length replaced by `target` of it.
    func rescale(_ weight: Tensor, to target: (Tensor) -> Tensor) -> Tensor {
        let norms = weight.square().sum(axes: axes, keepDims: true).squareRoot()
        // Keras's epsilon keeps vectors of zeros where they are.
        return weight * (target(norms) / (norms + 1e-7))
    }
}

extension Configuration {
    /// The constraint that the argument `key` describes, nil when it is missing or null.
    public func constraint(_ key: String) throws -> (any Constraint)? {
        try optional(key, from: ConstraintRegistry.shared)
    }
}

/// The constraints that configurations can name.
package enum ConstraintRegistry {
    package static let types: [any (Constraint & Configurable).Type] = [
        MaxNorm.self, MinMaxNorm.self, NonNeg.self, UnitNorm.self,
    ]

    package static let shared = Registry<any Constraint>(
        "constraint", module: "keras.constraints",
        types.map { type in (type.className, { try type.init(config: $0) }) }, standIn: { MissingParts.note($0, $1) })
}

extension JSONValue {
    /// A constraint as Keras writes it.
    package init(_ constraint: (any Constraint)?) {
        self = constraint.map {
            ConstraintRegistry.shared.json($0, className: $0.className, config: $0.config)
        } ?? .null
    }
}
