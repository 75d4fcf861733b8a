import MartletCore
import MartletData

extension Batch: TensorGroup {
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> Batch {
        Batch(
            inputs: inputs.mapTensors(transform), targets: targets.mapTensors(transform),
            sampleWeights: sampleWeights.mapTensors(transform))
    }

    public func forEachTensor(_ body: (Tensor) -> Void) {
        inputs.forEachTensor(body)
        targets.forEachTensor(body)
        sampleWeights.forEachTensor(body)
    }

    public func appendStructure(to structure: inout [AnyHashable]) {
        structure.append(inputs.count)
        structure.append(targets.count)
        structure.append(sampleWeights.count)
    }
}

/// The compiled steps of `fit`, `evaluate` and `predict`. There is one graph for each shape of batch, so the smaller last
/// batch of an epoch has its own.
final class CompiledSteps: ModelSteps {
    private let train: CompiledFunction<Batch, Void>
    private let test: CompiledFunction<Batch, Void>
    private let predict: CompiledFunction<[Tensor], [Tensor]>
    private unowned let model: Model

    init(_ model: Model) {
        self.model = model
        train = compiled(name: "\(model.name).trainStep") { [unowned model] (batch: Batch) -> Void in
            Context.current.trace?.depends(on: model)
            model.trainStep(batch)
        }
        test = compiled(name: "\(model.name).testStep") { [unowned model] (batch: Batch) -> Void in
            Context.current.trace?.depends(on: model)
            model.testStep(batch)
        }
        predict = compiled(name: "\(model.name).predict") { [unowned model] (inputs: [Tensor]) -> [Tensor] in
            model.predictStep(inputs)
        }
    }

    func makeTrainStep(_ batch: Batch) { train(model.withElementsRead(batch)) }
    func makeTestStep(_ batch: Batch) { test(model.withElementsRead(batch)) }
    func predictions(for inputs: [Tensor]) -> [Tensor] { predict(model.withElementsRead(inputs)) }
}
