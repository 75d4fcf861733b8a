import MartletFormats
import OrderedCollections

/// The logs of every epoch. `fit` makes and returns one.
///
/// Source: [`keras.callbacks.History`](https://keras.io/api/callbacks/).
public final class History: Callback {
    /// The numbers of the epochs, counted from 0.
    public private(set) var epochs: [Int] = []
    /// The values by name, one for each epoch that has one: `loss`, `accuracy`, `val_loss`, ...
    public private(set) var history: OrderedDictionary<String, [Double]> = [:]
    /// The same values, epoch by epoch.
    public private(set) var logs: [Logs] = []

    /// The values of one name, empty when there are none.
    public subscript(name: String) -> [Double] { history[name] ?? [] }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) {
        epochs.append(epoch)
        self.logs.append(logs)
        for (name, value) in logs { history[name, default: []].append(value) }
    }
}

extension Logs {
    /// A value as JSON: a number, or a list of numbers.
    package func json(_ name: String) -> JSONValue {
        if let elements = elements(of: name) { return .array(elements.map { .double($0) }) }
        return self[name].map { .double($0) } ?? .null
    }
}

extension History {
    /// The values of each name, epoch by epoch: `{"loss": [0.9, 0.7], "accuracy": [0.5, 0.6]}`.
    package var json: JSONObject {
        history.keys.reduce(into: [:]) { json, name in
            json[name] = .array(logs.filter { $0[name] != nil }.map { $0.json(name) })
        }
    }
}
