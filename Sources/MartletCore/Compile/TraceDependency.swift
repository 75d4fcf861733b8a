import Synchronization

/// An object with settings that decide what a trace of a function that uses it looks like: a layer, an optimizer, a variable.
/// Each change of one calls `Trace.noteSettingsChange()`.
///
/// A graph is good for as long as the settings are what they were when it was traced.
package protocol TraceDependency: AnyObject {
    /// The settings, always as many and in the same order.
    var traceSettings: [AnyHashable] { get }
}

/// The settings of one object that a graph was traced with: those it declares, and the stored properties of users' classes.
struct TracedSettings {
    /// What is gone cannot have changed.
    private weak var object: AnyObject?
    /// The same, if it declares settings.
    private weak var dependency: (any TraceDependency)?
    private let values: [AnyHashable]
    /// The places of those that changed while the function was traced: that is its own doing.
    private var changing: Set<Int> = []
    /// Whether `Trace.settingsRevision` tells of every change.
    let isToldOfChanges: Bool

    init(_ object: AnyObject) {
        self.object = object
        dependency = object as? any TraceDependency
        isToldOfChanges = !ReflectedSettings.exist(in: object)
        values = Self.settings(of: object, dependency, isReflected: !isToldOfChanges)
    }

    private static func settings(
        of object: AnyObject, _ dependency: (any TraceDependency)?, isReflected: Bool
    ) -> [AnyHashable] {
        let declared = dependency?.traceSettings ?? []
        return isReflected ? declared + ReflectedSettings.values(of: object) : declared
    }

    /// What the settings are now; nil when the object is gone.
    private var present: [AnyHashable]? {
        object.map { Self.settings(of: $0, dependency, isReflected: !isToldOfChanges) }
    }

    /// Leaves out what tracing itself changed.
    mutating func settle() {
        guard let now = present else { return }
        changing = Set(values.indices.filter { values[$0] != now[$0] })
    }

    var holds: Bool {
        guard let now = present else { return true }
        return values.indices.allSatisfy { values[$0] == now[$0] || changing.contains($0) }
    }
}

extension Trace {
    private static let settingsChanges = Atomic(0)

    /// Counts the changes of settings in the process. While it stays, graphs are good without a look at their settings.
    static var settingsRevision: Int { settingsChanges.load(ordering: .acquiring) }

    /// Says that a setting which traces depend on has changed.
    package static func noteSettingsChange() { settingsChanges.add(1, ordering: .acquiringAndReleasing) }
}

/// The settings of a user's object, whose class says nothing about its changes: the values of its stored properties.
private enum ReflectedSettings {
    /// How many classes of a type's, the most derived first, are not the library's.
    private static let levels = Guarded<[ObjectIdentifier: Int]>([:])

    /// Whether the object is of a class, or inherits from one, that is not the library's.
    static func exist(in object: AnyObject) -> Bool { levelCount(of: object) > 0 }

    private static func levelCount(of object: AnyObject) -> Int {
        let type = ObjectIdentifier(Swift.type(of: object))
        if let known = levels.withLock({ $0[type] }) { return known }
        var count = 0
        var mirror: Mirror? = Mirror(reflecting: object)
        while let level = mirror, !isOurs(level.subjectType) {
            count += 1
            mirror = level.superclassMirror
        }
        levels.withLock { $0[type] = count }
        return count
    }

    private static func isOurs(_ type: Any.Type) -> Bool {
        let name = String(reflecting: type)
        return ["MartletCore.", "MartletData.", "MartletNN."].contains { name.hasPrefix($0) }
    }

    /// The values of the stored properties that the user's classes declare.
    static func values(of object: AnyObject) -> [AnyHashable] {
        var values: [AnyHashable] = []
        var mirror: Mirror? = Mirror(reflecting: object)
        for _ in 0..<levelCount(of: object) {
            guard let level = mirror else { break }
            for child in level.children { values.append(value(of: child.value, depth: 0)) }
            mirror = level.superclassMirror
        }
        return values
    }

    /// What tells a value from another: itself, an object's identity, or what it consists of. Closures are all alike.
    private static func value(of any: Any, depth: Int) -> AnyHashable {
        if Swift.type(of: any) is AnyClass { return ObjectIdentifier(any as AnyObject) }
        if let tensor = any as? Tensor { return TensorIdentity(tensor: tensor) }
        if let value = any as? any Hashable { return AnyHashable(value) }
        let children = Mirror(reflecting: any).children
        if children.isEmpty || depth == 4 { return String(reflecting: Swift.type(of: any)) }
        return children.map { value(of: $0.value, depth: depth + 1) }
    }

    /// Holds the tensor, so that no other one takes its place in memory.
    private struct TensorIdentity: Hashable {
        let tensor: Tensor
        static func == (a: Self, b: Self) -> Bool { a.tensor.id == b.tensor.id }
        func hash(into hasher: inout Hasher) { hasher.combine(tensor.id) }
    }
}
