import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Tables of arguments, by which configurations are read, written and checked.
@Suite(.serialized, .ownSession) struct ArgumentsTests {
    /// As Keras's `get_config` has them.
    @Test func tablesListKerasKeys() {
        let weight = ["initializer", "regularizer", "constraint"]
        let dense = ["units", "activation", "use_bias", "activity_regularizer", "name", "trainable", "dtype", "quantization_config"]
            + ["lora_rank", "lora_alpha"]
            + weight.flatMap { ["kernel_\($0)", "bias_\($0)"] }
        #expect(Set(Dense.arguments.keys) == Set(dense), "\(Dense.arguments.keys)")
        #expect(Dense.arguments.list.filter(\.isRequired).map(\.key) == ["units"])
        #expect(Conv2D.arguments.list.filter(\.isRequired).map(\.name) == ["kernelSize", "filters"])
        #expect(Set(Huber.arguments.keys) == ["delta", "name", "reduction"])
        #expect(VarianceScaling.arguments.keys == ["scale", "mode", "distribution", "seed"])
    }

    /// The object with which reading begins takes no number of automatic names, and neither does what fails. What an
    /// initializer makes after the base class's is made of what was read.
    @Test func readingIsOnce() throws {
        func read(_ arguments: [String: JSONValue]) throws -> CountedLayer {
            try CountedLayer(config: Configuration(className: "CountedLayer", arguments))
        }
        #expect(try read(["size": 3]).name == "counted_layer")
        #expect(throws: MartletError.self) { try read(["size": 0]) }
        #expect(throws: MartletError.self) { try read([:]) }
        let again = CountedLayer(4)
        #expect(again.name == "counted_layer_1" && again.sizes == [4])
        let last = try read(["size": 5, "trainable": false, "dtype": "float64"])
        #expect(last.name == "counted_layer_2" && last.sizes == [5] && !last.isTrainable && last.dtype == .float64)
    }

    /// In Swift code, a bad argument stops the program.
    @Test func swiftStops() async {
        await #expect(processExitsWith: .failure) { _ = Dense(0) }
        await #expect(processExitsWith: .failure) { _ = Conv2D(3, kernelSize: 3, groups: 2) }
        await #expect(processExitsWith: .failure) { _ = Huber(delta: 0) }
        await #expect(processExitsWith: .failure) { _ = Adam(clipNorm: 1, clipValue: 1) }
        await #expect(processExitsWith: .failure) { _ = R2Score(numRegressors: -1) }
        await #expect(processExitsWith: .failure) { _ = L1L2(l1: -1) }
    }

    /// Keras's defaults where a key is missing or null, null for nil.
    @Test func missingAndNull() throws {
        func adamW(_ config: JSONValue) throws -> Optimizer {
            try Optimizer.make(from: ["class_name": "AdamW", "config": config])
        }
        #expect(try adamW([:]) is AdamW)
        #expect(try adamW([:]).options.weightDecay == 0.004 && adamW(["weight_decay": .null]).options.weightDecay == nil)
        #expect(try adamW(["learning_rate": .null]).learningRate == Double(Float(0.001)))
        #expect(try adamW(["ema_overwrite_frequency": 0]).options.emaOverwriteFrequency == nil)
        let dense = try Dense(config: Configuration(className: "Dense", ["units": 2, "activation": .null, "use_bias": .null]))
        #expect(dense.activation.name == "linear" && dense.useBias && dense.units == 2)
        #expect(throws: MartletError.self) { try Dense(config: Configuration(className: "Dense", ["units": .null])) }
    }

    /// A layer in the configuration of a layer of the same class is another one.
    @Test func nestedLayersHaveConfigurationsOfTheirOwn() throws {
        let inner = TimeDistributed(Dense(3, name: "inner"), name: "middle")
        let outer = TimeDistributed(inner, name: "outer")
        let again = try Layer.make(className: "TimeDistributed", config: outer.config)
        #expect(JSONValue.object(again.config) == JSONValue.object(outer.config))
    }

    /// What is not in a table is passed over; bad values throw with what was expected.
    @Test func messages() {
        let error = #expect(throws: MartletError.self) {
            try Conv2D(config: Configuration(className: "Conv2D", ["filters": 2, "kernel_size": 3, "strides": 0, "x": 1]))
        }
        #expect(error?.message == "Expected a positive integer, or 2 of them. Received: 0.")
        #expect(error?.location == "Conv2D.strides")
    }
}

/// A layer of one required argument.
private final class CountedLayer: Layer, Described {
    private(set) var size: Int
    /// The sizes that initializers have seen.
    private(set) var sizes: [Int] = []

    init(_ size: Int) {
        self.size = size
        super.init()
        sizes.append(self.size)
    }

    static let arguments = Arguments(default: CountedLayer(1)) { $0("size", \.size, required: true, .atLeast(1)) }
}
