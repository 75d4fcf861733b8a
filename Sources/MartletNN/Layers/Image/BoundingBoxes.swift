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
    func corners(_ boxes: Tensor, in size: (height: Int, width: Int)?) -> [Tensor] {
        var parts = boxes.split(count: 4, axis: -1)
        if isYFirst { parts = [parts[1], parts[0], parts[3], parts[2]] }
        if isCentred { parts = [parts[0] - parts[2] / 2, parts[1] - parts[3] / 2, parts[2], parts[3]] }
        if hasSize { parts = [parts[0], parts[1], parts[0] + parts[2], parts[1] + parts[3]] }
        guard isRelative, let size else { return parts }
        return zip(parts, [size.width, size.height, size.width, size.height]).map { $0 * Double($1) }
    }

    /// Boxes of this format.
    func boxes(_ corners: [Tensor], in size: (height: Int, width: Int)?) -> Tensor {
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
    let boxes = boxes.floating
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
    // Sizes in pixels cancel out.
    let a = format.corners(first.floating, in: nil)
    let b = format.corners(second.floating, in: nil).map { $0.transposed(-1, -2) }
    func area(_ corners: [Tensor]) -> Tensor { (corners[2] - corners[0]) * (corners[3] - corners[1]) }
    let width = maximum(minimum(a[2], b[2]) - maximum(a[0], b[0]), 0)
    let height = maximum(minimum(a[3], b[3]) - maximum(a[1], b[1]), 0)
    let common = width * height
    let union = area(a) + area(b) - common
    return `where`(union .== 0, 0, common / `where`(union .== 0, 1, union))
}
