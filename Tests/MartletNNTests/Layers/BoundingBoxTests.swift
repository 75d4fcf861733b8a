import Martlet
import MartletCore
import TestSupport
import Testing

/// Boxes that move with images.
@Suite(.ownSession) struct BoundingBoxTests {
    /// Images of 40 x 50 with a rectangle of ones, and its box.
    private static let box = [14.0, 11, 31, 26]
    private static func images(_ count: Int) -> Tensor {
        let x = Tensor.range(0..<50).reshaped([1, 1, 50, 1]), y = Tensor.range(0..<40).reshaped([1, 40, 1, 1])
        let inside = (x .>= 14).logicalAnd(x .< 31).logicalAnd((y .>= 11).logicalAnd(y .< 26))
        return inside.cast(to: .float64).broadcast(to: [count, 40, 50, 1])
    }

    static let layers: [(String, @Sendable () -> ImageLayer)] = [
        ("rotation", { RandomRotation(0.3, fillMode: .constant, seed: 1, dtype: .float64) }),
        ("zoom", { RandomZoom(0.5, [-0.3, 0.6], fillMode: .constant, seed: 2, dtype: .float64) }),
        ("shear", { RandomShear(xFactor: 0.3, yFactor: 0.2, fillMode: .constant, seed: 3, dtype: .float64) }),
        ("translation", { RandomTranslation(0.2, 0.2, fillMode: .constant, seed: 4, dtype: .float64) }),
        ("perspective", { RandomPerspective(0.7, scale: 0.4, seed: 5, dtype: .float64) }),
        ("flip", { RandomFlip(seed: 6, dtype: .float64) }),
        ("crop", { RandomCrop(30, 40, seed: 7, dtype: .float64) }), ("stretch", { RandomCrop(60, 20, dtype: .float64) }),
        ("middle", { CenterCrop(30, 28, dtype: .float64) }), ("small", { CenterCrop(60, 90, dtype: .float64) }),
        ("resized", { Resizing(height: 80, width: 60, dtype: .float64) }),
        ("padded", { Resizing(height: 80, width: 60, aspectRatio: .pad, dtype: .float64) }),
        ("cropped", { Resizing(height: 40, width: 45, aspectRatio: .crop, dtype: .float64) }),
        ("several", { RandAugment(valueRange: 0...1, opCount: 2, factor: 0.2, seed: 8, dtype: .float64) }),
    ]

    /// The box of what is left of the rectangle, to a pixel: interpolation spreads edges.
    @Test(arguments: layers.indices) func boxesFollowTheirObjects(_ index: Int) throws {
        let (name, make) = Self.layers[index]
        let (layer, count) = (make(), 6)
        let boxes = Tensor(Self.box).broadcast(to: [count, 1, 4])
        let images = layer is RandAugment ? Self.images(count).broadcast(to: [count, 40, 50, 3]) : Self.images(count)
        let (changed, moved, labels, _) = layer.augment(images, boxes: boxes, boxLabels: .ones([count, 1]), format: .xyxy)
        #expect(labels?.scalars(as: Double.self) == [Double](repeating: 1, count: count), "\(name)")
        // What changes colours may set all pixels, and what mirrors at the edges sets some far away.
        if layer is RandAugment { return }
        for image in 0..<count {
            let isOn = changed[image].squeezed(axis: -1) .> 0.25
            func ends(_ axis: Int) -> (Int, Int) {
                let places = isOn.any(axes: [axis]).cast(to: .int64).scalars(as: Int64.self)
                return (places.firstIndex(of: 1) ?? -9, (places.lastIndex(of: 1) ?? -9) + 1)
            }
            let ((left, right), (top, bottom)) = (ends(0), ends(1))
            let found: [Double] = moved[image].flattened().scalars()
            for (a, b) in zip(found, [left, top, right, bottom]) { #expect(abs(a - Double(b)) <= 1.01, "\(name): \(found)") }
        }
    }

    /// What lies outside is gone; what is missing stays so; numbers of images and boxes differ; a single image has no batch axis.
    @Test func lostAndMissing() throws {
        let crop = CenterCrop(2, 2)
        let boxes = Tensor([0.0, 0, 1, 1, 1, 1, 4, 3, -1, -1, -1, -1], shape: [3, 4])
        let one = crop.augment(.ones([4, 4, 1]), boxes: boxes, boxLabels: Tensor([5, 6, 7]), format: .xyxy)
        #expect(one.boxes.scalars(as: Double.self) == [-1, -1, -1, -1, 0, 0, 2, 2, -1, -1, -1, -1])
        #expect(one.boxLabels?.scalars(as: Int64.self) == [-1, 6, -1] && one.images.shape == [2, 2, 1])
        let none = crop.augment(.ones([2, 4, 4, 1]), boxes: .zeros([2, 0, 4]), format: .relativeXYWH)
        #expect(none.boxes.shape == [2, 0, 4])
        // Masks are cut as the images, and whole numbers of boxes become the layer's dtype.
        let masks = Tensor.range(0..<16).reshaped([1, 4, 4, 1])
        let cut = crop.augment(.ones([1, 4, 4, 1]), boxes: Tensor([[[0, 0, 4, 4]]]), masks: masks, format: .yxyx)
        #expect(cut.masks?.scalars(as: Float.self) == [5, 6, 9, 10] && cut.boxes.dtype == .float32)
    }

    @Test func misfits() throws {
        func message(_ layer: ImageLayer, _ images: Shape, _ boxes: Shape, _ format: BoundingBoxFormat? = .xyxy) -> String {
            let error = #expect(throws: MartletError.self) {
                try withErrors { _ = layer.augment(.ones(images), boxes: .ones(boxes), format: format) }
            }
            return error?.message ?? ""
        }
        #expect(message(RandomFlip(), [1, 4, 4, 1], [1, 3]).contains("(batch, boxes, 4)"))
        #expect(message(RandomFlip(), [2, 4, 4, 1], [1, 3, 4]).contains("(batch, boxes, 4)"))
        #expect(message(RandomFlip(), [4, 4, 1], [1, 3, 4]).contains("(boxes, 4)"))
        #expect(message(RandomFlip(), [1, 4, 4, 1], [1, 3, 4], nil).contains("boundingBoxFormat"))
        for layer in [MixUp(), CutMix(), RandomElasticTransform()] as [ImageLayer] {
            #expect(message(layer, [2, 4, 4, 1], [2, 3, 4]).contains("boxes can follow"))
        }
        let error = #expect(throws: MartletError.self) {
            try withErrors { _ = convertBoundingBoxes(.ones([2, 4]), from: .xyxy, to: .relativeXYXY) }
        }
        #expect(error?.message.contains("size of the image") == true)
    }

    @Test func overlaps() {
        let a = Tensor([0.0, 0, 2, 2, 5, 5, 5, 5], shape: [2, 4])
        let b = Tensor([1.0, 0, 2, 2, 0, 1, 2, 1, 9, 9, 1, 1], shape: [3, 4])
        // Width and height: 1...3 x 0...2, 0...2 x 1...2, and one far away.
        #expect(intersectionOverUnion(a, convertBoundingBoxes(b, from: .xywh, to: .xyxy), format: .xyxy)
            .scalars(as: Double.self).map { ($0 * 6).rounded() } == [2, 3, 0, 0, 0, 0])
        let same = intersectionOverUnion(.ones([2, 3, 4]), .ones([2, 5, 4]), format: .centerXYWH)
        #expect(same.shape == [2, 3, 5] && same.scalars(as: Double.self).allSatisfy { $0 == 1 })
    }
}
