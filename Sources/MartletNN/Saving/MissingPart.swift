import MartletCore
import MartletFormats

/// Stands in for an initializer, a regularizer or a constraint of the program that saved a model, where the model does not need
/// it to predict. It is written back as it was read.
struct MissingPart: Initializer, Regularizer, Constraint {
    let json: JSONValue
    let className: String
    let isPenalty: Bool
    let config: [String: JSONValue] = [:]

    /// The file's weights follow.
    func makeTensor(shape: Shape, dtype: DType) -> Tensor { .zeros(shape, dtype: dtype) }
    /// No training gets here.
    func callAsFunction(_ weight: Tensor) -> Tensor { isPenalty ? .zeros([], dtype: weight.dtype) : weight }
}

/// The parts that are missing in the model that is being loaded.
final class MissingParts: Sendable {
    @TaskLocal static var current: MissingParts?

    private let found = Guarded<[(message: String, isNeededForTraining: Bool)]>([])

    /// Notes a part. Nil where no model is being loaded from a file with its weights.
    static func note(
        _ described: ObjectDescription, _ error: MartletError, isNeededForTraining: Bool = true, isPenalty: Bool = false
    ) -> MissingPart? {
        guard let current, let json = described.json else { return nil }
        current.found.withLock { found in
            if found.contains(where: { $0.message == error.message }) { return }
            found.append((error.message, isNeededForTraining))
        }
        return MissingPart(json: json, className: described.className, isPenalty: isPenalty)
    }

    /// Warns of each part.
    /// - Returns: why the model cannot be trained or evaluated, nil when it can.
    func warn() -> String? {
        let found = found.withLock { $0 }
        for (message, isNeeded) in found {
            Settings.warn(message + (isNeeded ? " Without it the model predicts only." : ""))
        }
        return found.first(where: \.isNeededForTraining)?.message
    }
}
