extension String {
    /// Whether a regular expression is found in the string; one that is none is looked for as it is written.
    func contains(pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return contains(pattern) }
        return firstMatch(of: expression) != nil
    }

    /// Whether a regular expression matches the whole string; one that is none matches what is written the same.
    func matches(pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return self == pattern }
        return wholeMatch(of: expression) != nil
    }
}
