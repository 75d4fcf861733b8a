/// What a compiled function takes and returns: tensors, and containers and plain values around them.
///
/// `Tensor`, optionals, arrays and dictionaries (by `String`) of groups are groups. Plain values (`Bool`, `Int`, `Double`, `Float`,
/// `String`) are too: they are fixed when the function is traced, and another value traces it again. Make a type of your own
/// a group to hand it in or out:
///
/// ```swift
/// struct Moments: TensorGroup {
///     var mean: Tensor, variance: Tensor
///     func mapTensors(_ transform: (Tensor) -> Tensor) -> Moments {
///         Moments(mean: transform(mean), variance: transform(variance))
///     }
/// }
/// ```
public protocol TensorGroup {
    /// The same group with every tensor replaced, in an order that does not change.
    func mapTensors(_ transform: (Tensor) -> Tensor) -> Self

    /// Calls `body` with every tensor, in the order of `mapTensors`. By default with that; a group that is handed in at every
    /// step spares itself the copy.
    func forEachTensor(_ body: (Tensor) -> Void)

    /// Appends what, beside the specs of the tensors, makes one trace unfit for another group: the number of elements,
    /// plain values. Nothing by default.
    func appendStructure(to structure: inout [AnyHashable])
}

extension TensorGroup {
    public func forEachTensor(_ body: (Tensor) -> Void) {
        _ = mapTensors {
            body($0)
            return $0
        }
    }
    public func appendStructure(to structure: inout [AnyHashable]) {}
}

extension Tensor: TensorGroup {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Tensor { transform(self) }
    public func forEachTensor(_ body: (Tensor) -> Void) { body(self) }
}

extension Optional: TensorGroup where Wrapped: TensorGroup {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Self { map { $0.mapTensors(transform) } }
    public func forEachTensor(_ body: (Tensor) -> Void) { self?.forEachTensor(body) }
    public func appendStructure(to structure: inout [AnyHashable]) {
        structure.append(self == nil)
        self?.appendStructure(to: &structure)
    }
}

extension Array: TensorGroup where Element: TensorGroup {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Self { map { $0.mapTensors(transform) } }
    public func forEachTensor(_ body: (Tensor) -> Void) { for element in self { element.forEachTensor(body) } }
    public func appendStructure(to structure: inout [AnyHashable]) {
        structure.append(count)
        for element in self { element.appendStructure(to: &structure) }
    }
}

extension Dictionary: TensorGroup where Key == String, Value: TensorGroup {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Self {
        var result = self
        for key in keys.sorted() { result[key] = self[key]?.mapTensors(transform) }
        return result
    }
    public func appendStructure(to structure: inout [AnyHashable]) {
        for key in keys.sorted() {
            structure.append(key)
            self[key]?.appendStructure(to: &structure)
        }
    }
}

/// A value that is fixed when a function is traced.
public protocol StaticValue: TensorGroup, Hashable, Sendable {}

extension StaticValue {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Self { self }
    public func forEachTensor(_ body: (Tensor) -> Void) {}
    public func appendStructure(to structure: inout [AnyHashable]) { structure.append(self) }
}

extension Bool: StaticValue {}
extension Int: StaticValue {}
extension Double: StaticValue {}
extension Float: StaticValue {}
extension String: StaticValue {}
