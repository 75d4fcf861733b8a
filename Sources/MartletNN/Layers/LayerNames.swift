import MartletCore

/// Automatic names: the type's name in snake case, numbered within the session.
enum LayerNames {
    private struct Counts { var ofBase: [String: Int] = [:] }

    /// `Conv2D` gives `conv2d`, then `conv2d_1`; `MaxPooling2D` gives `max_pooling2d`.
    static func next(for typeName: String) -> String {
        let base = snakeCase(typeName)
        let number = Session.current.withValue(Counts()) { counts in
            let number = counts.ofBase[base, default: 0]
            counts.ofBase[base] = number + 1
            return number
        }
        return number == 0 ? base : "\(base)_\(number)"
    }

    static func reset() { Session.current.withValue(Counts()) { $0 = Counts() } }

    /// Keras's rule: an underscore before a capital that starts a word, and between a small letter and a capital.
    static func snakeCase(_ name: String) -> String {
        let letters = Array(name)
        var result = ""
        for (index, letter) in letters.enumerated() {
            if index > 0, letter.isUppercase {
                let startsWord = index + 1 < letters.count && letters[index + 1].isLowercase
                if startsWord || letters[index - 1].isLowercase { result += "_" }
            }
            result += letter.lowercased()
        }
        return result
    }
}

/// Starts the automatic numbering of layer names in the present `Session` anew, as Keras's `clear_session`.
public func clearSession() { LayerNames.reset() }
