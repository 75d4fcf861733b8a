import MartletCore

extension ImageLayer {
    /// Changes images as in training, and the boxes of objects in them.
    ///
    /// A box becomes the smallest upright one around its four corners, cut at the edges of the image. Rotations and shears so
    /// make it larger than the object. What lies outside of the image wholly becomes -1 four times, and its label -1; boxes
    /// that are -1 already, as `MaxNumBoundingBoxes` fills them up, stay so.
    ///
    /// ```swift
    /// let boxes = Tensor([[[2.0, 1, 5, 4]]])                        // one image, one box
    /// let flipped = RandomFlip(.horizontal).augment(.ones([1, 6, 8, 3]), boxes: boxes, format: .xyxy)
    /// print(flipped.images.shape, flipped.boxes)
    /// ```
    ///
    /// - Parameters:
    ///   - images: a batch of images, or a single one.
    ///   - boxes: [batch, boxes, 4], or [boxes, 4] of a single image. Integers become the layer's dtype.
    ///   - boxLabels: a number for each box, nil for none.
    ///   - masks: numbers for each pixel, as images of any number of channels.
    ///   - format: how four numbers describe a box; nil is `boundingBoxFormat`.
    /// - Returns: all of them, changed. Stops for shapes that do not fit, and in layers that boxes cannot follow: `CutMix`,
    ///   `MixUp` and `RandomElasticTransform`.
    public func augment(
        _ images: Tensor, boxes: Tensor, boxLabels: Tensor? = nil, masks: Tensor? = nil, format: BoundingBoxFormat? = nil
    ) -> (images: Tensor, boxes: Tensor, boxLabels: Tensor?, masks: Tensor?) {
        Context.current.inLayer(name) {
            let (sizes, isSingle) = (boxes.shape.dimensions, images.rank == 3)
            let labelShape = Shape(Array(sizes.dropLast()))
            guard
                require(movesBoxes, className, "Expected a layer that boxes can follow. Leave them out, or take another layer."),
                require(
                    format ?? boundingBoxFormat != nil, className,
                    "Expected the format of the boxes: give format, or set boundingBoxFormat."),
                require(
                    sizes.count == images.rank - 1 && sizes.last == 4 && (isSingle || sizes[0] == images.shape[0]), className,
                    "Expected boxes \(isSingle ? "(boxes, 4)" : "(batch, boxes, 4)") of images \(images.spec). "
                        + "Received: \(boxes.spec)."),
                require(
                    boxLabels == nil || boxLabels?.shape == labelShape, className,
                    "Expected a label for each box, shape \(labelShape). Received: \(boxLabels?.spec.description ?? "").")
            else { return (images, boxes, boxLabels, masks) }
            let floats = boxes.dtype.isFloatingPoint ? boxes : boxes.cast(to: computeDType)
            var (result, transformation) = ((boxes: floats, labels: boxLabels), ImageTransformation())
            let changed = onBatch(images) { batch in
                transformation = drawChange(of: batch)
                let changed = change(batch, by: transformation)
                var moving = MovingBoxes(floats, (format ?? boundingBoxFormat)!, images: batch.shape, isSingle: isSingle)
                move(&moving, images: batch.shape, by: transformation)
                result = moving.result(images: changed.shape, labels: boxLabels)
                return changed
            }
            if Context.current.hasFailed { return (changed, boxes, boxLabels, masks) }
            return (
                changed, result.boxes, result.labels,
                masks.map { onBatch($0) { transform(masks: $0, by: transformation) } }
            )
        }
    }
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
