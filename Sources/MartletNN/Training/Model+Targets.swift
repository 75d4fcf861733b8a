import MartletCore
import MartletData

extension Model {
    /// Whether the loss of an only output of one unit takes targets of two classes, 0 and 1.
    package var takesTwoClasses: Bool {
        guard let losses = try? compilation?.losses.values(for: ["output"], "loss"), let loss = losses.first ?? nil else {
            return false
        }
        return loss is BinaryCrossentropy || loss is BinaryFocalCrossentropy || loss is String
    }

    /// Lets the losses check the values of the targets.
    func validate(targets: [Tensor], predictions: [PartialShape], _ compilation: Compilation) throws {
        for (output, prediction) in zip(compilation.outputs, predictions) {
            guard let target = output.target, let loss = output.loss else { continue }
            try loss.validate(values: targets[target], prediction: prediction)
            if Caller.isCommand { try Self.requireMeant(targets[target], for: loss) }
        }
    }

    /// Refuses targets with which Keras computes, and which nobody means: what is not finite, and numbers of
    /// classes but 0 and 1 where the loss takes probabilities of two outcomes. `fit` in a program warns of them.
    private static func requireMeant(_ target: Tensor, for loss: Loss) throws {
        guard target.elementCount > 0, target.dtype != .string, target.dtype != .bool else { return }
        func require(_ expected: String, _ isBad: Tensor, _ advice: String = "") throws {
            guard isBad.any().item(as: Bool.self) else { return }
            let place = isBad.flattened().cast(to: .int32).argmax().item(as: Int.self)
            let value = target.flattened()[place]
            let text = target.dtype.isInteger ? "\(value.item(as: Int.self))" : "\(value.item(as: Double.self))"
            throw MartletError(
                "Expected \(expected) for the loss \(loss.name). Received: \(text) in sample "
                    + "\(place / (target.elementCount / target.shape[0])).\(advice)", at: "y")
        }
        if target.dtype.isFloatingPoint { try require("finite targets", target.isFinite().logicalNot()) }
        guard loss is BinaryCrossentropy || loss is BinaryFocalCrossentropy else { return }
        // Whole numbers are those of classes. Others beyond may be meant, as Keras computes with them.
        let isBeyond = (target .< 0).logicalOr(target .> 1)
        let isClass = target.dtype.isFloatingPoint ? isBeyond.logicalAnd(target .== target.floor()) : isBeyond
        try require(
            "targets from 0 to 1", isClass, " For the numbers of several classes there is sparse_categorical_crossentropy.")
    }
}
