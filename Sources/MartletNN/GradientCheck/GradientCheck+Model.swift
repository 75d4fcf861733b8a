import MartletCore
import MartletData

/// Checks the gradient of a model's loss with respect to each of its trainable weights, and of the inputs, against
/// finite differences.
///
/// The whole model is computed in `float64` for the check, whatever its own dtype; its weights are as before
/// afterwards. Of small variables every element is compared, of large ones some, spread over the variable.
///
/// ```swift
/// let report = try gradientCheck(model, x, y, loss: .meanSquaredError())
/// print(report)  // a line for each variable
/// ```
///
/// - Parameters:
///   - x: a few samples; the check takes some hundred forward passes for each variable.
///   - y: their targets.
///   - loss: what is differentiated; the compiled loss when nil.
///   - training: whether layers behave as in training. Layers that draw random numbers make every pass another function
///     then; the check is of use in inference mode for those.
///   - options: tolerance, step, sizes. The default step is small, since a model has kinks (`relu`, max pooling) that a
///     larger one would cross.
/// - Returns: an entry for each trainable variable, under its path, and for each floating-point input.
/// - Throws: `MartletError` when the model does not fit the data, or has no loss.
public func gradientCheck(
    _ model: Model, _ x: Tensor, _ y: Tensor, loss: (any LossConvertible)? = nil, training: Bool = false,
    options: GradientCheckOptions = .init(
        tolerance: 1e-6, step: 0x1p-18, fullJacobianLimit: 24, sampledElements: 24, secondOrder: false)
) throws -> GradientCheckReport {
    let data = try TensorDataset(inputs: [x], targets: [y])
    try model.prepare(for: data.inputs.map { PartialShape($0.shape).withAnyBatch })
    let (shape, prediction) = (PartialShape(y.shape).withAnyBatch, PartialShape(model(x).shape).withAnyBatch)
    let choice = try loss ?? model.requireCompilation("gradientCheck").losses.values(for: ["output"], "loss")[0]
    guard let lossFunction = try choice?.makeLoss(for: shape, prediction) else {
        throw MartletError("Expected a loss.", at: "gradientCheck")
    }
    try lossFunction.validate(target: shape, prediction: prediction)
    try lossFunction.validate(values: y, prediction: prediction)

    let target = y.dtype.isFloatingPoint ? y.cast(to: .float64) : y
    let trained = model.trainableVariables
    let others = model.nonTrainableWeights.filter(\.dtype.isFloatingPoint)
    let fixed = others.map { $0.value.cast(to: .float64) }
    let varied = [x.dtype.isFloatingPoint] + trained.map { _ in true }
    // A layer casts its input to its own dtype; here everything is float64.
    let context = Context.current
    let casts = context.castsInputs
    context.castsInputs = false
    defer { context.castsInputs = casts }
    var report = gradientCheck(at: [x] + trained.map(\.value), checked: varied, options: options) { values in
        hold(Array(zip(trained + others, values.dropFirst() + fixed))) {
            let value = lossFunction(target, model(values[0], training: training))
            let total = model.losses.reduce(value.rank == 0 ? value : value.mean()) { $0 + $1.sum() }
            return [total]
        }
    }
    let names = ["input"] + trained.map(\.path)
    let checkedNames = zip(names, varied).filter { $0.1 }.map { $0.0 }
    report.entries = zip(report.entries.prefix(checkedNames.count), checkedNames).map { $0.renamed($1) }
        + report.entries.dropFirst(checkedNames.count)
    return report
}

/// Runs `body` while each variable holds a value.
private func hold<R>(_ pairs: [(Variable, Tensor)], _ body: () -> R) -> R {
    guard let (variable, value) = pairs.first else { return body() }
    return variable.withValue(value) { hold(Array(pairs.dropFirst()), body) }
}
