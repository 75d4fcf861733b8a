import MartletCore

/// The attributes of an op, by name and type.
struct OpAttributes {
    private let values: [String: Any]
    private let op: String

    init(_ op: any Op) {
        self.init(op.attributes, type(of: op).name)
    }

    private init(_ pairs: [(name: String, value: Any)], _ op: String) {
        values = Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
        self.op = op
    }

    /// The attribute of this name.
    func callAsFunction<Value>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = values[name] as? Value else {
            throw MartletError("The op \(op) has no attribute \(name) of type \(type).")
        }
        return value
    }

    /// The attributes of an attribute that is a structure.
    func inside(_ name: String) throws -> OpAttributes {
        // Asked for as Any, an optional would come instead of what is in it.
        guard let value = values[name] else { throw MartletError("The op \(op) has no attribute \(name).") }
        return OpAttributes(Mirror(reflecting: value).children.map { ($0.label ?? "", $0.value) }, "\(op).\(name)")
    }
}
