import MartletCore
import MartletFormats

/// The structure of a model's inputs or outputs: one tensor, a list, or a dictionary, nested or not.
struct ModelStructure {
    /// The configuration, with `[layer, node, output]` for each tensor.
    let json: JSONValue

    /// The tensors, in order. Those of a dictionary are in the order of its keys.
    func references() throws -> [CallArguments.Reference] {
        switch json {
        case .array(let values):
            if case .string? = values.first { return [try CallArguments.reference(json)] }
            return try values.flatMap { try ModelStructure(json: $0).references() }
        case .object(let object):
            return try object.keys.sorted().flatMap { try ModelStructure(json: object[$0]!).references() }
        default: throw MartletError("Expected [layer, node, output], or a list or dictionary of them.")
        }
    }

    /// The same structure with other tensors.
    func replacing(_ references: [CallArguments.Reference]) -> JSONValue {
        var rest = references[...]
        func fill(_ json: JSONValue) -> JSONValue {
            switch json {
            case .array(let values):
                if case .string? = values.first { return rest.removeFirst().json }
                return .array(values.map(fill))
            case .object(let object):
                var result = JSONObject()
                for key in object.keys.sorted() { result[key] = fill(object[key]!) }
                return .object(result)
            default: return json
            }
        }
        return fill(json)
    }

    /// The keys of a dictionary, in the order of the tensors; nil for lists.
    var keys: [String]? { if case .object(let object) = json { object.keys.sorted() } else { nil } }
}
