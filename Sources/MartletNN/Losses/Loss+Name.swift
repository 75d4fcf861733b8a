extension String: LossConvertible {
    /// The loss that goes by this name in Keras, with its defaults: `"mse"`, `"mean_squared_error"`,
    /// `"MeanSquaredError"`.
    public func makeLoss() throws -> Loss {
        try Self.losses.entry(self)()
    }

    static var losses: NameTable<() -> Loss> {
        NameTable(
            of: "loss",
            [
                (["BinaryCrossentropy", "binary_crossentropy", "bce", "BCE"], { BinaryCrossentropy() }),
                (["CategoricalCrossentropy", "categorical_crossentropy"], { CategoricalCrossentropy() }),
                (
                    ["SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"],
                    { SparseCategoricalCrossentropy() }
                ),
                (["MeanSquaredError", "mean_squared_error", "mse", "MSE"], { MeanSquaredError() }),
                (["MeanAbsoluteError", "mean_absolute_error", "mae", "MAE"], { MeanAbsoluteError() }),
                (
                    ["MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mape", "MAPE"],
                    { MeanAbsolutePercentageError() }
                ),
                (
                    ["MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "msle", "MSLE"],
                    { MeanSquaredLogarithmicError() }
                ),
                (["Huber", "huber", "huber_loss"], { Huber() }),
                (["LogCosh", "log_cosh", "logcosh"], { LogCosh() }),
                (["Hinge", "hinge"], { Hinge() }),
                (["SquaredHinge", "squared_hinge"], { SquaredHinge() }),
                (["CategoricalHinge", "categorical_hinge"], { CategoricalHinge() }),
                (
                    ["KLDivergence", "kl_divergence", "kullback_leibler_divergence", "kld", "KLD"],
                    { KLDivergence() }
                ),
                (["Poisson", "poisson"], { Poisson() }),
                (["CosineSimilarity", "cosine_similarity"], { CosineSimilarity() }),
            ]
        )
    }
}
