import Foundation
import Synchronization

/// Who reads what errors and warnings say: the author of a program in Swift, or somebody who knows Keras's words alone, as
/// users of the command do, and readers of an error about a file that Keras wrote.
package enum Caller {
    private static let commandRuns = Atomic(false)
    /// Whether what is being made is described by a configuration.
    @TaskLocal static var isConfiguration = false

    /// The process is the command: its users see Keras's words, and what is hardly meant is an error, as they cannot look.
    package static var isCommand: Bool {
        get { commandRuns.load(ordering: .relaxed) }
        set { commandRuns.store(newValue, ordering: .relaxed) }
    }

    static var knowsSwift: Bool { !isCommand && !isConfiguration }

    /// One of two forms.
    static func words(swift: @autoclosure () -> String, keras: @autoclosure () -> String) -> String {
        knowsSwift ? swift() : keras()
    }

    /// A text whose words are of Swift, in the words of who reads it: `fromLogits` is `from_logits` in Keras, and `.tfIDF` is
    /// `tf_idf`. Values that somebody gave must not be in it.
    static func words(_ swift: String) -> String { knowsSwift ? swift : keras(swift) }

    /// Keras writes these without a line between their words.
    private static let joined = ["clipNorm": "clipnorm", "clipValue": "clipvalue", "globalClipNorm": "global_clipnorm"]

    static func keras(_ swift: String) -> String {
        var (text, word) = ("", "")
        func ended(_ word: String) -> String { word.first?.isLowercase == true ? joined[word] ?? snakeCase(word) : word }
        // A point before a small letter begins the name of a case, unless something stands before it.
        var isBehindSpace = true
        for (place, character) in zip(swift.indices, swift) {
            if character.isLetter || character.isNumber {
                word.append(character)
                isBehindSpace = false
                continue
            }
            text += ended(word)
            word = ""
            let next = swift.index(after: place)
            if character == ".", isBehindSpace, next < swift.endIndex, swift[next].isLowercase { continue }
            text.append(character)
            isBehindSpace = character.isWhitespace || character == "("
        }
        return text + ended(word)
    }

    /// `use_ema` of `useEMA`, `num_oov_indices` of `numOOVIndices`, `target_class_ids` of `targetClassIDs`.
    private static func snakeCase(_ word: String) -> String {
        let letters = Array(word)
        var text = ""
        for (place, letter) in letters.enumerated() {
            let isPlural = place + 1 < letters.count && letters[place + 1] == "s" && place + 2 == letters.count
            let endsAcronym = place > 0 && letters[place - 1].isUppercase && place + 1 < letters.count
                && letters[place + 1].isLowercase && !isPlural
            if letter.isUppercase, place > 0, !letters[place - 1].isUppercase || endsAcronym { text += "_" }
            text += letter.lowercased()
        }
        return text
    }
}
