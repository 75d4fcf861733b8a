import MartletCore
import MartletFormats

extension Optimizer {
    /// An optimizer of Keras's configuration, or of a name.
    static func make(from json: JSONValue) throws -> Optimizer {
        if case .string(let name) = json { return try name.makeOptimizer() }
        let config = try Configuration(className: json.string("class_name"), json.value(at: ["config"]))
        let rate: Double = try config.value("learning_rate", default: 0.001)
        switch config.className {
        case "SGD":
            return SGD(
                learningRate: rate, momentum: try config.value("momentum", default: 0),
                nesterov: try config.value("nesterov", default: false))
        case "Adam":
            return Adam(
                learningRate: rate, beta1: try config.value("beta_1", default: 0.9),
                beta2: try config.value("beta_2", default: 0.999), epsilon: try config.value("epsilon", default: 1e-7),
                amsgrad: try config.value("amsgrad", default: false))
        default: throw MartletError("Expected SGD or Adam. Received: \(config.className).")
        }
    }
}

extension Loss {
    /// A loss of Keras's configuration, or of a name.
    static func make(from json: JSONValue) throws -> Loss {
        if case .string(let name) = json { return try name.makeLoss() }
        return try json.string("class_name").makeLoss()
    }
}

extension Metric {
    /// A metric of Keras's configuration.
    static func make(from json: JSONValue) throws -> any MetricConvertible { try json.string("class_name") }
}
