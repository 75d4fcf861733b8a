import MartletCore

/// Which values of a monitored metric are better.
public enum MonitorMode: String, Sendable, CaseIterable {
    /// Decided by the metric: lower for losses and errors, higher for accuracies.
    case auto
    /// Lower is better.
    case min
    /// Higher is better.
    case max
}

/// The metric that a callback monitors, and the rule by which one value improves on another. `EarlyStopping`,
/// `ModelCheckpoint` and `ReduceLROnPlateau` share it.
struct Monitor {
    let name: String
    let mode: MonitorMode
    let minDelta: Double

    init(_ name: String, mode: MonitorMode, minDelta: Double = 0) {
        self.name = name
        self.mode = mode
        self.minDelta = abs(minDelta)
    }

    /// Whether `value` is better than `reference` by more than `minDelta`. Any value is better than none.
    /// - Throws: `MartletError` when the mode is `auto` and it is not known which values are better.
    func isImprovement(_ value: Double, over reference: Double?, in model: Model?) throws -> Bool {
        let isHigherBetter = try isHigherBetter(in: model)
        guard let reference else { return true }
        return isHigherBetter ? value - minDelta > reference : value + minDelta < reference
    }

    private func isHigherBetter(in model: Model?) throws -> Bool {
        switch mode {
        case .min: return false
        case .max: return true
        case .auto:
            let metricName = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
            if metricName == "loss" || metricName.hasSuffix("_loss") { return false }
            let metric = model?.compilation?.reported.first { $0.name == metricName }?.metric
            if let known = metric?.isHigherBetter { return known }
            throw MartletError(
                "Expected mode .min or .max: whether higher values of \"\(name)\" are better is not known.", at: "mode")
        }
    }

    /// The metric's value. When there is none, nil and a warning in the log.
    func value(in logs: Logs, for purpose: String) -> Double? {
        if let value = logs[name] { return value }
        let names = logs.keys.joined(separator: ", ")
        Settings.warn("\(purpose) watches \"\(name)\", which is not there. There are: \(names).")
        return nil
    }
}

extension Callback {
    /// Says what a callback did: printed when it is verbose, whatever the log level; otherwise a debug message.
    func report(_ message: @autoclosure () -> String, verbose: Bool) {
        guard verbose else { return Settings.logger.debug("\(message())") }
        TextOutput.callbacks.write(message().printable + "\n")
    }

    /// The optimizer, for setting its learning rate.
    /// - Throws: `MartletError` when a schedule gives the rate.
    func settableOptimizer() throws -> Optimizer {
        guard let optimizer = model?.optimizer else {
            throw MartletError("Expected a compiled model.", at: "\(Self.self)")
        }
        guard optimizer.schedule == nil else {
            throw MartletError(
                "Expected an optimizer whose learning rate is a number. A schedule sets its rate.",
                at: "\(Self.self)")
        }
        return optimizer
    }
}
