import Foundation
import MartletCore

/// Half a cosine, again and again: each one `tMul` times as long as the last and starting at `mMul` times its rate.
///
/// Sources: [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983),
/// [`keras.optimizers.schedules.CosineDecayRestarts`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/).
public struct CosineDecayRestarts: LearningRateSchedule, Described {
    /// Keras's name of the schedule.
    public private(set) var name: String
    private var initialLearningRate, tMul, mMul, alpha: Double
    private var firstDecaySteps: Int

    /// Makes the schedule.
    /// - Parameter alpha: the share of the initial rate that is left at the end of each cosine.
    public init(
        initialLearningRate: Double, firstDecaySteps: Int, tMul: Double = 2, mMul: Double = 1, alpha: Double = 0,
        name: String? = nil
    ) {
        self.name = name ?? "SGDRDecay"
        self.initialLearningRate = initialLearningRate
        self.firstDecaySteps = firstDecaySteps
        self.tMul = tMul
        self.mMul = mMul
        self.alpha = alpha
    }

    public static let arguments = Arguments(default: CosineDecayRestarts(initialLearningRate: 0, firstDecaySteps: 1)) {
        $0("initial_learning_rate", \.initialLearningRate, required: true)
        $0("first_decay_steps", \.firstDecaySteps, as: .wholeNumber, required: true)
        $0("t_mul", \.tMul)
        $0("m_mul", \.mMul)
        $0("alpha", \.alpha)
        $0("name", \.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        let elapsed = step.cast(to: .float32) / Double(firstDecaySteps)
        let restarts, progress: Tensor
        if tMul == 1 {
            restarts = elapsed.floor()
            progress = elapsed - restarts
        } else {
            // The first n decays take (1 - tMulⁿ) / (1 - tMul) times the first.
            restarts = ((1 - elapsed * (1 - tMul)).log() / log(tMul)).floor()
            let length = pow(tMul, restarts)
            progress = (elapsed - (1 - length) / (1 - tMul)) / length
        }
        let cosine = 0.5 * pow(mMul, restarts) * (1 + (Double.pi * progress).cos())
        return initialLearningRate * ((1 - alpha) * cosine + alpha)
    }
}

extension LearningRate where Self == CosineDecayRestarts {
    /// Half a cosine, again and again.
    public static func cosineDecayRestarts(
        initialLearningRate: Double, firstDecaySteps: Int, tMul: Double = 2, mMul: Double = 1, alpha: Double = 0
    ) -> CosineDecayRestarts {
        CosineDecayRestarts(
            initialLearningRate: initialLearningRate, firstDecaySteps: firstDecaySteps, tMul: tMul, mMul: mMul,
            alpha: alpha)
    }
}
