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

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) { add(logs, of: epoch) }

    private func add(_ logs: Logs, of epoch: Int) {
        epochs.append(epoch)
        self.logs.append(logs)
        for (name, value) in logs { history[name, default: []].append(value) }
    }

    override var memory: CallbackMemory? {
        CallbackMemory(values: [
            "epochs": .integers(epochs),
            "logs": .array(logs.map { logs in .object(logs.keys.reduce(into: JSONObject()) { $0[$1] = logs.json($1) }) }),
        ])
    }

    override func recall(_ memory: CallbackMemory) throws {
        let values = JSONValue.object(memory.values)
        let logs = try values.array("logs").map { try Logs(json: $0) }
        let epochs = try values.array("epochs").map { try $0.int() }
        (self.epochs, self.logs, history) = ([], [], [:])
        for (epoch, logs) in zip(epochs, logs) { add(logs, of: epoch) }
    }

    /// A table of the figures: a row for each epoch, counted from 1 as in the progress bar.
    public override var description: String { table }
    public override var debugDescription: String { "History(\(epochs.count) epochs, \(history.keys.joined(separator: ", ")))" }
}

extension Logs {
    /// Logs of the values that `json(_:)` gives.
    package init(json: JSONValue) throws {
        self.init()
        for (name, value) in try json.object() {
            if case .array(let elements) = value {
                set(try elements.map { try $0.double() }, for: name)
            } else {
                self[name] = try value.double()
            }
        }
    }

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
