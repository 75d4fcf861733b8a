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
    /// The weighted sum divided by the sum of the weights as they were given, before they are broadcast; 0 when that is
    /// 0.
    case meanWithSampleWeight = "mean_with_sample_weight"
    /// The losses themselves, unreduced.
    case none
}

/// What measures how far predictions are from targets: the base of Keras's losses and of one's own.
///
/// A subclass overrides `call`, which gives one loss for each sample; `callAsFunction` weights and reduces them. Threads may
/// share a loss, as long as nobody sets its properties.
///
/// Source: [`keras.losses.Loss`](https://keras.io/api/losses/).
open class Loss: LossConvertible {
    /// Keras's name: `mean_squared_error`.
    public internal(set) var name: String
    /// How the losses of the samples become one.
    public internal(set) var reduction: Reduction

    /// Makes a loss.
    public init(name: String, reduction: Reduction = .sumOverBatchSize) {
        self.name = name
        self.reduction = reduction
        settleArguments(of: self)
    }

    /// Makes a loss with the class's name in snake case.
    public init(reduction: Reduction = .sumOverBatchSize) {
        name = LayerNames.snakeCase("\(Self.self)")
        self.reduction = reduction
        settleArguments(of: self)
    }

    /// The loss of each sample, usually a mean over the last axis. Targets come in the dtype of the predictions, and both in
    /// `float32` where the predictions have 16 bits.
    open func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        stop("\(Self.self)", "The loss computes nothing: override call(_:_:).")
    }

    /// Checks shapes, batch axis included, before anything is computed. The default takes what broadcasts once a
    /// missing or surplus last axis of size 1 is mended.
    /// - Throws: `MartletError` naming both shapes.
    open func validate(target: PartialShape, prediction: PartialShape) throws {
        func fits(_ t: Int?, _ p: Int?) -> Bool { t == nil || p == nil || t == p || t == 1 || p == 1 }
        let isSame = target.rank == prediction.rank && zip(target.dimensions, prediction.dimensions).allSatisfy(fits)
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

    /// Keras's class name: the type's own.
    open var className: String { "\(Self.self)" }

    /// What `print` shows: the class and its configuration, under Keras's names.
    open var description: String { configurationText }

    /// Keras's configuration.
    open var config: [String: JSONValue] {
        (Self.self as? any Described.Type)?.config(of: self) ?? Self.commonArguments.config(of: self)
    }

    static let commonArguments = Arguments<Loss>(default: Loss(name: ""))

    /// Whether integer targets reach `call` as they are, and not in the dtype of the predictions: `float32` has no room
    /// for large class numbers.
    var keepsIntegerTargets: Bool { false }

    /// Which losses count, nil for all: the others are left out of means too.
    func mask(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor? { nil }

    /// The loss of predictions, weighted and reduced. Entries that the mask of the predictions leaves out do not count, in
    /// means neither.
    /// - Parameters:
    ///   - sampleWeight: a weight for each sample, or for each of its losses; a weight of fewer axes counts for all
    ///     that the missing last ones hold.
    public func callAsFunction(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) -> Tensor {
        Context.current.trace?.depends(on: self)
        let (target, prediction) = matched(yTrue, yPred)
        return Self.reduce(
            call(target, prediction), weights: sampleWeight, mask: wholeMask(yPred, target, prediction), by: reduction)
    }

    private func wholeMask(_ yPred: Tensor, _ target: Tensor, _ prediction: Tensor) -> Tensor? {
        let masks = [yPred.mask?.cast(to: .bool), mask(target, prediction)?.cast(to: .bool)].compactMap { $0 }
        return masks.dropFirst().reduce(masks.first) { $0?.logicalAnd($1) }
    }

    /// What the sum of the losses is divided by where that does not follow from the number of samples, up to a factor that does
    /// not depend on the batch: the sum of the mask, or of the weights; nil elsewhere.
    func divisor(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor?) -> Tensor? {
        if reduction == .sum || reduction == .none { return nil }
        let (target, prediction) = matched(yTrue, yPred)
        let mask = wholeMask(yPred, target, prediction)?.cast(to: prediction.dtype)
        let weights = reduction == .meanWithSampleWeight ? sampleWeight?.cast(to: prediction.dtype) : nil
        guard let mask, let weights else { return (mask ?? weights)?.sum() }
        let (a, b) = Self.aligned(mask, weights)
        return (a * b).sum()
    }

    /// The loss of each sample, of targets and predictions brought to one dtype and rank.
    func lossOfSamples(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        Context.current.trace?.depends(on: self)
        let (target, prediction) = matched(yTrue, yPred)
        return call(target, prediction)
    }

    private func matched(_ yTrue: Tensor, _ yPred: Tensor) -> (Tensor, Tensor) {
        let prediction = yPred.floating.fullPrecision
        let target = keepsIntegerTargets && yTrue.dtype.isInteger ? yTrue : yTrue.cast(to: prediction.dtype)
        return Self.matchedRanks(target, prediction)
    }

    /// Mends a last axis of size 1 that only one of two has, as Keras does: beside a vector the other becomes a column
    /// too, otherwise the axis goes.
    static func matchedRanks(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
        if a.rank == b.rank + 1, a.shape[-1] == 1 {
            return b.rank == 1 ? (a, b.expandingDims(at: -1)) : (a.squeezed(axis: -1), b)
        }
        if b.rank == a.rank + 1, b.shape[-1] == 1 {
            return a.rank == 1 ? (a.expandingDims(at: -1), b) : (a, b.squeezed(axis: -1))
        }
        return (a, b)
    }

    /// Weights and reduces the losses of samples.
    static func reduce(_ losses: Tensor, weights: Tensor?, mask: Tensor? = nil, by reduction: Reduction) -> Tensor {
        var weights = weights?.cast(to: losses.dtype)
        if let mask {
            var factor = mask.cast(to: losses.dtype)
            if reduction == .mean || reduction == .sumOverBatchSize {
                // The mean over all is then the mean over those that count.
                let count = Tensor(Double(mask.elementCount), dtype: losses.dtype)
                factor = factor * quotient(count, factor.sum())
            }
            if let given = weights {
                let (a, b) = aligned(factor, given)
                weights = a * b
            } else {
                weights = factor
            }
        }
        var values = losses
        if let given = weights {
            let (a, b) = aligned(losses, given)
            (values, weights) = (a * b, b)
        }
        switch reduction {
        case .none: return values
        case .sum: return values.sum()
        case .mean, .sumOverBatchSize: return values.elementCount == 0 ? values.sum() : values.mean()
        case .meanWithSampleWeight:
            guard let total = weights?.sum() else { return values.elementCount == 0 ? values.sum() : values.mean() }
            return quotient(values.sum(), total)
        }
    }

    /// Brings weights to the rank of the values.
    static func aligned(_ values: Tensor, _ weights: Tensor) -> (Tensor, Tensor) {
        var (a, b) = matchedRanks(values, weights)
        while b.rank > 0, b.rank < a.rank { b = b.expandingDims(at: -1) }
        return (a, b)
    }
}

extension Arguments where Root: Loss {
    /// Makes the table of a loss, to which it adds what all losses have.
    /// - Parameters:
    ///   - value: a loss with every default. Reading begins with it.
    ///   - describe: names the loss's own arguments.
    package init(
        default value: @escaping @Sendable @autoclosure () -> Root, _ describe: (inout Arguments) -> Void = { _ in }
    ) {
        self.init(making: value) {
            $0.custom("name", read: { $0.name = try $1.objectName }, write: { .string($0.name) })
            $0.custom(
                "reduction", read: { $0.reduction = try $1.reduction }, write: { .string($0.reduction.rawValue) })
            describe(&$0)
        }
    }
}

extension Tensor {
    /// Numbers of 16 bits in `float32`, with their mask; others as they are. Losses and metrics compute so.
    var fullPrecision: Tensor { dtype.isHalf ? cast(to: .float32).withMask(mask) : self }
}

/// `a / b`, 0 where b is 0, whatever a is; the gradient there is 0 too.
func quotient(_ a: Tensor, _ b: Tensor) -> Tensor {
    let isZero = b .== 0
    return `where`(isZero, 0, a / `where`(isZero, 1, b))
}

/// What `compile` takes for a loss: a `Loss`, or Keras's name for one.
public protocol LossConvertible {
    /// The loss itself.
    /// - Throws: `MartletError` when a name is not known.
    func makeLoss() throws -> Loss
    /// The loss for targets and predictions of these shapes, batch axis included. Only names depend on them.
    /// - Throws: `MartletError` when a name is not known.
    func makeLoss(for target: PartialShape, _ prediction: PartialShape) throws -> Loss
}

extension LossConvertible {
    public func makeLoss(for target: PartialShape, _ prediction: PartialShape) throws -> Loss { try makeLoss() }
}

extension Loss {
    public func makeLoss() throws -> Loss { self }
}

/// A loss given by a closure of targets and predictions, which returns one loss for each sample. Files name it; `register`
/// gives the name a function again.
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
    /// - Parameter name: what a saved model calls it, for `register`.
    public static func custom(
        name: String = "custom", _ function: @escaping (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
    ) -> ClosureLoss { ClosureLoss(name: name, function) }
}
