import Foundation
import Martlet
import MartletCore
import MartletData
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Layers that change images and sound: exact changes against Keras, and what is drawn by its moments.
@Suite(.ownSession) struct ImageLayerTests {
    static let cases: [JSONValue] = (try? Fixture("images").cases) ?? []

    private func make(_ layerCase: JSONValue) throws -> Layer {
        let config = try layerCase.value(at: ["config"], as: JSONValue.self).object().map { ($0.key, $0.value) }
        return try Layer.make(className: layerCase.string("layer"), config: Dictionary(uniqueKeysWithValues: config))
    }

    /// With what Keras drew, a layer gives what Keras gives; and it draws numbers of the same names and shapes.
    @Test(arguments: cases.indices) func agreesWithKeras(_ index: Int) throws {
        let layerCase = Self.cases[index]
        let layer = try make(layerCase)
        let (input, expected) = (
            try #require(try layerCase.tensorIfPresent("input")), try #require(try layerCase.tensorIfPresent("output"))
        )
        let label = "case \(index): \(try layerCase.string("layer"))"
        try compareBoxes(layerCase, layer, input, label)
        guard let random = layer as? RandomImageLayer else {
            var output = layer(input, training: true)
            if (layer as? STFTSpectrogram)?.mode == .angle {
                // The angle of a negative number is π or -π, as its imaginary part of almost 0 was rounded.
                output = `where`((output - expected).abs() .> 6, -output, output)
            }
            let error = relativeError(output, expected)
            #expect(error < 2e-4, "\(label): \(error)")
            return
        }
        var transformation: ImageTransformation = [:]
        if let drawn = layerCase["transformation"], drawn != .null {
            for (key, value) in try drawn.object() { transformation[key] = try value.tensor() }
        }
        let changed = transformation.isEmpty && !(layer is RandomCrop) ? input : random.transform(input, by: transformation)
        let error = relativeError(changed, expected)
        #expect(error < 2e-4, "\(label): \(error)")
        if let labels = try layerCase.tensorIfPresent("labels") {
            let mixed = random.transform(labels: labels, by: transformation)
            #expect(try relativeError(mixed, #require(try layerCase.tensorIfPresent("mixed"))) < 1e-6, "\(label), labels")
        }
        let drawn = random.draw(for: input, from: RandomGenerator(seed: 1))
        for (key, value) in transformation where !(layer is AugMix) {
            let own = try #require(drawn[key], "\(label): \(key)")
            // A colour is given once.
            if key != "fill_value" { #expect(own.elementCount == value.elementCount, "\(label): \(key)") }
        }
    }

    /// With what Keras drew, boxes move as in Keras. Those that it says have left the image are -1.
    private func compareBoxes(_ layerCase: JSONValue, _ layer: Layer, _ input: Tensor, _ label: String) throws {
        guard case .array(let json)? = layerCase["boxes"] else { return }
        let boxes = try json.map { try $0.tensor() }
        let layer = try #require(layer as? ImageLayer)
        var transformation: ImageTransformation = [:]
        if let drawn = layerCase["transformation"], drawn != .null {
            for (key, value) in try drawn.object() { transformation[key] = try value.tensor() }
        }
        let format = try #require(layer.boundingBoxFormat)
        #expect(layer.config["bounding_box_format"] == .string(format.rawValue))
        var moving = MovingBoxes(boxes[0], format, images: input.shape, isSingle: false)
        layer.move(&moving, images: input.shape, by: transformation)
        let labels = Tensor.zeros(like: boxes[2]) + Tensor([1.0, 2, 3, 4]).cast(to: .float32)
        let (moved, newLabels) = moving.result(
            images: try #require(try layerCase.tensorIfPresent("output")).shape, labels: labels)
        let isIn = (boxes[2] .>= 0).cast(to: .float32)
        #expect(newLabels?.scalars(as: Float.self) == boxes[2].scalars(as: Float.self), "\(label)")
        let expected = boxes[1] * isIn.expandingDims(at: -1) + (isIn - 1).expandingDims(at: -1)
        #expect((moved - expected).abs().max().item() < 1e-4, "\(label)")
    }

    // MARK: - What is drawn

    /// Numbers of many images.
    private func drawn(_ layer: RandomImageLayer, _ key: String, _ shape: Shape = [4000, 2, 3, 3]) -> [Double] {
        let found = layer.draw(for: .zeros(shape), from: RandomGenerator(seed: 5))
        return found[key]!.cast(to: .float64).scalars()
    }

    /// Uniform between two ends: within them, with their mean and their variance.
    private func expectUniform(_ values: [Double], _ low: Double, _ high: Double, _ label: String) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let width = high - low
        #expect(values.allSatisfy { $0 >= low - 1e-4 * width && $0 <= high + 1e-4 * width }, "\(label)")
        #expect(abs(mean - (low + high) / 2) < 0.02 * width, "\(label): mean \(mean)")
        #expect(abs(variance / (width * width / 12) - 1) < 0.08, "\(label): variance \(variance)")
    }

    @Test func rangesOfFactors() {
        expectUniform(drawn(RandomRotation(0.25), "angle"), -90, 90, "rotation")
        expectUniform(drawn(RandomRotation([0.1, 0.2]), "angle"), 36, 72, "rotation of a pair")
        expectUniform(drawn(RandomZoom(0.4, [-0.1, 0.2]), "height_zoom"), 0.6, 1.4, "height")
        expectUniform(drawn(RandomZoom(0.4, [-0.1, 0.2]), "width_zoom"), 0.9, 1.2, "width")
        expectUniform(drawn(RandomBrightness(0.2), "rgb_delta"), -51, 51, "brightness")
        expectUniform(drawn(RandomContrast(0.3), "contrast_factor"), 1, 1.3, "contrast")
        expectUniform(drawn(RandomContrast([0.2, 0.5]), "contrast_factor"), 0.8, 1.5, "contrast of a pair")
        expectUniform(drawn(RandomHue(0.8), "factor"), -0.4, 0.4, "hue")
        expectUniform(drawn(RandomSharpness(0.6), "factor"), 0, 0.6, "sharpness")
        expectUniform(drawn(Solarization(thresholdFactor: 0.5), "thresholds"), 0, 127.5, "threshold")
        let shifts = drawn(RandomTranslation(0.5, [0.1, 0.2], seed: 1), "translations", [4000, 20, 10, 1])
        expectUniform(stride(from: 0, to: 8000, by: 2).map { shifts[$0] }, 1, 2, "shift to the right")
        expectUniform(stride(from: 1, to: 8000, by: 2).map { shifts[$0] }, -10, 10, "shift down")
        let bits = drawn(RandomPosterization([2, 5]), "shift_factor")
        #expect(Set(bits) == [4, 5, 6])
        let zoom = RandomZoom(0.3).draw(for: .zeros([9, 2, 2, 1]), from: RandomGenerator(seed: 2))
        #expect(zoom["width_zoom"]!.allClose(to: zoom["height_zoom"]!), "proportions stay")
    }

    @Test func probabilities() {
        func part(_ layer: RandomImageLayer, _ key: String) -> Double {
            let values = drawn(layer, key)
            return values.reduce(0, +) / Double(values.count)
        }
        #expect(abs(part(RandomFlip(), "flips") - 0.5) < 0.03)
        #expect(abs(part(RandomInvert(0.3), "apply_inversion") - 0.15) < 0.03, "a number is the end of a range from 0")
        #expect(abs(part(RandomInvert([0.3, 0.3]), "apply_inversion") - 0.3) < 0.03)
        #expect(abs(part(RandomGrayscale(0.7), "should_apply") - 0.7) < 0.03)
        #expect(part(RandomErasing([1, 1]), "apply_erasing") == 1)
    }

    /// Of the beta distribution with both parameters a the mean is 1/2, and the variance 1 / (8 a + 4).
    @Test(arguments: [0.2, 1, 3]) func weightsOfMixtures(_ alpha: Double) {
        let weights = drawn(MixUp(alpha), "mix_weight", [8000, 1, 1, 1])
        let mean = weights.reduce(0, +) / 8000
        let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8000
        #expect(weights.allSatisfy { $0 >= 0 && $0 <= 1 } && abs(mean - 0.5) < 0.02)
        #expect(abs(variance * (8 * alpha + 4) - 1) < 0.06, "\(variance)")
        let order = drawn(MixUp(alpha), "permutation_order", [100, 1, 1, 1])
        #expect(order.sorted() == (0..<100).map(Double.init) && order != order.sorted())
    }

    // MARK: - Calls

    static let image = SampleInput.uniform([4, 6, 5, 3], in: 0...255).cast(to: .float32)

    /// By itself a layer changes images, in a model only when it is trained.
    @Test func whenImagesAreChanged() throws {
        let x = Self.image
        let layers: [() -> Layer] = [
            { RandomFlip(seed: 1) }, { RandomRotation(0.3, seed: 1) }, { RandomContrast([0.5, 0.9], seed: 1) },
            { RandAugment(seed: 3) },
        ]
        for make in layers {
            let layer = make()
            #expect(!layer(x).allClose(to: x) || !layer(x).allClose(to: x), "\(layer.className)")
            #expect(layer(x, training: false).allClose(to: x))
            let model = Sequential([InputLayer([6, 5, 3]), make()])
            #expect(model(x, training: false).allClose(to: x))
            #expect(try model.predict(x).allClose(to: x))
        }
        let stack = Sequential([RandomFlip(seed: 4), Dropout(0.5)])
        let y = stack(x)
        #expect(!y.allClose(to: x) || !stack(x).allClose(to: x))
        #expect(!(y .== 0).any().item(as: Bool.self), "dropout drops nothing unless it is asked to")
    }

    @Test func singleImagesAndOrders() {
        let x = Self.image
        func same(_ make: () -> RandomImageLayer, _ first: () -> RandomImageLayer) {
            let single = make()(x[0])
            #expect(single.shape == [6, 5, 3] && single.dtype == .float32)
            let moved = first()(x.movingAxis(-1, to: 1))
            #expect(moved.movingAxis(1, to: -1).allClose(to: make()(x)))
        }
        same({ RandomRotation(0.3, seed: 1) }, { RandomRotation(0.3, seed: 1, dataFormat: .channelsFirst) })
        same({ RandomHue(0.8, seed: 1) }, { RandomHue(0.8, dataFormat: .channelsFirst, seed: 1) })
        same({ RandomErasing(seed: 1) }, { RandomErasing(seed: 1, dataFormat: .channelsFirst) })
        let bytes = x.cast(to: .uint8)
        #expect(RandomBrightness(0.3, seed: 1)(bytes).dtype == .float32)
    }

    @Test func cropsAreOfTheirSize() throws {
        let layer = RandomCrop(3, 2, seed: 1)
        let parts = (0..<200).map { _ in layer(Self.image) }
        #expect(parts.allSatisfy { $0.shape == [4, 3, 2, 3] })
        // Each of the 4 x 4 places comes up.
        let corners = Set(parts.map { $0[0, 0, 0, 0].item(as: Float.self) })
        #expect(corners.count == 16)
        #expect(try layer.outputShapes(for: [[nil, 6, 5, 3]]) == [[nil, 3, 2, 3]])
        #expect(layer(Self.image, training: false).shape == Self.image.shape)
    }

    /// Masks move with their images, to the nearest pixel; labels are mixed with them.
    @Test func whatBelongsToImages() throws {
        let mask = (Self.image[.all, .all, .all, 0..<1] .> 100).cast(to: .float32)
        let flip = RandomFlip(.horizontal, seed: 2)
        let both = flip.augment(mask, labels: Tensor([0, 1, 2, 3]), masks: mask)
        #expect(both.images.allClose(to: both.masks!) && both.labels!.scalars(as: Int.self) == [0, 1, 2, 3])
        let turned = RandomRotation(0.4, seed: 2).augment(Self.image, masks: mask)
        #expect(turned.masks!.shape == mask.shape)
        #expect(Set(turned.masks!.scalars(as: Float.self)).isSubset(of: [0, 1]))
        let mixed = CutMix(seed: 3).augment(Self.image, labels: .eye(4))
        #expect(mixed.labels!.sum(axis: 1).allClose(to: .ones([4]), absoluteTolerance: 1e-5))
    }

    /// In a pipeline the changes are a function of the element: the same with any number of threads.
    @Test func pipelines() {
        let images = SampleInput.uniform([20, 6, 5, 1], in: 0...255).cast(to: .float32)
        let change = PipelineLayer(Sequential([RandomFlip(), RandomRotation(0.2), GaussianNoise(0.1)]))
        func read(_ threads: Int) -> [[Float]] {
            let changed = Dataset.fromTensorSlices(images).randomMap(seed: 3, parallelism: .threads(threads)) { image, random in
                change(image, using: &random)
            }
            return Array(changed).map { $0.scalars() }
        }
        let alone = read(1)
        #expect(alone == read(4))
        #expect(alone.count == 20 && alone[0].count == 30 && Set(alone).count == 20)
    }

    @Test(arguments: [
        (#"{"factor": 1.5}"#, "RandomRotation"), (#"{"factor": [0.1, 0.2, 0.3]}"#, "RandomHue"),
        (#"{"height_factor": -1}"#, "RandomZoom"), (#"{"height_factor": 0.1, "width_factor": [2, 3]}"#, "RandomTranslation"),
        (#"{"factor": 0.5, "value_range": [1, 1]}"#, "RandomContrast"), (#"{"kernel_size": 4}"#, "RandomGaussianBlur"),
        (#"{"factor": 0.5, "fill_mode": "mirror"}"#, "RandomRotation"), (#"{"factor": 9}"#, "RandomPosterization"),
        (#"{"frame_length": 8, "fft_length": 4}"#, "STFTSpectrogram"), (#"{"window": "kaiser"}"#, "STFTSpectrogram"),
        (#"{"fft_length": 8, "sequence_length": 9}"#, "MelSpectrogram"), (#"{"height": 0, "width": 3}"#, "CenterCrop"),
        (#"{"num_ops": -1}"#, "RandAugment"), (#"{"alpha": 0}"#, "AugMix"), (#"{"bins": 0}"#, "Equalization"),
    ]) func badArguments(_ text: String, _ className: String) throws {
        let config = try JSONValue(parsing: text).object().map { ($0.key, $0.value) }
        let error = #expect(throws: MartletError.self) {
            try Layer.make(className: className, config: Dictionary(uniqueKeysWithValues: config))
        }
        #expect(error?.message.contains("Received: ") == true, "\(String(describing: error))")
    }
}
