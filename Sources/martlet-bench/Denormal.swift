import Martlet

extension Workload {
    /// The step of `mlp_mnist_b32` where weights have sunk below the least normal number, as those of dead units do under
    /// L2 and Adam: the products and the update meet denormal numbers, and must take no longer for it.
    static var denormal: Workload {
        var workload = mlp("denormal_b32", batch: 32)
        // So low that weights stay denormal for more steps than are timed.
        workload.makeOptimizer = { Adam(learningRate: 1e-10) }
        workload.prepare = { model in
            guard let optimizer = model.optimizer else { return }
            optimizer.build(model.trainableVariables)
            for weight in model.trainableVariables { sink(weight, to: -0.1, 0.1) }
            // The squares' running means are positive, and 0.999 of them are left after a step.
            for slot in optimizer.variables where slot.shape.rank > 0 { sink(slot, to: 0.01, 0.9) }
        }
        return workload
    }

    /// Gives a variable denormal values between these parts of the least normal number. They are computed here: where
    /// denormal numbers are flushed, a kernel would make zeros of them.
    private static func sink(_ variable: Variable, to least: Float, _ greatest: Float) {
        let places = RandomGenerator(seed: 0).uniform(variable.shape, in: 0..<1, dtype: .float32).scalars(as: Float.self)
        let values = places.map { Float.leastNormalMagnitude * (least + (greatest - least) * $0) }
        variable.assign(Tensor(values, shape: variable.shape))
    }
}
