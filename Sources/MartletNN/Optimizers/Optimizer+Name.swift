extension String: OptimizerConvertible {
    /// The optimizer with this name in Keras, in any case, with its defaults: `"adam"`.
    public func makeOptimizer() throws -> Optimizer {
        try NameTable<() -> Optimizer>(
            of: "optimizer",
            [
                (["sgd"], { SGD() }), (["adam"], { Adam() }), (["adamw"], { AdamW() }), (["rmsprop"], { RMSprop() }),
                (["adagrad"], { Adagrad() }), (["adadelta"], { Adadelta() }), (["adamax"], { Adamax() }),
                (["lion"], { Lion() }),
            ]
        ).entry(lowercased())()
    }
}
