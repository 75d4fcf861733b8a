import MartletCore

/// Layers whose changes another layer joins. A class, so that they do not count as layers inside: they have no weights, and
/// draw from the stream of the layer that holds them.
final class ImageLayerList {
    let layers: [(name: String, layer: ImageLayer)]

    init(_ layers: [(String, ImageLayer)]) { self.layers = layers.map { ($0.0, $0.1) } }

    /// What all layers draw, under `prefix/layer/number`.
    func draw(for images: Tensor, from random: RandomGenerator, prefix: String = "") -> ImageTransformation {
        var all: ImageTransformation = [:]
        for (name, layer) in layers {
            guard let layer = layer as? RandomImageLayer else { continue }
            for (key, value) in layer.draw(for: images, from: random) { all["\(prefix)\(name)/\(key)"] = value }
        }
        return all
    }

    /// The images changed by one layer.
    func transform(_ images: Tensor, at place: Int, by all: ImageTransformation, prefix: String = "") -> Tensor {
        let (name, layer) = layers[place]
        guard let random = layer as? RandomImageLayer else {
            return layer.change(images, in: CallContext(training: true)).cast(to: images.dtype)
        }
        return random.transform(images, by: Self.part(of: all, "\(prefix)\(name)/")).cast(to: images.dtype)
    }

    /// What one layer drew.
    private static func part(of all: ImageTransformation, _ start: String) -> ImageTransformation {
        var own: ImageTransformation = [:]
        for (key, value) in all where key.hasPrefix(start) { own[String(key.dropFirst(start.count))] = value }
        return own
    }

    /// Boxes moved by the layer whose number a scalar tensor holds.
    func move(_ boxes: inout MovingBoxes, images: Shape, choosing number: Tensor, by all: ImageTransformation) {
        var corners = boxes.corners
        for (place, (name, layer)) in layers.enumerated() where layer is GeometricImageLayer {
            var moved = boxes
            layer.move(&moved, images: images, by: Self.part(of: all, "\(name)/"))
            corners = zip(corners, moved.corners).map { `where`(number .== place, $1, $0) }
        }
        boxes.corners = corners
    }

    /// The images changed by the layer whose number a scalar tensor holds; as they are where it is the number of layers.
    func transform(
        _ images: Tensor, choosing number: Tensor, by all: ImageTransformation, prefix: String = ""
    ) -> Tensor {
        func pick(_ places: Range<Int>) -> Tensor {
            if places.count == 1 {
                return places.lowerBound == layers.count
                    ? images : transform(images, at: places.lowerBound, by: all, prefix: prefix)
            }
            let middle = (places.lowerBound + places.upperBound) / 2
            return cond(
                number .< middle, { pick(places.lowerBound..<middle) }, { pick(middle..<places.upperBound) })
        }
        return pick(0..<layers.count + 1)
    }

    /// The layers of `RandAugment` and `AugMix`.
    /// - Parameters:
    ///   - strength: the range of all factors.
    ///   - hasColors: whether those that change colours are among them.
    static func augmentations(
        _ strength: RandomFactor, interpolation: Interpolation, valueRange: ClosedRange<Double>, hasColors: Bool,
        dtype: any DTypeConvertible
    ) -> ImageLayerList {
        let greatest = strength.range(from: 0).upperBound
        let factor = RandomFactor(strength.range(from: 0).lowerBound...greatest)
        let (between, range) = (interpolation, valueRange)
        let bits = RandomFactor(max(1, (8 * greatest).rounded(.down)))
        let moves: [(String, ImageLayer)] = [
            (
                "random_shear",
                RandomShear(
                    xFactor: factor, yFactor: factor, interpolation: between, seed: 0, name: "random_shear", dtype: dtype)
            ),
            (
                "random_translation",
                RandomTranslation(
                    factor, factor, interpolation: between, seed: 0, name: "random_translation", dtype: dtype)
            ),
            (
                "random_rotation",
                RandomRotation(factor, interpolation: between, seed: 0, name: "random_rotation", dtype: dtype)
            ),
        ]
        let tones: [(String, ImageLayer)] = [
            (
                "random_posterization",
                RandomPosterization(bits, valueRange: range, seed: 0, name: "random_posterization", dtype: dtype)
            ),
            (
                "solarization",
                Solarization(
                    additionFactor: factor, thresholdFactor: factor, valueRange: range, seed: 0, name: "solarization",
                    dtype: dtype)
            ),
            ("auto_contrast", AutoContrast(valueRange: range, name: "auto_contrast", dtype: dtype)),
            ("equalization", Equalization(valueRange: range, name: "equalization", dtype: dtype)),
        ]
        let colors: [(String, ImageLayer)] = [
            (
                "random_brightness",
                RandomBrightness(factor, valueRange: range, seed: 0, name: "random_brightness", dtype: dtype)
            ),
            (
                "random_color_degeneration",
                RandomColorDegeneration(factor, valueRange: range, seed: 0, name: "random_color_degeneration", dtype: dtype)
            ),
            ("random_contrast", RandomContrast(factor, valueRange: range, seed: 0, name: "random_contrast", dtype: dtype)),
            (
                "random_sharpness",
                RandomSharpness(factor, valueRange: range, seed: 0, name: "random_sharpness", dtype: dtype)
            ),
        ]
        return ImageLayerList(moves + (hasColors ? colors : []) + tones)
    }
}
