/// A choice that may be written by its name in Keras, as a string: `padding: "same"` is `padding: .same`.
public protocol NamedChoice: ExpressibleByStringLiteral {
    /// Each choice with its name.
    static var choicesByName: [(name: String, choice: Self)] { get }
}

extension NamedChoice {
    /// The choice of that name. Stops when there is none.
    public init(stringLiteral name: String) {
        let choices = Self.choicesByName
        if let found = choices.first(where: { $0.name == name }) {
            self = found.choice
            return
        }
        stop("\(Self.self)", "Expected one of \(choices.map(\.name).joined(separator: ", ")). Received: \"\(name)\".")
    }
}

extension NamedChoice where Self: CaseIterable & RawRepresentable, RawValue == String {
    public static var choicesByName: [(name: String, choice: Self)] { allCases.map { ($0.rawValue, $0) } }
}

extension DType: NamedChoice {
    public static var choicesByName: [(name: String, choice: DType)] { (allCases + [.string]).map { ($0.name, $0) } }
}

extension Padding: NamedChoice {
    public static var choicesByName: [(name: String, choice: Padding)] {
        [("valid", .valid), ("same", .same), ("causal", .causal)]
    }
}

extension Interpolation: NamedChoice {}
extension FillMode: NamedChoice {}
