import MartletCore
import MartletFormats
import Synchronization

/// The registered custom layers, which files can name.
enum CustomObjects {
    private struct Entry {
        let type: any (Layer & Configurable).Type
        let registeredName: String
    }

    private static let entries = Mutex<[String: Entry]>([:])

    static func register(_ type: any (Layer & Configurable).Type, package: String) {
        let name = "\(package)>\(type.className)"
        entries.withLock { $0[name] = Entry(type: type, registeredName: name) }
    }

    /// The registered name of a layer's class, nil for Keras's own.
    static func registeredName(of layer: Layer) -> String? {
        entries.withLock { entries in entries.values.first { $0.type == type(of: layer) }?.registeredName }
    }

    /// A layer of a registered class, nil when the description does not name one.
    static func layer(_ json: JSONValue) throws -> Layer? {
        let className = try json.string("class_name")
        let registered: String? = try? json.valueIfPresent(at: ["registered_name"])
        let entry = entries.withLock { entries in
            entries[registered ?? className] ?? entries.values.first { $0.type.className == className }
        }
        guard let entry else { return nil }
        return try Argument.throwing {
            try entry.type.init(
                config: Configuration(className: className, json.valueIfPresent(at: ["config"]) ?? [:])) as Layer
        }
    }
}

/// Registers a custom layer class, so that models with it can be saved and loaded. Keras calls it
/// `register_keras_serializable`.
///
/// ```swift
/// registerLayer(Scale.self, package: "MyProject")
/// ```
///
/// - Parameter package: the part before the class's name in files, as in Keras.
public func registerLayer<L: Layer & Configurable>(_ type: L.Type, package: String = "Custom") {
    CustomObjects.register(type, package: package)
}
