import MartletFormats

/// An optimizer that configurations can name.
package protocol ConfigurableOptimizer: Optimizer, Configurable {}

/// The optimizers that configurations can name, and that every test of all optimizers runs over.
package enum OptimizerRegistry {
    package static let types: [any ConfigurableOptimizer.Type] = [
        SGD.self, Adam.self, AdamW.self, RMSprop.self, Adagrad.self, Adadelta.self, Adamax.self, Lion.self,
        Nadam.self, Ftrl.self, Lamb.self, Adafactor.self, Muon.self, ScheduleFreeAdamW.self, LossScaleOptimizer.self,
        MultiOptimizer.self,
    ]

    package static let shared = Registry<Optimizer>(
        "optimizer", module: "keras.optimizers", types.map { type in (type.className, { try type.init(config: $0) }) },
        aliases: Dictionary(uniqueKeysWithValues: types.compactMap { type in
            let (plain, snake) = (type.className.lowercased(), LayerNames.snakeCase(type.className))
            return plain == snake ? nil : (plain, type.className)
        }))
}

extension Optimizer {
    /// Makes an optimizer from what Keras writes: a name, or an object with `class_name` and `config`.
    /// - Throws: `MartletError` when there is no such optimizer, or an argument is of a wrong type or out of range.
    public static func make(from json: JSONValue) throws -> Optimizer { try OptimizerRegistry.shared.make(from: json) }
}

extension String: OptimizerConvertible {
    /// The optimizer with this name in Keras, in any case, with its defaults: `"adam"`.
    public func makeOptimizer() throws -> Optimizer {
        let isOwn = OptimizerRegistry.shared.contains(self)
        return try Optimizer.make(from: .string(isOwn ? self : lowercased()))
    }
}

extension JSONValue {
    /// An optimizer as Keras writes it.
    package init(_ optimizer: Optimizer) {
        self = OptimizerRegistry.shared.json(optimizer, className: optimizer.className, config: optimizer.config)
    }
}
