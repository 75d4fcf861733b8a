import Foundation
import Martlet
import MartletCore
import MartletNN
import TestSupport
import Testing

/// Layers with more to them than a formula: closures, statistics of data, changing weights.
@Suite(.ownSession) struct ComposedLayerTests {
    @Test func closuresAreLayers() throws {
        let x = Tensor([[1.0, -2.0], [3.0, 4.0]])
        #expect(Lambda { $0.square() }(x).scalars(as: Double.self) == [1, 4, 9, 16])
        let largest = Lambda(outputShape: [1]) { x, training in
            training ? x.min(axis: -1, keepDims: true) : x.max(axis: -1, keepDims: true)
        }
        #expect(largest(x).scalars(as: Double.self) == [1, 4])
        #expect(largest(x, training: true).scalars(as: Double.self) == [-2, 3])
        #expect(try largest.outputShapes(for: [[nil, 2]]) == [[nil, 1]])

        let input = Input([2])
        let model = Model(inputs: [input], outputs: [Dense(1, kernelInitializer: .ones)(largest(input))])
        #expect(try model.predict(x).scalars(as: Double.self) == [1, 4])
        let doubled = compiled { (x: Tensor) in Lambda { $0 * 2 }(x) }
        #expect(doubled(x).scalars(as: Double.self) == [2, -4, 6, 8])
    }

    @Test func closuresAreNotSaved() throws {
        let model = Sequential([InputLayer([2]), Lambda(name: "closure") { $0 * 2 }])
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).keras").path
        let error = #expect(throws: MartletError.self) { try model.save(to: path) }
        #expect(error.map { $0.message.contains("\"closure\"") && $0.message.contains("register") } ?? false)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func normalizationAdaptsToData() throws {
        let data = SampleInput.uniform([7, 3, 2])
        let whole = Normalization(dtype: .float64)
        try whole.adapt(data)
        #expect(relativeError(whole.mean!.value, data.mean(axes: [0, 1])) < 1e-14)
        #expect(relativeError(whole.variance!.value, data.variance(axes: [0, 1])) < 1e-14)
        let y = whole(data)
        #expect(relativeError(y.mean(axes: [0, 1]), Tensor.zeros([2], dtype: .float64)) < 1e-14)
        #expect(relativeError(y.variance(axes: [0, 1]), Tensor.ones([2], dtype: .float64)) < 1e-13)
        let back = Normalization(invert: true, dtype: .float64)
        try back.adapt(data)
        #expect(relativeError(back(y), data) < 1e-14)

        let parts = Normalization(axes: [1, 2], dtype: .float64)
        try parts.adapt([data[0..<3], data[3..<3], data[3..<4], data[4..<7]])
        #expect(relativeError(parts.mean!.value, data.mean(axis: 0)) < 1e-14)
        #expect(relativeError(parts.variance!.value, data.variance(axis: 0)) < 1e-13)
        #expect(parts.trainableWeights.isEmpty && parts.weights.map(\.name) == ["mean", "variance", "count"])

        // Far from 0, in float32: multiples of 1/16, which it has exactly.
        let far = (0..<600).map { (i: Int) -> Double in 1e6 + Double(i * i % 97) / 16 }
        let layer = Normalization(axes: [], dtype: .float32)
        try layer.adapt(stride(from: 0, to: 600, by: 100).map { Tensor(Array(far[$0..<$0 + 100]), shape: [100]) })
        let mean = far.reduce(0.0, +) / 600
        let squares = far.reduce(0.0) { (sum: Double, x: Double) in sum + (x - mean) * (x - mean) }
        let variance = squares / 600
        #expect(abs(layer.mean!.value.item() - mean) <= 1.0 / 32)
        #expect(abs(layer.variance!.value.item() / variance - 1) < 1e-6)
        #expect(throws: MartletError.self) { try Normalization().adapt([]) }
        #expect(throws: MartletError.self) { try Normalization().adapt(Tensor.zeros([0, 2])) }
        #expect(throws: MartletError.self) { try whole.adapt(Tensor.zeros([2, 3, 5])) }
        let given = Normalization(mean: Tensor(1.0), variance: Tensor(1.0))
        #expect(throws: MartletError.self) { try given.adapt(data) }
        #expect(throws: MartletError.self) {
            try Layer.make(className: "Normalization", config: ["mean": [1, 2], "variance": [1]])
        }
        // A feature that does not vary is divided by 1e-7.
        let constant = Normalization(dtype: .float64)
        try constant.adapt(Tensor([[2.0], [2.0]], dtype: .float64))
        #expect(constant(Tensor([[2.0], [3.0]], dtype: .float64)).scalars(as: Double.self) == [0, 1 / 1e-7])
    }

    @Test func spectralNormalizationMakesTheLargestSingularValueOne() throws {
        let dense = Dense(3, useBias: false, dtype: .float64)
        let layer = SpectralNormalization(dense, powerIterations: 500, dtype: .float64)
        let x = SampleInput.uniform([2, 4])
        _ = layer(x)
        let before = dense.kernel.value
        _ = layer(x)
        #expect(dense.kernel.value.scalars(as: Double.self) == before.scalars(as: Double.self))
        let y = layer(x, training: true)
        let kernel = dense.kernel.value
        // The kernel is the old one divided by a number, ‖K‖ = 1: ‖K v‖ ≤ ‖v‖, with equality for the singular vector.
        let ratio = (before / kernel).scalars(as: Double.self)
        #expect(ratio.allSatisfy { abs($0 - ratio[0]) < 1e-12 })
        let gram = matmul(kernel, kernel, transposeA: true)
        var v = Tensor.ones([3, 1], dtype: .float64)
        for _ in 0..<200 { v = matmul(gram, v).l2Normalized(axes: nil) }
        #expect(abs(matmul(gram, v).norm().item() - 1) < 1e-9)
        #expect(relativeError(y, matmul(x, kernel)) < 1e-12)

        let zero = SpectralNormalization(Dense(2, kernelInitializer: .zeros, dtype: .float64), dtype: .float64)
        #expect(zero(x, training: true).scalars(as: Double.self).allSatisfy { $0 == 0 })
        #expect(throws: MartletError.self) { try SpectralNormalization(Dropout(0.5)).ensureBuilt(for: [[nil, 2]]) }
    }

    @Test func resizingOfBytesRoundsAndSaturates() {
        let bytes = Tensor([0, 255, 255, 0] as [UInt8], shape: [1, 1, 4, 1])
        let y = Resizing(height: 1, width: 8, interpolation: .bicubic)(bytes)
        #expect(y.dtype == .uint8)
        // Between 255s the cubic overshoots.
        #expect(y.scalars(as: Int.self).max() == 255 && y.scalars(as: Int.self).min() == 0)
    }

    @Test func anInfinityStaysWhereItIs() {
        var values = [Double](repeating: 1, count: 8)
        values[6] = .infinity
        let x = Tensor(values, shape: [1, 8, 1]).cast(to: .float64)
        for interpolation in Interpolation.allCases where interpolation != .nearest {
            let y = resize(x, to: [4], interpolation: interpolation).scalars(as: Double.self)
            #expect(y[0].isFinite, "\(interpolation)")
        }
        #expect(adaptiveAveragePool(x, to: [4]).scalars(as: Double.self) == [1, 1, 1, .infinity])
        #expect(adaptiveMaxPool(x, to: [3]).scalars(as: Double.self) == [1, 1, .infinity])
    }
}
