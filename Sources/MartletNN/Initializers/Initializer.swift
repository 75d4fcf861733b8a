import MartletCore
import MartletFormats

/// Gives a new weight its first value.
///
/// An initializer without a seed draws from a stream of its own, which `setRandomSeed` makes repeatable. With a seed it
/// gives the same values at every call, as in Keras.
///
/// Source: [Keras's initializers](https://keras.io/api/layers/initializers/).
public protocol Initializer: Sendable {
    /// A tensor of first values.
    func makeTensor(shape: Shape, dtype: DType) -> Tensor
    /// Keras's class name: `GlorotUniform`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}

extension Initializer {
    public var className: String { "\(Self.self)" }
    public var config: [String: JSONValue] { [:] }
}

extension Initializer where Self: Configurable {
    public var className: String { Self.className }
}

extension Initializer where Self: Described, Root == Self {
    public var config: [String: JSONValue] { Self.arguments.config(of: self) }
}

/// The initializers that configurations can name.
package enum InitializerRegistry {
    package static let types: [any (Initializer & Configurable).Type] = [
        Zeros.self, Ones.self, Constant.self, RandomUniform.self, RandomNormal.self, TruncatedNormal.self,
        VarianceScaling.self, GlorotUniform.self, GlorotNormal.self, HeUniform.self, HeNormal.self, LecunUniform.self,
        LecunNormal.self, Orthogonal.self, IdentityInitializer.self, STFT.self,
    ]

    package static let shared = Registry<any Initializer>(
        "initializer", module: "keras.initializers", types.map { type in (type.className, { try type.init(config: $0) }) },
        aliases: [
            "zero": "Zeros", "one": "Ones", "uniform": "RandomUniform", "normal": "RandomNormal",
            "IdentityInitializer": "Identity", "OrthogonalInitializer": "Orthogonal",
            "stft": "STFT", "STFTInitializer": "STFT",
        ], standIn: { MissingParts.note($0, $1, isNeededForTraining: false) })
}

/// The initializer under Keras's name, with its default arguments: `"he_normal"` or `"HeNormal"`.
/// - Throws: `MartletError` when no initializer has that name.
public func makeInitializer(named name: String) throws -> any Initializer {
    try InitializerRegistry.shared.make(className: name, config: [:])
}

extension Configuration {
    /// The initializer that the argument `key` describes, `value` when it is missing or null.
    public func initializer(_ key: String, default value: any Initializer) throws -> any Initializer {
        try optional(key, from: InitializerRegistry.shared) ?? value
    }
}

extension JSONValue {
    /// An initializer as Keras writes it.
    package init(_ initializer: any Initializer) {
        self = InitializerRegistry.shared.json(
            initializer, className: initializer.className, config: initializer.config)
    }
}
