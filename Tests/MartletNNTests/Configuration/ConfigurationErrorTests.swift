import Martlet
import MartletFormats
import MartletNN
import Testing

/// Configurations come from files: what is wrong in them throws, and says where.
@Suite struct ConfigurationErrorTests {
    static let bad: [(String, [String: JSONValue], String)] = [
        ("Dense", [:], "Dense.units"),
        ("Dense", ["units": 0], "Dense.units"),
        ("Dense", ["units": "many"], "Dense.units"),
        ("Dense", ["units": 3, "activation": "nonsense"], "Dense.activation"),
        ("Dense", ["units": 3, "kernel_initializer": "nonsense"], "Dense.kernel_initializer"),
        ("Dense", ["units": 3, "kernel_regularizer": ["class_name": "L2", "config": ["l2": -1]]], "L2.l2"),
        ("Dense", ["units": 3, "dtype": "float31"], "Dense.dtype"),
        ("Dropout", ["rate": 1.5], "Dropout.rate"),
        ("Dropout", ["rate": 0.5, "noise_shape": [.null, -1]], "Dropout.noise_shape"),
        ("Conv2D", ["filters": 3], "Conv2D.kernelSize"),
        ("Conv2D", ["filters": 3, "kernel_size": [3, 3, 3]], "Conv2D.kernelSize"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "strides": [-1, 1]], "Conv2D.strides"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "groups": 2], "Conv2D.groups"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "padding": "causal"], "Conv2D.padding"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "data_format": "channels_middle"], "Conv2D.data_format"),
        ("MaxPooling2D", ["pool_size": 0], "MaxPooling2D.pool_size"),
        ("BatchNormalization", ["momentum": 2], "BatchNormalization.momentum"),
        ("Reshape", ["target_shape": [-1, -1]], "Reshape.targetShape"),
        ("Embedding", ["input_dim": 0, "output_dim": 1], "Embedding.inputDim"),
        ("InputLayer", ["batch_shape": [.null, -3]], "InputLayer.batch_shape"),
    ]

    @Test(arguments: bad.indices) func throwsWithPlace(_ index: Int) {
        let (className, config, place) = Self.bad[index]
        let error = #expect(throws: MartletError.self) { try Layer.make(className: className, config: config) }
        #expect(error?.location == place, "\(error!)")
        #expect(
            error?.message.contains("Received") == true || error?.message.contains("There is no") == true, "\(error!)")
    }

    @Test func unknownClass() {
        let error = #expect(throws: MartletError.self) { try Layer.make(className: "Dance", config: [:]) }
        #expect(error?.message.contains("\"Dance\"") == true && error?.message.contains("Dense") == true)
    }

    /// As Keras 3 writes them: dtype policies, objects with module and registered name, keys that are not ours.
    @Test func kerasForm() throws {
        let policy: JSONValue = ["module": "keras", "class_name": "DTypePolicy", "config": ["name": "float64"]]
        let regularizer: JSONValue = [
            "module": "keras.regularizers", "class_name": "L2", "config": ["l2": 0.1], "registered_name": .null,
        ]
        let layer = try #require(
            try Layer.make(
                className: "Dense",
                config: [
                    "name": "head", "trainable": false, "dtype": policy, "units": 2, "activation": "relu",
                    "kernel_regularizer": regularizer, "bias_initializer": "ones", "quantization_config": .null,
                ]) as? Dense)
        #expect(
            layer.name == "head" && !layer.isTrainable && layer.dtype == .float64 && layer.activation.name == "relu")
        try layer.ensureBuilt(for: [[nil, 3]])
        #expect(layer.bias?.value.scalars(as: Double.self) == [1, 1])
        #expect(layer.trainableWeights.isEmpty)
        layer.isTrainable = true
        #expect(abs(layer.losses[0].item() - 0.1 * layer.kernel.value.square().sum().item()) < 1e-15)
    }
}
