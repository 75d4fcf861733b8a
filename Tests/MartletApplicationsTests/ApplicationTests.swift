import Foundation
import Martlet
import MartletApplications
import MartletFormats
import TestSupport
import Testing

/// The networks beside those of `keras.applications` (`scripts/make-application-fixtures.py`): layers, numbers of parameters, and
/// predictions with weights that a formula gives.
@Suite(.ownSession) struct ApplicationTests {
    static let fixture: JSONValue = {
        let path = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/applications.json").path
        return try! JSONValue(parsing: FileIO.read(path))
    }()

    static let members: [String: Application] = [
        "resNet50": Applications.resNet50, "resNet101": Applications.resNet101, "resNet152": Applications.resNet152,
        "resNet50V2": Applications.resNet50V2, "resNet101V2": Applications.resNet101V2,
        "resNet152V2": Applications.resNet152V2, "vgg16": Applications.vgg16, "vgg19": Applications.vgg19,
        "xception": Applications.xception, "mobileNetV2": Applications.mobileNetV2,
        "mobileNetV3Small": Applications.mobileNetV3Small, "mobileNetV3Large": Applications.mobileNetV3Large,
        "denseNet121": Applications.denseNet121, "denseNet169": Applications.denseNet169,
        "denseNet201": Applications.denseNet201, "efficientNetB0": Applications.efficientNetB0,
        "efficientNetB1": Applications.efficientNetB1, "efficientNetB2": Applications.efficientNetB2,
        "efficientNetB3": Applications.efficientNetB3, "efficientNetB4": Applications.efficientNetB4,
        "convNeXtTiny": Applications.convNeXtTiny, "convNeXtSmall": Applications.convNeXtSmall,
    ]

    /// Numbers from -1/2 to 1/2.
    static func value(_ number: Int, _ shape: Shape) -> [Double] {
        (0..<shape.elementCount).map { place in
            var x = UInt32(truncatingIfNeeded: place) &* 0x9E37_79B1 &+ UInt32(truncatingIfNeeded: number &* 0x85EB_CA77)
            for (shift, factor) in [(15, 0x2C1B_3C6D), (12, 0x297A_2D39)] as [(UInt32, UInt32)] {
                x = (x ^ (x >> shift)) &* factor
            }
            return Double(x ^ (x >> 15)) / 4_294_967_296 - 0.5
        }
    }

    static func weight(_ number: Int, _ variable: Variable) -> Tensor {
        let (u, sizes) = (value(number, variable.shape), variable.shape.dimensions)
        let values: [Double]
        switch variable.name {
        case "moving_variance": values = u.map { 0.5 + 0.1 * $0 }
        case "gamma": values = u.map { 1 + 0.2 * $0 }
        case _ where sizes.count < 2: values = u.map { $0 / 5 }
        default:
            let inputs = sizes.count == 4 && sizes[3] == 1 ? sizes[0] * sizes[1] : sizes.dropLast().reduce(1, *)
            values = u.map { $0 * (12 / Double(inputs)).squareRoot() }
        }
        return Tensor(values.map { Float($0) }, shape: variable.shape)
    }

    @Test(arguments: try! fixture.array("cases").indices)
    func asKeras(_ index: Int) throws {
        let expected = try Self.fixture.array("cases")[index]
        let name = try expected.string("name"), options = JSONValue.object(try expected.object("options"))
        let size: Int = try options.valueIfPresent(at: ["size"]) ?? 64
        let hasTop: Bool = try options.valueIfPresent(at: ["top"]) ?? true
        let pooling: String? = try options.valueIfPresent(at: ["pooling"])
        let alpha: Double? = try options.valueIfPresent(at: ["alpha"])
        let application = try alpha.map(Applications.scaledMobileNetV2) ?? #require(Self.members[name])
        let model = try withSession(Session(seed: 1)) {
            try application(
                includeTop: hasTop, inputShape: [size, size, 3],
                pooling: pooling.map { $0 == "avg" ? .average : .max }, classes: 5, classifierActivation: nil)
        }
        #expect(try model.parameterCount == expected.int("parameters"))
        let layers = try expected.array("layers")
        // Keras does not count operations among the layers.
        let own = model.layers.filter { !"\(type(of: $0))".hasPrefix("Operation") }
        #expect(own.count == layers.count)
        for (layer, other) in zip(own, layers) {
            let parts: [JSONValue] = try other.array()
            #expect(parts[0] == .string(layer.name) && parts[3] == .int(layer.parameterCount))
        }
        for (number, variable) in model.weights.enumerated() where !["mean", "variance", "count"].contains(variable.name) {
            variable.assign(Self.weight(number, variable))
        }
        let shape: Shape = [2, size, size, 3]
        let scale: Double = if case .none = application.preprocessing { 100 } else { 2 }
        let x = Tensor(Self.value(1, shape).map { Float($0 * scale) }, shape: shape)
        let y = try model.predict(x)
        #expect(try y.shape.dimensions == expected.value(at: ["shape"], as: [Int].self))
        let step = max(1, y.elementCount / 40), all = y.flattened().scalars(as: Double.self)
        let found = stride(from: 0, to: all.count, by: step).map { all[$0] }
        let wanted = try expected.value(at: ["y"], as: [Double].self)
        // Rounding in a hundred layers one after the other.
        let bound = wanted.map(abs).max()! * 2e-4
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < bound }, "\(name): \(found.prefix(3)), not \(wanted.prefix(3))")
    }

    @Test func depthsAndWidths() throws {
        for (name, parts) in try Self.fixture.object("sizes") {
            let application = try #require(Self.members[name]), expected: [JSONValue] = try parts.array()
            let model = try application(includeTop: false, inputShape: [64, 64, 3])
            let count = model.layers.count { !"\(type(of: $0))".hasPrefix("Operation") }
            let own: [JSONValue] = [.string(model.name), .int(count), .int(model.parameterCount)]
            #expect(own == Array(expected.prefix(3)))
        }
        #expect(Applications.all.count == 28 && Set(Applications.all.map(\.name)).count == 28)
    }

    @Test func preprocessing() throws {
        let pixels = Tensor((0..<36).map { Float($0 * 7) }, shape: [2, 2, 3, 3])
        for (name, values) in try Self.fixture.object("preprocessed") {
            let expected = try values.array().map { try #require(Double(json: $0)) }
            let found = try #require(Self.members[name]).preprocess(pixels).flattened().scalars(as: Double.self)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(name)")
        }
    }

    /// As layers of a functional model it gives the same numbers.
    @Test(arguments: ["resNet50", "mobileNetV2", "denseNet121"]) func preprocessingAsLayers(name: String) throws {
        let application = try #require(Self.members[name])
        let pixels = RandomGenerator(seed: 1).uniform([2, 3, 4, 3], in: 0..<255)
        let input = Input([3, 4, 3])
        let model = Model(inputs: input, outputs: application.preprocess(input))
        #expect(model(pixels).allClose(to: application.preprocess(pixels), relativeTolerance: 1e-6, absoluteTolerance: 1e-6))
        try withFolder { folder in
            try model.save(to: "\(folder)/a.keras")
            let again = try Model.load(from: "\(folder)/a.keras")
            #expect(again(pixels).scalars(as: Float.self) == model(pixels).scalars(as: Float.self))
        }
    }

    /// Weights of one model go into another by layers' names, with another head; the base is frozen and trained on.
    @Test func transfer() throws {
        try withFolder { folder in
            let first = try Applications.scaledMobileNetV2(alpha: 0.35)(inputShape: [32, 32, 3], classes: 3)
            for ending in ["weights.h5", "h5"] {
                let path = "\(folder)/a.\(ending)"
                if ending == "h5" { try first.save(to: path) } else { try first.saveWeights(to: path) }
                let again = try Applications.scaledMobileNetV2(alpha: 0.35)(weights: path, inputShape: [32, 32, 3], classes: 3)
                #expect(again.weightsSHA256 == first.weightsSHA256)
            }
            let network = Applications.scaledMobileNetV2(alpha: 0.35)
            let base = try network(includeTop: false, inputShape: [32, 32, 3], pooling: .average)
            try base.loadWeights(from: "\(folder)/a.h5", byName: true)
            #expect(base.layers[1].weightsSHA256 == first.layers[1].weightsSHA256)
            base.isTrainable = false
            let before = base.weightsSHA256, model = Sequential([base, Dense(2, activation: .softmax)])
            try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy")
            try model.fit(Tensor.randomUniform([8, 32, 32, 3]), Tensor([0, 1, 0, 1, 0, 1, 0, 1]), epochs: 2, verbosity: .silent)
            #expect(base.weightsSHA256 == before)
        }
    }

    @Test func wrongShapes() {
        expectError("at least 32") { try Applications.resNet50(inputShape: [31, 64, 3]) }
        expectError("at least 71") { try Applications.xception(includeTop: false, inputShape: [64, 64, 3]) }
        expectError("height, width and channels") { try Applications.vgg16(inputShape: [64, 64]) }
        expectError("at least 1 class") { try Applications.vgg16(classes: 0) }
    }
}
