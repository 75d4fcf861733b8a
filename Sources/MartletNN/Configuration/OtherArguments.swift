import MartletCore
import MartletFormats
import Synchronization

/// Arguments in files that no table of arguments names.
enum OtherArguments {
    /// What others read, what changes no result, and what older versions of Keras wrote.
    private static let known: Set = [
        "name", "dtype", "trainable", "seed", "autocast", "registered_name", "build_config", "module", "cell",
        "batch_input_shape", "input_length", "implementation", "query_shape", "key_shape", "value_shape", "theta",
    ]

    /// Classes and arguments that were warned of: once is enough.
    private static let warned = Mutex<Set<String>>([])

    /// Whether an argument asks for nothing.
    static func areSilent(_ key: String, _ value: JSONValue, in className: String) -> Bool {
        // Keras 2 writes the arguments of plain convolutions for these, which have others in their place.
        if className.hasPrefix("Separable") || className.hasPrefix("Depthwise"), key.hasPrefix("kernel_") { return true }
        return switch value {
        case .null, .bool(false), .string(""): true
        // The convolutions of Keras 2 all have groups.
        case .int(1): key == "groups" || known.contains(key)
        case .array(let elements): elements.isEmpty || known.contains(key)
        case .object(let members): members.keys.isEmpty || known.contains(key)
        default: known.contains(key)
        }
    }

    static func warn(of key: String, in className: String) {
        let place = "\(className).\(key)"
        guard warned.withLock({ $0.count < 1000 && $0.insert(place).inserted }) else { return }
        // An error shortens what comes from a file, and takes its control characters.
        let message = MartletError("The argument \"\(key)\" of \(className) in the file is not known, and is left out.")
        Settings.warn(message.description)
    }
}
