import MartletCore

/// How four numbers describe a box in an image, with Keras's names. `x` counts pixels from the left, `y` from the top: a box
/// around the first pixel is 0, 0, 1, 1 in `xyxy`.
public enum BoundingBoxFormat: String, CaseIterable, Sendable, ArgumentValue {
    /// Left, top, right, bottom.
    case xyxy
    /// Top, left, bottom, right.
    case yxyx
    /// Left, top, width, height.
    case xywh
    /// The middle's x and y, width, height.
    case centerXYWH = "center_xywh"
    /// The middle's y and x, height, width.
    case centerYXHW = "center_yxhw"
    /// As `xyxy`, in parts of the image's width and height.
    case relativeXYXY = "rel_xyxy"
    /// As `yxyx`, in parts of the image's height and width.
    case relativeYXYX = "rel_yxyx"
    /// As `xywh`, in parts of the image's width and height.
    case relativeXYWH = "rel_xywh"
    /// As `centerXYWH`, in parts of the image's width and height.
    case relativeCenterXYWH = "rel_center_xywh"

    /// Whether the numbers are parts of the image's size.
    public var isRelative: Bool { rawValue.hasPrefix("rel_") }
    private var isYFirst: Bool { [.yxyx, .centerYXHW, .relativeYXYX].contains(self) }
    private var isCentred: Bool { rawValue.contains("center_") }
    private var hasSize: Bool { isCentred || [.xywh, .relativeXYWH].contains(self) }

    /// Left, top, right and bottom of boxes of this format, [..., 1] each.
    fileprivate func corners(_ boxes: Tensor, in size: (height: Int, width: Int)?) -> [Tensor] {
        var parts = boxes.split(count: 4, axis: -1)
        if isYFirst { parts = [parts[1], parts[0], parts[3], parts[2]] }
        if isCentred { parts = [parts[0] - parts[2] / 2, parts[1] - parts[3] / 2, parts[2], parts[3]] }
        if hasSize { parts = [parts[0], parts[1], parts[0] + parts[2], parts[1] + parts[3]] }
        guard isRelative, let size else { return parts }
        return zip(parts, [size.width, size.height, size.width, size.height]).map { $0 * Double($1) }
    }

    /// Boxes of this format.
    fileprivate func boxes(_ corners: [Tensor], in size: (height: Int, width: Int)?) -> Tensor {
        var parts = corners
        if isRelative, let size {
            parts = zip(parts, [size.width, size.height, size.width, size.height]).map { $0 / Double($1) }
        }
        if hasSize { parts = [parts[0], parts[1], parts[2] - parts[0], parts[3] - parts[1]] }
        if isCentred { parts = [parts[0] + parts[2] / 2, parts[1] + parts[3] / 2, parts[2], parts[3]] }
        if isYFirst { parts = [parts[1], parts[0], parts[3], parts[2]] }
        return .concatenate(parts, axis: -1)
    }
}

/// Boxes in another format.
/// - Parameters:
///   - boxes: [..., 4].
///   - source: their format.
///   - target: the format of the result.
///   - imageSize: the height and width of the image in pixels, which formats in parts of it need.
/// - Returns: a tensor of the same shape; integers become the default float type.
///
/// Source: [`keras.utils.bounding_boxes.convert_format`](https://keras.io/api/utils/bounding_boxes/).
public func convertBoundingBoxes(
    _ boxes: Tensor, from source: BoundingBoxFormat, to target: BoundingBoxFormat, imageSize: (height: Int, width: Int)? = nil
) -> Tensor {
    let boxes = boxes.dtype.isFloatingPoint ? boxes : boxes.cast(to: Settings.defaultFloatType)
    guard
        require(
            boxes.rank > 0 && boxes.shape[-1] == 4, "convertBoundingBoxes",
            "Expected boxes of four numbers, (..., 4). Received: \(boxes.spec)."),
        require(
            source.isRelative == target.isRelative || imageSize.map { $0.height > 0 && $0.width > 0 } == true,
            "convertBoundingBoxes",
            "Expected the size of the image, by which .\(source) and .\(target) differ. Received: "
                + (imageSize.map { "\($0.height) x \($0.width)" } ?? "none") + ".")
    else { return .substitute(boxes.spec) }
    return target.boxes(source.corners(boxes, in: imageSize), in: imageSize)
}

/// How much boxes have in common: the area of the intersection divided by that of the union, 0 where both are empty.
/// - Parameters:
///   - first: [count, 4], or a batch of such, [batch, count, 4].
///   - second: as many dimensions, of any count.
///   - format: the format of both. Parts of the image's size do as well as pixels.
/// - Returns: [first count, second count], or a batch of such.
///
/// Source: [`keras.utils.bounding_boxes.compute_iou`](https://keras.io/api/utils/bounding_boxes/).
public func intersectionOverUnion(_ first: Tensor, _ second: Tensor, format: BoundingBoxFormat) -> Tensor {
    let name = "intersectionOverUnion"
    guard
        require(
            first.rank == second.rank && (2...3).contains(first.rank) && first.shape[-1] == 4 && second.shape[-1] == 4
                && (first.rank == 2 || first.shape[0] == second.shape[0]), name,
            "Expected boxes (count, 4) or (batch, count, 4) in both. Received: \(first.spec), \(second.spec).")
    else { return .substitute(first.spec) }
    func floats(_ x: Tensor) -> Tensor { x.dtype.isFloatingPoint ? x : x.cast(to: Settings.defaultFloatType) }
    // Sizes in pixels cancel out.
    let a = format.corners(floats(first), in: nil)
    let b = format.corners(floats(second), in: nil).map { $0.transposed(-1, -2) }
    func area(_ corners: [Tensor]) -> Tensor { (corners[2] - corners[0]) * (corners[3] - corners[1]) }
    let width = maximum(minimum(a[2], b[2]) - maximum(a[0], b[0]), 0)
    let height = maximum(minimum(a[3], b[3]) - maximum(a[1], b[1]), 0)
    let common = width * height
    let union = area(a) + area(b) - common
    return `where`(union .== 0, 0, common / `where`(union .== 0, 1, union))
}

/// Boxes of a batch of images while a layer changes these.
package struct MovingBoxes {
    /// Left, top, right and bottom in pixels, [batch, boxes, 1] each.
    var corners: [Tensor]
    /// Which boxes are no boxes: -1 four times.
    private let isMissing: Tensor
    private let format: BoundingBoxFormat
    private let isSingle: Bool

    /// - Parameters:
    ///   - images: the shape of the images before, with channels last.
    ///   - isSingle: whether it is one image, and its boxes have no batch axis.
    package init(_ boxes: Tensor, _ format: BoundingBoxFormat, images: Shape, isSingle: Bool) {
        let boxes = isSingle ? boxes.expandingDims(at: 0) : boxes
        corners = format.corners(boxes, in: (images[1], images[2]))
        isMissing = (boxes .== -1).all(axis: -1, keepDims: true)
        (self.format, self.isSingle) = (format, isSingle)
    }

    /// Moves the column or row `starts`, [batch] or a scalar, to 0.
    mutating func move(x starts: Tensor) { move([0, 2], starts) }
    mutating func move(y starts: Tensor) { move([1, 3], starts) }

    private mutating func move(_ places: [Int], _ starts: Tensor) {
        let starts = starts.cast(to: corners[0].dtype).reshaped([-1, 1, 1])
        for place in places { corners[place] = corners[place] - starts }
    }

    /// Moves boxes as a part of the images that is stretched over all.
    /// - Parameter part: where the rows and the columns begin, and how many there are.
    mutating func stretch(_ part: [(start: Int, count: Int)], to size: (height: Int, width: Int)) {
        for (axis, size) in [(1, size.height), (0, size.width)] {
            let (start, count) = part[1 - axis]
            for place in [axis, axis + 2] {
                corners[place] = (corners[place] - Double(start)) * (Double(size) / Double(count))
            }
        }
    }

    /// The smallest upright boxes around the four corners, each moved by `function`, which takes x and y.
    mutating func moveCorners(_ function: (Tensor, Tensor) -> (x: Tensor, y: Tensor)) {
        let points = [(0, 1), (2, 1), (0, 3), (2, 3)].map { function(corners[$0], corners[$1]) }
        let (x, y) = (Tensor.concatenate(points.map(\.x), axis: -1), Tensor.concatenate(points.map(\.y), axis: -1))
        corners = [x.min(axis: -1, keepDims: true), y.min(axis: -1, keepDims: true)]
            + [x.max(axis: -1, keepDims: true), y.max(axis: -1, keepDims: true)]
    }

    /// Moves boxes as `affineTransform` moves images.
    /// - Parameter transforms: where a pixel of the result is read: rows `a0 a1 a2 b0 b1 b2 c0 c1`, [batch, 8].
    mutating func move(backBy transforms: Tensor) {
        // The inverse: what lies at (u, v) comes to lie at (x, y).
        let rows = transforms.cast(to: corners[0].dtype).split(count: 8, axis: 1).map { $0.reshaped([-1, 1, 1]) }
        let (a0, a1, a2, b0, b1, b2, c0, c1) = (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7])
        moveCorners { x, y in
            // The middle of the first pixel is the place 0 of a transform, and 0.5 of a box.
            let (u, v) = (x - 0.5, y - 0.5)
            let (p0, p1, p2) = (a0 - u * c0, a1 - u * c1, u - a2)
            let (q0, q1, q2) = (b0 - v * c0, b1 - v * c1, v - b2)
            let determinant = p0 * q1 - p1 * q0
            return ((p2 * q1 - p1 * q2) / determinant + 0.5, (p0 * q2 - p2 * q0) / determinant + 0.5)
        }
    }

    /// The boxes within the changed images, whose shape this is, and their labels. What has no area left is missing.
    package func result(images: Shape, labels: Tensor?) -> (boxes: Tensor, labels: Tensor?) {
        let limits = [images[2], images[1], images[2], images[1]]
        let kept = zip(corners, limits).map { $0.clipped(min: 0.0, max: Double($1)) }
        let isGone = isMissing.logicalOr((kept[2] .<= kept[0]).logicalOr(kept[3] .<= kept[1]))
        let boxes = `where`(isGone, -1, format.boxes(kept, in: (images[1], images[2])))
        let rows = isGone.squeezed(axis: -1)
        return (
            isSingle ? boxes.squeezed(axis: 0) : boxes,
            labels.map { `where`(isSingle ? rows.squeezed(axis: 0) : rows, -1, $0) }
        )
    }
}
