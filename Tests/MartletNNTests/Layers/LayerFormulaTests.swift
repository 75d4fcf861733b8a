import Foundation
import Martlet
import MartletCore
import MartletNN
import TestSupport
import Testing

/// Layers against numbers worked out by hand.
@Suite(.ownSession) struct LayerFormulaTests {
    private func tensor(_ values: [Double], _ shape: Shape) -> Tensor { Tensor(values, shape: shape) }

    @Test func dense() throws {
        let layer = Dense(2, activation: .relu, dtype: .float64)
        try layer.ensureBuilt(for: [[nil, 3]])
        layer.kernel.assign(tensor([1, 2, 3, 4, 5, 6], [3, 2]))
        layer.bias!.assign(tensor([-30, 1], [2]))
        #expect(layer(tensor([1, 2, 3, 0, 0, -1], [2, 3])).scalars(as: Double.self) == [0, 29, 0, 0])
        // Integers become the layer's type.
        #expect(layer(Tensor([[1, 2, 3]])).scalars(as: Double.self) == [0, 29])
        #expect(layer.weights.map(\.path) == ["\(layer.name)/kernel", "\(layer.name)/bias"])
    }

    @Test func floatInputsAreCastToTheLayersType() {
        let layer = Dense(2)
        #expect(layer(tensor([1, 2], [1, 2])).dtype == .float32)
        #expect(Dense(2, dtype: .float64)(Tensor([[Float(1), 2]])).dtype == .float64)
    }

    @Test func convolution() throws {
        let layer = Conv2D(1, kernelSize: 2, strides: [1, 2], padding: .same, dtype: .float64)
        try layer.ensureBuilt(for: [[nil, 2, 3, 1]])
        layer.kernel.assign(tensor([1, 10, 100, 1000], [2, 2, 1, 1]))
        layer.bias!.assign(tensor([0.5], [1]))
        // Rows padded below by one, columns after by one: windows at columns 0 and 2.
        let y = layer(tensor([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]))
        #expect(y.shape == [1, 2, 2, 1])
        #expect(y.scalars(as: Double.self) == [5421.5, 603.5, 54.5, 6.5])
    }

    @Test func pooling() {
        let x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
        #expect(MaxPooling2D(dtype: .float64)(x).scalars(as: Double.self) == [5])
        #expect(MaxPooling2D(padding: .same, dtype: .float64)(x).scalars(as: Double.self) == [5, 6, 8, 9])
        #expect(AveragePooling2D(padding: .same, dtype: .float64)(x).scalars(as: Double.self) == [3, 4.5, 7.5, 9])
        #expect(
            AveragePooling2D(poolSize: [1, 3], strides: 1, dtype: .float64)(x).scalars(as: Double.self) == [2, 5, 8])
        #expect(GlobalMaxPooling2D(dtype: .float64)(x).scalars(as: Double.self) == [9])
        #expect(GlobalAveragePooling2D(dtype: .float64)(x).scalars(as: Double.self) == [5])
    }

    @Test func batchNormalizationFollowsTheBatches() {
        let layer = BatchNormalization(momentum: 0.9, epsilon: 0, dtype: .float64)
        let x = tensor([1, 10, 3, 30], [2, 2])
        // Means 2 and 20, population variances 1 and 100.
        let y = layer(x, training: true)
        #expect(y.allClose(to: tensor([-1, -1, 1, 1], [2, 2]), relativeTolerance: 1e-14, absoluteTolerance: 0))
        let (mean, variance) = (layer.movingMean.value, layer.movingVariance.value)
        #expect(mean.allClose(to: tensor([0.2, 2], [2]), relativeTolerance: 1e-14, absoluteTolerance: 0))
        #expect(variance.allClose(to: tensor([1, 10.9], [2]), relativeTolerance: 1e-14, absoluteTolerance: 0))
        // Inference uses them, and leaves them.
        let expected = tensor([0.8, 8 / 10.9.squareRoot(), 2.8, 28 / 10.9.squareRoot()], [2, 2])
        #expect(layer(x).allClose(to: expected, relativeTolerance: 1e-14, absoluteTolerance: 0))
        #expect(layer.movingMean.value.scalars(as: Double.self) == mean.scalars(as: Double.self))
        // Frozen, it infers even in training.
        layer.isTrainable = false
        #expect(layer(x, training: true).allClose(to: expected, relativeTolerance: 1e-14, absoluteTolerance: 0))
        #expect(layer.movingMean.value.scalars(as: Double.self) == mean.scalars(as: Double.self))
        #expect(layer.weights.map(\.name) == ["gamma", "beta", "moving_mean", "moving_variance"])
    }

    /// A small variance around a large mean survives in float32, where the mean of squares less the square of means
    /// would not.
    @Test func batchNormalizationIsStable() {
        let values = (0..<1000).map { Float(4096 + ($0 % 2 == 0 ? 0.25 : -0.25)) }
        let y = BatchNormalization(epsilon: 0)(Tensor(values, shape: [1000, 1]), training: true)
        #expect(y.abs().allClose(to: Tensor.ones([1000, 1]), relativeTolerance: 1e-5, absoluteTolerance: 0))
    }

    @Test func batchNormalizationLeavesStatisticsOfNoSamples() {
        let layer = BatchNormalization()
        _ = layer(Tensor.zeros([0, 2]), training: true)
        #expect(layer.movingMean.value.scalars(as: Float.self) == [0, 0])
        #expect(layer.movingVariance.value.scalars(as: Float.self) == [1, 1])
    }

    @Test func layerNormalization() {
        let x = tensor([1, 2, 3, 4, 6, 8], [2, 3])
        let y = LayerNormalization(epsilon: 0, dtype: .float64)(x)
        let r = 1.5.squareRoot()
        #expect(
            y.allClose(to: tensor([-r, 0, r, -r, 0, r], [2, 3]), relativeTolerance: 1e-14, absoluteTolerance: 1e-15))
    }

    @Test func dropout() {
        let x = Tensor.ones([200, 500])
        let layer = Dropout(0.25, seed: 7)
        let y = layer(x, training: true).scalars(as: Float.self)
        let kept = y.count { $0 != 0 }
        // Four standard deviations of the number kept: 4 sqrt(100000 * 0.25 * 0.75) = 548.
        #expect(abs(kept - 75_000) < 548)
        #expect(y.allSatisfy { $0 == 0 || $0 == Float(1 / 0.75) })
        #expect(layer(x).scalars(as: Float.self).allSatisfy { $0 == 1 })
        #expect(layer(x, training: true).scalars(as: Float.self) != y, "a mask drawn anew")
        #expect(Dropout(0.25, seed: 7)(x, training: true).scalars(as: Float.self) == y, "the same seed")
        #expect(Dropout(0.25, seed: 8)(x, training: true).scalars(as: Float.self) != y, "another seed")
    }

    @Test func dropoutOfWholeChannels() {
        let y = Dropout(0.5, noiseShape: [nil, 1, nil], seed: 1)(Tensor.ones([8, 5, 4]), training: true)
        let first = y[.all, 0..<1].broadcast(to: y.shape)
        #expect(first.scalars(as: Float.self) == y.scalars(as: Float.self))
        #expect(Set(y.scalars(as: Float.self)) == [0, 2])
    }

    @Test func embedding() throws {
        let layer = Embedding(3, 2, dtype: .float64)
        try layer.ensureBuilt(for: [[nil, nil]])
        layer.embeddings.assign(tensor([1, 2, 3, 4, 5, 6], [3, 2]))
        #expect(layer(Tensor([[2, 0]])).scalars(as: Double.self) == [5, 6, 1, 2])
        #expect(layer(Tensor([[Float(1)]])).scalars(as: Double.self) == [3, 4])
    }

    @Test func merging() {
        let (a, b) = (tensor([1, 2, 3, 4], [2, 2]), tensor([10, 20], [2, 1]))
        func values(_ layer: Layer) -> [Double] { layer([a, b]).scalars() }
        #expect(values(Add(dtype: .float64)) == [11, 12, 23, 24])
        #expect(values(Subtract(dtype: .float64)) == [-9, -8, -17, -16])
        #expect(values(Multiply(dtype: .float64)) == [10, 20, 60, 80])
        #expect(values(Average(dtype: .float64)) == [5.5, 6, 11.5, 12])
        #expect(values(Maximum(dtype: .float64)) == [10, 10, 20, 20])
        #expect(values(Minimum(dtype: .float64)) == [1, 2, 3, 4])
        #expect(values(Concatenate(dtype: .float64)) == [1, 2, 10, 3, 4, 20])
    }

    @Test func activityRegularizerAddsTheLastOutputsPenalty() {
        let layer = Dense(1, kernelInitializer: .ones, activityRegularizer: .l2(0.5), dtype: .float64)
        _ = layer(tensor([3, 4], [2, 1]))
        _ = layer(tensor([1, 2], [2, 1]))
        // Of two samples: 0.5 * (1 + 4) / 2.
        #expect(layer.losses.map { $0.item() } == [1.25])
    }

    @Test func softmaxAndSigmoidRememberTheirLogits() {
        let x = tensor([1, 2, 3, 4], [2, 2])
        #expect(ActivationFunction.softmax(x).logits(of: .softmax)?.id == x.id)
        #expect(ActivationFunction.sigmoid(x).logits(of: .sigmoid)?.id == x.id)
        #expect(ActivationFunction.sigmoid(x).logits(of: .softmax) == nil)
        #expect(ActivationFunction.softmax(axis: 0)(x).logits(of: .softmax) == nil)
        #expect((ActivationFunction.softmax(x) * 1).logits(of: .softmax) == nil)
    }
}
