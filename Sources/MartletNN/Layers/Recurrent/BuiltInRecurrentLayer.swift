import MartletCore

/// What `SimpleRNN`, `LSTM` and `GRU` share: the arguments of their cell are their own.
///
/// With the default activations and no recurrent dropout all steps run as one op. The parameters are those of
/// ``BuiltInCell`` and ``RecurrentLayer``.
public class BuiltInRecurrentLayer: RecurrentLayer {
    private(set) var cellOptions: RecurrentOptions

    init(
        _ cellOptions: RecurrentOptions, _ options: SequenceOptions, activityRegularizer: (any Regularizer)?,
        name: String?, trainable: Bool, dtype: (any DTypeConvertible)?
    ) {
        self.cellOptions = cellOptions
        super.init(
            nil, options, activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
        cell = makeCell(self.cellOptions)
    }

    func makeCell(_ options: RecurrentOptions) -> BuiltInCell { stop(className, "Override makeCell(_:).") }

    /// The arguments of the layer over a kind of cell.
    static func table<L: BuiltInRecurrentLayer>(
        _ kind: RecurrentKind, _ value: @escaping @Sendable @autoclosure () -> L
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0.include(\.cellOptions, RecurrentOptions.table(kind))
            $0.include(\.options, SequenceOptions.arguments)
            $0("activity_regularizer", \.activityRegularizer)
        }
    }

    /// The number of units of the state and the output.
    public var units: Int { cellOptions.units }
}
