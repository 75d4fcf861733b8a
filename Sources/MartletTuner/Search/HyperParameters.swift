/// The parameters of a model that a tuner searches, in KerasTuner's form: a function gets them and builds a model.
///
/// ```swift
/// let tuner = try ModelTuner(objective: "val_loss", maxTrials: 5) { hp in
///     let model = Sequential()
///     for index in 0..<(try hp.int("layers", min: 1, max: 3)) {
///         model.add(Dense(try hp.int("units_\(index)", min: 32, max: 512, step: 32), activation: .relu))
///     }
///     model.add(Dense(1))
///     try model.compile(optimizer: Adam(learningRate: hp.float("rate", min: 1e-4, max: 1e-2, sampling: .log)), loss: "mse")
///     return model
/// }
/// ```
///
/// Source: [`keras_tuner.HyperParameters`](https://keras.io/keras_tuner/api/hyperparameters/).
public final class HyperParameters {
    /// How values are spread over a range.
    public enum Sampling: Sendable {
        /// Evenly.
        case linear
        /// Evenly over the logarithm.
        case log
    }

    /// Where values come from.
    private enum Source {
        case trial(Trial)
        case values
    }
    private let source: Source
    /// The values so far, by name.
    public private(set) var values: [String: JSONValue]

    /// The trial that chooses the values; nil for values that are given.
    public var trial: Trial? {
        if case .trial(let trial) = source { trial } else { nil }
    }

    /// Those that a trial chooses.
    public init(_ trial: Trial) {
        source = .trial(trial)
        values = [:]
    }

    /// Those of given values, such as `study.bestParams`.
    public init(values: [String: JSONValue]) {
        source = .values
        self.values = values
    }

    /// An integer from `min` to `max`.
    /// - Parameters:
    ///   - name: the parameter's name.
    ///   - step: the distance of values, counted from `min`.
    ///   - sampling: how values are spread.
    /// - Throws: `MartletError` when the range is not good, or there is no value of the name.
    public func int(_ name: String, min: Int, max: Int, step: Int = 1, sampling: Sampling = .linear) throws -> Int {
        let value = try value(name, .int(low: min, high: max, step: step, isLogarithmic: sampling == .log))
        return try JSONValue.object([name: value]).int(.key(name))
    }

    /// A number from `min` to `max`.
    /// - Parameters:
    ///   - name: the parameter's name.
    ///   - step: the distance of values, counted from `min`; nil for any value.
    ///   - sampling: how values are spread.
    /// - Throws: as `int`.
    public func float(
        _ name: String, min: Double, max: Double, step: Double? = nil, sampling: Sampling = .linear
    ) throws -> Double {
        let value = try value(name, .float(low: min, high: max, step: step, isLogarithmic: sampling == .log))
        return try JSONValue.object([name: value]).double(.key(name))
    }

    /// One of several values. Throws as `int`.
    public func choice<Choice: ParameterChoice>(_ name: String, _ choices: [Choice]) throws -> Choice {
        let distribution = Distribution.choice(choices.map(\.parameterValue))
        let value = try value(name, distribution)
        guard let number = distribution.number(value) else {
            throw MartletError("Expected one of the choices. Received: \(value.serialized()).", at: "parameter \"\(name)\"")
        }
        return choices[Swift.Int(number)]
    }

    /// True or false. Throws as `int`.
    public func boolean(_ name: String) throws -> Bool { try choice(name, [false, true]) }

    /// A value that is not searched, for records.
    public func fixed<Choice: ParameterChoice>(_ name: String, _ value: Choice) throws -> Choice { try choice(name, [value]) }

    private func value(_ name: String, _ distribution: Distribution) throws -> JSONValue {
        switch source {
        case .trial(let trial):
            let number = try trial.number(name, distribution)
            let value = distribution.value(number)
            values[name] = value
            return value
        case .values:
            guard let value = values[name] else {
                throw MartletError("Expected a value of \"\(name)\". There are: \(values.keys.sorted().joined(separator: ", ")).")
            }
            return value
        }
    }
}

extension HyperParameters: CustomStringConvertible, CustomDebugStringConvertible {
    /// The values so far: `HyperParameters(rate: 0.01, units: 64)`.
    public var description: String {
        let parts = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.serialized())" }
        return "HyperParameters(\(parts.joined(separator: ", ")))"
    }
    public var debugDescription: String { description }
}
