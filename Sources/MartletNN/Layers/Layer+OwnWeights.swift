import Foundation
import MartletCore

// The weights of a layer, and the penalties on them and on its outputs.

extension Layer {
    /// Makes a weight. To be called in `build`.
    /// - Parameters:
    ///   - name: Keras's name within the layer: `kernel`.
    ///   - initializer: gives the first value; nil is Glorot uniform.
    ///   - regularizer: adds a penalty to `losses`.
    ///   - constraint: is applied after every update.
    ///   - trainable: false for statistics.
    ///   - dtype: nil is the layer's.
    ///   - autocast: whether `call` reads the weight in `computeDType`.
    @discardableResult
    public func addWeight(
        _ name: String, shape: Shape, initializer: (any Initializer)? = nil,
        regularizer: (any Regularizer)? = nil, constraint: (any Constraint)? = nil, trainable: Bool = true,
        dtype: DType? = nil, autocast: Bool = true
    ) -> Variable {
        let spec = TensorSpec(shape, dtype ?? variableDType)
        let first = WeightBudget.current?.first(spec) ?? (initializer ?? GlorotUniform()).makeTensor(
            shape: shape, dtype: spec.dtype)
        let variable = Variable(first, name: name, trainable: trainable && isTrainable, autocast: autocast)
        variable.path = (Context.current.layerPath + [name]).joined(separator: "/")
        if let constraint {
            variable.constraint = {
                Context.current.trace?.depends(onPart: constraint)
                return constraint($0)
            }
        }
        weightLock.withLock {
            madeWeights.append(Weight(variable: variable, regularizer: regularizer, isMeantForTraining: trainable))
        }
        return variable
    }

    /// Makes a weight with a name that the layer counts: `variable`, `variable_1`, ... To be called in `build`, or in `init` where
    /// the shape is known. The arguments are those of `addWeight(_:shape:)`.
    @discardableResult
    public func addWeight(
        shape: Shape, initializer: (any Initializer)? = nil, regularizer: (any Regularizer)? = nil,
        constraint: (any Constraint)? = nil, trainable: Bool = true, dtype: DType? = nil, autocast: Bool = true
    ) -> Variable {
        let names = Set(weightLock.withLock { madeWeights.map(\.variable.name) })
        var (name, number) = ("variable", 0)
        while names.contains(name) {
            number += 1
            name = "variable_\(number)"
        }
        return addWeight(
            name, shape: shape, initializer: initializer, regularizer: regularizer, constraint: constraint, trainable: trainable,
            dtype: dtype, autocast: autocast)
    }

    /// Counts a weight of a layer inside this one as this one's too, as Keras does for one that an attribute holds: its
    /// files have such a weight in both places.
    func adoptWeight(_ variable: Variable) {
        weightLock.withLock { madeWeights.append(Weight(variable: variable, regularizer: nil, isMeantForTraining: true)) }
    }

    /// Says whether a weight is to be trained while the layer is.
    /// - Parameter keepsRegularizer: whether the weight has its regularizer still.
    func setTrained(_ variable: Variable, _ isTrained: Bool, keepsRegularizer: Bool = true) {
        weightLock.withLock {
            guard let place = madeWeights.firstIndex(where: { $0.variable === variable }) else { return }
            madeWeights[place] = Weight(
                variable: variable, regularizer: keepsRegularizer ? madeWeights[place].regularizer : nil,
                isMeantForTraining: isTrained)
        }
        variable.isTrainable = isTrained && isTrainable
    }

    /// Puts a weight directly behind another.
    func moveWeight(_ variable: Variable, behind other: Variable) {
        weightLock.withLock {
            guard let from = madeWeights.firstIndex(where: { $0.variable === variable }) else { return }
            let weight = madeWeights.remove(at: from)
            let place = madeWeights.firstIndex { $0.variable === other }.map { $0 + 1 } ?? madeWeights.count
            madeWeights.insert(weight, at: place)
        }
    }

    func removeWeights(_ variables: [Variable]) {
        weightLock.withLock { madeWeights.removeAll { weight in variables.contains { $0 === weight.variable } } }
    }

    /// Adds a penalty to the model's loss, from within `call`.
    public func addLoss(_ loss: Tensor) {
        let thread = Context.current
        weightLock.withLock {
            if let index = callLosses.firstIndex(where: { $0.thread.object === thread }) {
                callLosses[index].losses.append(loss)
            } else {
                callLosses.removeAll { $0.thread.object == nil }
                callLosses.append((Weak(thread), [loss]))
            }
        }
    }

    /// The weights of this layer and of the layers in it, trained or not, as Keras orders them.
    public var weights: [Variable] {
        let own = ownWeights.filter(\.isMeantForTraining) + ownWeights.filter { !$0.isMeantForTraining }
        var seen: Set<ObjectIdentifier> = []
        return (own.map(\.variable) + distinctSublayers.flatMap(\.weights))
            .filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    /// The weights that an optimizer updates.
    public var trainableWeights: [Variable] { weights.filter(\.isTrainable) }
    /// The weights that an optimizer leaves alone: frozen ones and statistics.
    public var nonTrainableWeights: [Variable] { weights.filter { !$0.isTrainable } }
    /// Keras's and TensorFlow's other name for `trainableWeights`.
    public var trainableVariables: [Variable] { trainableWeights }

    /// The number of elements of all weights. Zero until the layer is built.
    public var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.elementCount } }

    /// The penalties of regularizers on the present weights, and those that `call` added in the last call by this thread, of
    /// this layer and of the layers in it. A thread that has called no layer sees what the last other one added.
    public var losses: [Tensor] {
        let trace = Context.current.trace
        return ownWeights.compactMap { weight in
            guard weight.variable.isTrainable, let regularizer = weight.regularizer else { return nil }
            trace?.depends(onPart: regularizer)
            return regularizer(weight.variable.value)
        } + lastCallLosses + distinctSublayers.flatMap(\.losses)
    }

    private var lastCallLosses: [Tensor] {
        let context = Context.current
        let found = weightLock.withLock {
            callLosses.first { $0.thread.object === context }
                ?? (context.hasCalledLayers ? nil : callLosses.last { $0.thread.object != nil })
        }
        // What the trace of a step added has no elements outside of it.
        return found?.losses.filter { $0.symbol == nil || context.trace != nil } ?? []
    }

    func clearCallLosses() {
        let thread = Context.current
        weightLock.withLock { callLosses.removeAll { $0.thread.object === thread } }
        for layer in sublayers { layer.clearCallLosses() }
    }
}
