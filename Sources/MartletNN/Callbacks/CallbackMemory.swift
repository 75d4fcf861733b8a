import MartletCore
import MartletFormats

/// What a callback knows of the epochs that have passed: `BackupAndRestore` keeps it, so that early stopping, checkpoints,
/// rates and histories go on as if nothing had happened.
struct CallbackMemory {
    /// Numbers, under the names of properties.
    var values: JSONObject
    /// Weights that the callback keeps.
    var tensors: [Tensor] = []

    /// A number, nil where there was none.
    func double(_ name: String) throws -> Double? {
        guard let value = values[name], value != .null else { return nil }
        return try value.double()
    }

    /// A whole number, nil where there was none.
    func int(_ name: String) throws -> Int? {
        guard let value = values[name], value != .null else { return nil }
        return try value.int()
    }
}

extension HDF5GroupContent {
    /// Writes what callbacks remember, each under its class's name and its number among those of the class.
    func write(memoriesOf callbacks: [Callback]) {
        for (name, callback) in named(callbacks) {
            let (memory, variables) = (callback.memory, callback.checkpointVariables)
            guard memory != nil || !variables.isEmpty else { continue }
            let group = group("callbacks/\(name)")
            if !variables.isEmpty { group.add(variables, at: "variables") }
            guard let memory else { continue }
            let text = Array(JSONValue.object(memory.values).serialized().utf8)
            text.withUnsafeBytes { group.add(Tensor(bytes: $0, shape: [text.count], dtype: .uint8), at: "values") }
            for (index, tensor) in memory.tensors.enumerated() { group.add(tensor, at: "tensors/\(index)") }
        }
    }
}

extension HDF5Group {
    /// Gives callbacks what `write(memoriesOf:)` wrote. One that is not in the file begins anew.
    func recall(_ callbacks: [Callback]) throws {
        guard contains("callbacks") else { return }
        let all = try group("callbacks")
        for (name, callback) in named(callbacks) where all.contains(name) {
            let group = try all.group(name)
            if group.contains("variables") {
                for (variable, value) in try KerasLayout.read(
                    callback.checkpointVariables, from: group.group("variables"), owner: name, file: "callbacks")
                {
                    variable.assign(value)
                }
            }
            guard callback.memory != nil, group.contains("values") else { continue }
            let text = try group.dataset("values").read().withUnsafeBytes { Array($0) }
            var memory = CallbackMemory(values: try JSONValue(parsing: text).object())
            if group.contains("tensors") {
                let tensors = try group.group("tensors")
                for index in tensors.names.indices { memory.tensors.append(try tensors.dataset("\(index)").read()) }
            }
            try callback.recall(memory)
        }
    }
}

private func named(_ callbacks: [Callback]) -> [(name: String, callback: Callback)] {
    var counts: [String: Int] = [:]
    return callbacks.map { callback in
        let name = "\(type(of: callback))"
        defer { counts[name, default: 0] += 1 }
        return ("\(name)-\(counts[name, default: 0])", callback)
    }
}
