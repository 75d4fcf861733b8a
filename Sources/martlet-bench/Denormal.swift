import Martlet

extension Workload {
    /// The step of `mlp_mnist_b32` with weights below the least normal number, as those of dead units become with L2 and
    /// Adam. The products and the update meet denormal numbers, and should not take longer.
    static var denormal: Workload {
        var workload = mlp("denormal_b32", batch: 32)
        // So low that the weights stay denormal during all timed steps.
        workload.makeOptimizer = { Adam(learningRate: 1e-10) }
        workload.prepare = { model in
            guard let optimizer = model.optimizer else { return }
            optimizer.build(model.trainableVariables)
            for weight in model.trainableVariables { sink(weight, to: -0.1, 0.1) }
            // The running means of squares are positive. A step multiplies them by 0.999.
            for slot in optimizer.variables where slot.shape.rank > 0 { sink(slot, to: 0.01, 0.9) }
        }
        return workload
    }

    /// Gives a variable denormal values between these fractions of the least normal number. They are computed here, because
    /// a kernel that flushes denormal numbers would turn them into zeros.
    private static func sink(_ variable: Variable, to least: Float, _ greatest: Float) {
        let places = RandomGenerator(seed: 0).uniform(variable.shape, in: 0..<1, dtype: .float32).scalars(as: Float.self)
        let values = places.map { Float.leastNormalMagnitude * (least + (greatest - least) * $0) }
        variable.assign(Tensor(values, shape: variable.shape))
    }
}
