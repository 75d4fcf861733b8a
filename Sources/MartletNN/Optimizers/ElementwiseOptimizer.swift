import MartletCore

/// What an update rule reads and writes: the elements at one place of a weight, of its gradient and of its slots.
package struct ElementwiseUpdate<Number: ElementwiseArithmetic> {
    /// The weight, weight decay done.
    package var weight: Number
    /// The gradient after clipping.
    package let gradient: Number
    /// What `makeSlots` made, in that order.
    package var slots: [Number]
    /// The learning rate.
    package let rate: Number
    /// What `coefficients` made, in that order.
    package let coefficients: [Number]
}

/// An optimizer whose rule treats each element by itself, so that it runs as one pass over memory: weight, gradient and
/// slots are read once and written once.
package protocol ElementwiseOptimizer: Optimizer {
    /// Numbers of one update that are the same for every element, such as bias corrections.
    /// - Parameters:
    ///   - rate: the learning rate, a scalar.
    ///   - step: the number of this update, counted from 1, a scalar of the same dtype.
    func coefficients(rate: Tensor, step: Tensor) -> [Tensor]

    /// The rule.
    func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>)
}

extension ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] { [] }

    /// Weight decay, clipping and the rule, on tensors or in a program.
    package func step<Number: ElementwiseArithmetic>(
        weight: Number, gradient: Number, scale: Number?, slots: [Number], scalars: [Number], weightDecay: Double?
    ) -> [Number] {
        let rate = scalars[0]
        var u = ElementwiseUpdate(
            weight: weightDecay.map { weight - weight * $0 * rate } ?? weight,
            gradient: options.clipped(gradient, scale: scale), slots: slots, rate: rate,
            coefficients: Array(scalars.dropFirst()))
        update(&u)
        return [u.weight] + u.slots
    }
}

/// The scalars of one update, made once for each dtype.
final class Moment {
    /// The learning rate, `float32`.
    let learningRate: Tensor
    /// The number of the update, counted from 1, `int64`.
    let step: Tensor
    private var made: [DType: [Tensor]] = [:]

    init(learningRate: Tensor, step: Tensor) {
        self.learningRate = learningRate
        self.step = step
    }

    /// The learning rate and the coefficients.
    func scalars(of optimizer: any ElementwiseOptimizer, _ type: DType) -> [Tensor] {
        if let known = made[type] { return known }
        let rate = learningRate.cast(to: type)
        let scalars = [rate] + optimizer.coefficients(rate: rate, step: step.cast(to: type))
        made[type] = scalars
        return scalars
    }
}

/// An elementwise optimizer's update of one kind of variable, fused.
struct FusedUpdate {
    struct Kind: Hashable {
        let weight: DType
        let gradient: DType
        let isScaled: Bool
        let weightDecay: Double?
    }

    /// What the arithmetic is done in.
    let type: DType
    private let program: ElementwiseProgram

    init(of optimizer: any ElementwiseOptimizer, slots count: Int, _ kind: Kind) {
        let type: DType = kind.weight == .float64 ? .float64 : .float32
        self.type = type
        let scalars = optimizer.coefficients(rate: .zeros([], dtype: type), step: .ones([], dtype: type)).count + 1
        program = ElementwiseProgram(computingIn: type) { builder in
            let weight = builder.input(kind.weight)
            let slots = (0..<count).map { _ in builder.input(kind.weight) }
            let gradient = builder.input(kind.gradient)
            let numbers = (0..<scalars).map { _ in builder.scalar(type) }
            let scale = kind.isScaled ? builder.scalar(kind.gradient) : nil
            let results = optimizer.step(
                weight: weight, gradient: gradient, scale: scale, slots: slots, scalars: numbers,
                weightDecay: kind.weightDecay)
            for result in results { builder.output(result, as: kind.weight) }
        }
    }

    /// - Parameter rows: indices of the rows to change, nil for all.
    func callAsFunction(
        _ variable: Variable, slots: [Variable], gradient: Tensor, scale: Tensor?, scalars: [Tensor], rows: [Tensor]?
    ) {
        program.update([variable] + slots, with: [gradient] + scalars + (scale.map { [$0] } ?? []), rows: rows)
    }
}
