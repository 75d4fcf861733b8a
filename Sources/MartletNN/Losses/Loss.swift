import MartletCore
import MartletFormats

/// How the losses of the samples become one number.
public enum Reduction: String, Sendable, CaseIterable {
    /// The sum divided by the number of losses (not by the sum of the weights): Keras's default.
    case sumOverBatchSize = "sum_over_batch_size"
    /// The sum.
    case sum
    /// Keras's name for `sumOverBatchSize`.
    case mean
    /// The weighted sum divided by the sum of the weights.
    case meanWithSampleWeight = "mean_with_sample_weight"
    /// The losses themselves, unreduced.
    case none
}

/// What measures how far predictions are from targets: the base of Keras's losses and of one's own.
///
/// A subclass overrides `call`, which gives one loss for each sample; `callAsFunction` weights and reduces them.
///
/// Source: [`keras.losses.Loss`](https://keras.io/api/losses/).
open class Loss: LossConvertible {
    /// Keras's name: `mean_squared_error`.
    public let name: String
    /// How the losses of the samples become one.
    public let reduction: Reduction

    /// Makes a loss.
    public init(name: String, reduction: Reduction = .sumOverBatchSize) {
        self.name = name
        self.reduction = reduction
    }

    /// The loss of each sample, usually a mean over the last axis.
    open func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        stop("\(Self.self)", "The loss computes nothing: override call(_:_:).")
    }

    /// Checks shapes, batch axis included, before anything is computed. The default takes what broadcasts once a missing or
    /// surplus last axis of size 1 is mended.
    /// - Throws: `MartletError` naming both shapes.
    open func validate(target: PartialShape, prediction: PartialShape) throws {
        let isSame =
            target.rank == prediction.rank
            && zip(target.dimensions, prediction.dimensions).allSatisfy { t, p in
                t == nil || p == nil || t == p || t == 1 || p == 1
            }
        let differsByLastOne =
            abs(target.rank - prediction.rank) == 1
            && (target.rank > prediction.rank ? target : prediction)[-1] == 1
        guard isSame || differsByLastOne else {
            throw MartletError(
                "Expected targets like the predictions, \(prediction), for the loss \(name). Received: \(target).")
        }
    }

    /// Checks the values of all targets, before anything is computed: that labels are classes, for example. The default
    /// takes everything.
    /// - Throws: `MartletError` naming the first bad value and its place.
    open func validate(values: Tensor, prediction: PartialShape) throws {}

    /// Keras's configuration.
    open var config: [String: JSONValue] { ["name": .string(name), "reduction": .string(reduction.rawValue)] }

    /// The loss of predictions, weighted and reduced.
    /// - Parameters:
    ///   - sampleWeight: a weight for each sample, or for each of its losses; broadcast along the last axes.
    public func callAsFunction(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) -> Tensor {
        let target = yTrue.dtype == yPred.dtype || yTrue.dtype.isInteger ? yTrue : yTrue.cast(to: yPred.dtype)
        let (mended, prediction) = Self.squeezeOrExpand(target, toMatch: yPred)
        return Self.reduce(call(mended, prediction), weights: sampleWeight, by: reduction)
    }

    /// Mends a last axis of size 1 that only one of the two has, as Keras does.
    package static func squeezeOrExpand(_ target: Tensor, toMatch prediction: Tensor) -> (Tensor, Tensor) {
        if target.rank == prediction.rank + 1, target.shape[-1] == 1 {
            return (target.squeezed(axes: [-1]), prediction)
        }
        if prediction.rank == target.rank + 1, prediction.shape[-1] == 1 {
            return (target.expandingDims(at: -1), prediction)
        }
        return (target, prediction)
    }

    /// Weights and reduces the losses of samples.
    package static func reduce(_ losses: Tensor, weights: Tensor?, by reduction: Reduction) -> Tensor {
        var values = losses
        if let weights {
            var factor = weights.cast(to: losses.dtype)
            while factor.rank > values.rank, factor.shape[-1] == 1 { factor = factor.squeezed(axes: [-1]) }
            while factor.rank < values.rank { factor = factor.expandingDims(at: -1) }
            values = values * factor
            if reduction == .meanWithSampleWeight {
                let total = factor.broadcast(to: values.shape).sum()
                return values.sum() / maximum(total, 1e-7)
            }
        }
        switch reduction {
        case .none: return values
        case .sum: return values.sum()
        case .mean, .sumOverBatchSize, .meanWithSampleWeight:
            return values.elementCount == 0 ? values.sum() : values.mean()
        }
    }
}

/// What `compile` takes for a loss: a `Loss`, or Keras's name for one.
public protocol LossConvertible {
    /// The loss itself.
    /// - Throws: `MartletError` when a name is not known.
    func makeLoss() throws -> Loss
}

extension Loss {
    public func makeLoss() throws -> Loss { self }
}

/// A loss given by a closure of targets and predictions, which returns one loss for each sample.
public final class ClosureLoss: Loss {
    private let function: (Tensor, Tensor) -> Tensor

    /// Makes a loss of a closure.
    public init(
        name: String = "custom", reduction: Reduction = .sumOverBatchSize,
        _ function: @escaping (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
    ) {
        self.function = function
        super.init(name: name, reduction: reduction)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { function(yTrue, yPred) }
    public override func validate(target: PartialShape, prediction: PartialShape) throws {}
}

extension LossConvertible where Self == ClosureLoss {
    /// A loss given by a closure of targets and predictions, which returns one loss for each sample.
    public static func custom(
        name: String = "custom", _ function: @escaping (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
    ) -> ClosureLoss { ClosureLoss(name: name, function) }
}
