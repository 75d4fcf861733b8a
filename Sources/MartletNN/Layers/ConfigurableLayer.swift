import MartletCore
import MartletFormats

/// A layer that configurations can name.
package protocol ConfigurableLayer: Layer, Configurable {
    /// Configurations of the layer with inputs for every test that runs over all layers.
    static var samples: [LayerSample] { get }
}

extension Configurable where Self: Layer {
    public static var className: String { typeName }
}

extension Layer {
    /// The only input's shape.
    /// - Throws: `MartletError` when there are more or none, or the rank is not the one that `axes` name.
    static func onlyInput(_ shapes: [PartialShape], axes: String? = nil, rank: Int? = nil) throws -> PartialShape {
        guard shapes.count == 1 else { throw MartletError("Expected one input. Received: \(shapes.count) inputs.") }
        if let rank, shapes[0].rank != rank {
            throw MartletError(
                "Expected an input of rank \(rank)\(axes.map { ", \($0)" } ?? ""). Received: shape \(shapes[0]).")
        }
        return shapes[0]
    }

    /// The size of an axis, which a weight depends on.
    static func knownSize(_ shape: PartialShape, axis: Int) throws -> Int {
        guard let size = shape[axis] else {
            throw MartletError("Expected axis \(axis) to have a known size. Received: shape \(shape).")
        }
        return size
    }

    /// Makes a layer of Keras's class name and configuration.
    /// - Throws: `MartletError` when there is no such layer, or an argument is missing, of a wrong type or out of
    ///   range.
    public static func make(className: String, config: [String: JSONValue]) throws -> Layer {
        try LayerRegistry.shared.make(className: className, config: .object(config))
    }
}

extension Configuration {
    /// The layer's name; nil makes one.
    public var name: String? { get throws { try optional("name") } }
    /// Whether the layer's weights are trained.
    public var trainable: Bool { get throws { try value("trainable", default: true) } }
}

extension PartialShape {
    /// The shape with one axis of another size.
    func replacing(_ axis: Int, by size: Int?) -> PartialShape {
        var result = self
        result[axis] = size
        return result
    }

    /// The axis as a number in `0..<rank`, nil when it is not one of the shape's axes.
    func normalizedAxis(_ axis: Int) -> Int? {
        let positive = axis < 0 ? axis + rank : axis
        return positive >= 0 && positive < rank ? positive : nil
    }

    /// A size as Keras writes it: null where any will do.
    static func size(_ json: JSONValue) throws -> Int? {
        if json == .null { return nil }
        let size: Int = try json.value(at: [])
        guard size >= 0 else { throw MartletError("Expected sizes of 0 or more. Received: \(size).") }
        return size
    }
}
