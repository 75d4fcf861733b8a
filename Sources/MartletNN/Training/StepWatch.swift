import MartletCore

/// Notes what a monitor wants to know of a training step: the loss of the batch, and, in steps that are asked for it, norms of
/// gradients, weights and updates, and some of the gradients' elements.
///
/// The notes are variables that the step assigns, so compiled steps make them too. While `watchesUpdates` is false, a step makes
/// none but the loss: the model has one graph for each, and goes from one to the other. Weights have the same bits with and
/// without a watch. Several may watch one model.
///
/// `attach(to:)` begins it, `detach()` ends it.
package final class StepWatch {
    /// What was noted of a trained variable.
    package struct Note {
        /// The variable.
        package let variable: Variable
        /// The sums of squares of the gradient, before clipping, of the weights before the step, and of their change.
        fileprivate let squares: Variable
        /// Elements of the gradient at equal distances.
        fileprivate let sample: Variable

        /// The sums of squares of gradient, weights and change.
        package var sums: [Double] { StepWatch.numbers(squares) }
        /// Up to `sampleSize` elements of the gradient, at equal distances.
        package var gradientSample: [Double] { StepWatch.numbers(sample) }
    }

    /// Without an op.
    private static func numbers(_ variable: Variable) -> [Double] { variable.storedValue.scalars(as: Float.self).map(Double.init) }

    /// The most elements of a gradient that are noted.
    package static let sampleSize = 1_000
    /// What was noted, in the order in which the optimizers got the variables; empty before the first watched step.
    package private(set) var notes: [Note] = []
    private var places: [ObjectIdentifier: Int] = [:]
    private let lossValue: Variable
    private var hasLoss = false
    private weak var model: Model?
    private var optimizers: [Optimizer] = []

    /// Whether the next steps note more than the loss.
    package var watchesUpdates = false {
        didSet {
            guard watchesUpdates != oldValue else { return }
            for optimizer in optimizers {
                optimizer.watches.removeAll { $0 === self }
                if watchesUpdates { optimizer.watches.append(self) }
            }
        }
    }

    /// Makes a watch that watches nothing.
    package init() {
        lossValue = Variable(Tensor(0.0, dtype: .float32), name: NumericsCheck.observing + "loss", trainable: false)
    }

    /// The loss of the last batch; nil where the model's own `trainStep` does not call `updateMetrics`.
    package var loss: Double? { hasLoss ? Double(lossValue.storedValue.item(as: Float.self)) : nil }

    /// Begins to watch a model's steps.
    package func attach(to model: Model) {
        detach()
        self.model = model
        model.watches.append(self)
        if let optimizer = model.optimizer { attach(to: optimizer) }
    }

    /// Begins to watch an optimizer, in a loop of one's own.
    package func attach(to optimizer: Optimizer) { optimizers = optimizer.thoseThatUpdate }

    /// Watches nothing any more.
    package func detach() {
        watchesUpdates = false
        model?.watches.removeAll { $0 === self }
        optimizers = []
    }

    func note(loss: Tensor) {
        hasLoss = true
        lossValue.assign((loss.rank > 0 ? loss.mean() : loss).stopGradient().cast(to: .float32))
    }

    /// - Parameter before: the variables' values before the update.
    func note(_ updates: [(gradient: Tensor, variable: Variable)], before: [Tensor]) {
        for ((gradient, variable), old) in zip(updates, before) where old.elementCount > 0 && old.dtype.isFloatingPoint {
            let note = note(of: variable)
            func sum(_ values: Tensor) -> Tensor { values.cast(to: .float32).square().sum() }
            let change = variable.storedValue.cast(to: .float32) - old.cast(to: .float32)
            note.squares.assign(Tensor.stack([sum(gradient), sum(old), sum(change)]))
            note.sample.assign(Self.sample(of: gradient).cast(to: .float32))
        }
    }

    /// Up to `sampleSize` elements at equal distances.
    package static func sample(of values: Tensor) -> Tensor {
        let (count, size) = (values.elementCount, sampleCount(values.elementCount))
        guard size < count else { return values.flattened() }
        return values.flattened().gathered(at: Tensor((0..<size).map { $0 * count / size }))
    }

    private static func sampleCount(_ count: Int) -> Int { min(count, sampleSize) }

    private func note(of variable: Variable) -> Note {
        if let place = places[ObjectIdentifier(variable)] { return notes[place] }
        let (squares, sample) = Context.current.outsideTrace {
            (Tensor.zeros([3]), Tensor.zeros([Self.sampleCount(variable.shape.elementCount)]))
        }
        let note = Note(
            variable: variable,
            squares: Variable(squares.cast(to: .float32), name: NumericsCheck.observing + "norms", trainable: false),
            sample: Variable(sample.cast(to: .float32), name: NumericsCheck.observing + "gradient", trainable: false))
        places[ObjectIdentifier(variable)] = notes.count
        notes.append(note)
        return note
    }
}

extension Optimizer {
    /// This optimizer, or those inside it that change variables.
    var thoseThatUpdate: [Optimizer] {
        switch self {
        case let several as MultiOptimizer: several.innerOptimizers.flatMap(\.thoseThatUpdate)
        case let scaled as LossScaleOptimizer: scaled.innerOptimizer.thoseThatUpdate
        default: [self]
        }
    }
}
