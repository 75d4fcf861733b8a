import MartletCore
import MartletFormats

/// A penalty on a weight or an output, added to the loss.
///
/// Source: [Keras's regularizers](https://keras.io/api/layers/regularizers/).
public protocol Regularizer: Sendable {
    /// The penalty, a scalar, written with differentiable ops.
    func callAsFunction(_ weight: Tensor) -> Tensor
    /// Keras's class name: `L2`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}

extension Regularizer {
    public var className: String { "\(Self.self)" }
    public var config: [String: JSONValue] { [:] }
}

extension Regularizer where Self: Described, Root == Self {
    public var config: [String: JSONValue] { Self.arguments.config(of: self) }
}

extension Requirement<Double> {
    /// A factor of a penalty.
    static let factor = Requirement("a number of at least 0") { $0 >= 0 && $0.isFinite }
}

/// The regularizers that configurations can name.
package enum RegularizerRegistry {
    package static let types: [any (Regularizer & Configurable).Type] = [
        L1.self, L2.self, L1L2.self, OrthogonalRegularizer.self,
    ]

    package static let shared = Registry<any Regularizer>(
        "regularizer", module: "keras.regularizers",
        types.map { type in (type.className, { try type.init(config: $0) }) },
        standIn: { MissingParts.note($0, $1, isPenalty: true) })
}

extension Configuration {
    /// The regularizer that the argument `key` describes, nil when it is missing or null.
    public func regularizer(_ key: String) throws -> (any Regularizer)? {
        try optional(key, from: RegularizerRegistry.shared)
    }
}

extension JSONValue {
    /// A regularizer as Keras writes it.
    package init(_ regularizer: (any Regularizer)?) {
        self = regularizer.map {
            RegularizerRegistry.shared.json($0, className: $0.className, config: $0.config)
        } ?? .null
    }
}
