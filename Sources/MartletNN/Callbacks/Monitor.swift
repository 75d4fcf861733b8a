import MartletCore

/// Which values of a monitored figure are better.
public enum MonitorMode: String, Sendable {
    /// What the figure's metric says: lower for losses and errors, higher for accuracies.
    case auto
    /// Lower is better.
    case min
    /// Higher is better.
    case max
}

/// The figure that a callback watches, and when one value of it improves on another: the rule that `EarlyStopping`,
/// `ModelCheckpoint` and `ReduceLROnPlateau` share.
struct Monitor {
    let name: String
    let mode: MonitorMode
    let minDelta: Double

    init(_ name: String, mode: MonitorMode, minDelta: Double = 0) {
        self.name = name
        self.mode = mode
        self.minDelta = abs(minDelta)
    }

    /// Whether `value` is better than `reference` by more than `minDelta`; anything is better than nothing.
    /// - Throws: `MartletError` when the mode is `auto` and nobody knows which values are better.
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

    /// The figure's value, nil with a warning in the log when there is none.
    func value(in logs: Logs, for purpose: String) -> Double? {
        if let value = logs[name] { return value }
        let names = logs.keys.joined(separator: ", ")
        Settings.logger.warning("\(purpose) watches \"\(name)\", which is not there. There are: \(names).")
        return nil
    }
}

extension Callback {
    /// Tells what a callback did: a notice when it was asked to be verbose, else in the log's details.
    func report(_ message: @autoclosure () -> String, verbose: Bool) {
        Settings.logger.log(level: verbose ? .notice : .debug, "\(message())")
    }

    /// The optimizer, whose learning rate is to be set.
    /// - Throws: `MartletError` when a schedule gives the rate.
    func settableOptimizer() throws -> Optimizer {
        guard let optimizer = model?.optimizer else {
            throw MartletError("Expected a compiled model.", at: "\(Self.self)")
        }
        guard optimizer.schedule == nil else {
            throw MartletError(
                "Expected an optimizer whose learning rate is a number. Its rate is given by a schedule.",
                at: "\(Self.self)")
        }
        return optimizer
    }
}
