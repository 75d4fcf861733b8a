import MartletCore

/// Class numbers, `int64`, without a last axis of size 1.
func classNumbers(_ yTrue: Tensor, of yPred: Tensor) -> Tensor {
    let isColumn = yTrue.rank == yPred.rank && yTrue.shape[-1] == 1
    return (isColumn ? yTrue.squeezed(axis: -1) : yTrue).cast(to: .int64)
}

/// Whether fewer than k classes are likelier than the target's. Never where a prediction is not finite or the target is
/// no class, as in TensorFlow.
func isInTopK(_ classes: Tensor, _ yPred: Tensor, k: Int) -> Tensor {
    let isClass = (classes .>= 0).logicalAnd(classes .< yPred.shape[-1])
    let score = yPred.takenAlong(axis: -1, indices: `where`(isClass, classes, 0).expandingDims(at: -1))
    let likelier = (yPred .> score).cast(to: .int64).sum(axis: -1)
    return (likelier .< k).logicalAnd(yPred.isFinite().all(axis: -1)).logicalAnd(isClass)
}
