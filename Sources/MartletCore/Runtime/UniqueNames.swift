/// Gives each name once: `relu`, `relu_1`, `relu_2`, ...
///
/// The next number of each name is kept, so that thousands of one name do not all count from the start.
package struct UniqueNames {
    private var taken: Set<String>
    private var numbers: [String: Int] = [:]

    /// - Parameter taken: names that are given already.
    package init(taken: [String] = []) { self.taken = Set(taken) }

    /// The name, or where it is given already the name with the first number that is free.
    package mutating func next(_ name: String) -> String {
        if taken.insert(name).inserted { return name }
        var number = numbers[name, default: 0]
        var numbered: String
        repeat {
            number += 1
            numbered = "\(name)_\(number)"
        } while !taken.insert(numbered).inserted
        numbers[name] = number
        return numbered
    }
}
