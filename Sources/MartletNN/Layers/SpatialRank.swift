import MartletCore

/// The number of spatial axes of a layer's input, as a type: ``Spatial1D``, ``Spatial2D`` or ``Spatial3D``.
public protocol SpatialRank: Sendable {
    /// The number of spatial axes.
    static var axes: Int { get }
}

/// One or two spatial axes.
public protocol PlanarRank: SpatialRank {}
/// Two or three spatial axes.
public protocol ImageRank: SpatialRank {}

/// Sequences: [batch, steps, channels].
public enum Spatial1D: PlanarRank { public static var axes: Int { 1 } }
/// Images: [batch, height, width, channels].
public enum Spatial2D: PlanarRank, ImageRank { public static var axes: Int { 2 } }
/// Volumes: [batch, depth, height, width, channels].
public enum Spatial3D: ImageRank { public static var axes: Int { 3 } }

extension SpatialRank {
    /// The only input's shape, which has the batch axis, the spatial ones and the channels.
    static func onlyInput(_ shapes: [PartialShape]) throws -> PartialShape {
        try Layer.onlyInput(shapes, axes: "(batch, \(axes) spatial axes and the channels)", rank: axes + 2)
    }
}
