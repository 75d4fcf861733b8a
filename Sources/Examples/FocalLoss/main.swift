// A loss of one's own: the focal loss of Lin et al., 2017 (https://arxiv.org/abs/1708.02002), for classes that are rare.
// Its gradient is checked before it is used.

import Martlet

/// -alpha (1 - p)^gamma log(p), where p is the probability given to the right one of two classes.
final class FocalLoss: Loss {
    let gamma: Double
    let alpha: Double

    init(gamma: Double = 2, alpha: Double = 0.25) {
        self.gamma = gamma
        self.alpha = alpha
        super.init(name: "focal_loss")
    }

    override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let p = yPred.clipped(min: 1e-7, max: 1 - 1e-7)
        let right = yTrue * p + (1 - yTrue) * (1 - p)
        let weight = yTrue * alpha + (1 - yTrue) * (1 - alpha)
        return (-weight * (1 - right).pow(gamma) * right.log()).mean(axis: -1)
    }
}

setRandomSeed(5)
let focal = FocalLoss()
let labels = Tensor([[1.0], [0.0], [1.0]], dtype: .float64)
let report = gradientCheck(at: [Tensor([[0.3], [0.6], [0.9]], dtype: .float64)]) { [focal.call(labels, $0[0])] }
print(report)
guard report.passed else { fatalError("the gradient of the focal loss is wrong") }

// One sample in twenty is positive: those inside a small disc.
let x = Tensor.randomUniform([4000, 2], in: -1..<1)
let y = (x.square().sum(axis: -1, keepDims: true) .< 0.064).cast(to: .float32)
let model = Sequential([Dense(32, activation: .relu), Dense(32, activation: .relu), Dense(1, activation: .sigmoid)])
try model.compile(optimizer: Adam(learningRate: 0.01), loss: focal, metrics: [.recall(), .precision()])
let history = try model.fit(x, y, batchSize: 64, epochs: 15, verbosity: .onePerEpoch)
guard let recall = history["recall"].last, recall > 0.6 else { fatalError("recall \(history["recall"])") }
