/// Compiles a function of tensors, as `tf.function` does.
///
/// The closure runs once for each combination of shapes and dtypes that it is called with, on tensors that have no elements:
/// its ops, gradients, random draws and assignments to variables are taken down as a graph. The graph is simplified, its
/// elementwise ops are joined and its memory is laid out; calls run the graph. The results have the bits that the closure
/// gives uncompiled.
///
/// ```swift
/// let step = compiled { (x: Tensor, y: Tensor) -> Tensor in
///     let tape = GradientTape()
///     let loss = tape.record { lossFunction(y, model(x, training: true)) }
///     optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
///     return loss
/// }
/// for (x, y) in batches { print(step(x, y).item()) }
/// ```
///
/// The closure takes and returns any number of groups: see ``TensorGroup``. What is Swift and not a tensor happens while
/// tracing, once: `if`, `for`, `print`, a changed property. Reading a tensor's elements there stops the program; decide with
/// ``cond(_:_:_:)``, repeat with ``whileLoop(_:while:maximumIterations:_:)`` or ``scan(_:over:reverse:_:)``. Within another
/// compiled function, or while a tape records, the closure itself runs.
///
/// A graph is made anew when settings of the layers, models, losses, metrics, optimizers and variables in it have changed:
/// whether weights are trained, what is excluded from weight decay, the stored properties of your own subclasses. Other Swift
/// values that the closure captures are those of the first call; pass them as arguments, or keep them in a `Variable`.
///
/// Source: [`tf.function`](https://www.tensorflow.org/api_docs/python/tf/function).
/// - Parameters:
///   - name: for the log.
///   - maximumTraces: how many graphs are kept; the one that was used longest ago goes.
public func compiled<Argument: TensorGroup, Result: TensorGroup>(
    name: String = "function", maximumTraces: Int = 32, _ body: @escaping (Argument) -> Result
) -> CompiledFunction<Argument, Result> {
    CompiledFunction(name: name, maximumTraces: maximumTraces, .single, .single, body)
}

// A pack of one element is not the element to the type checker, so functions of one argument or one result have overloads
// of their own.

/// Compiles a function of several arguments, or of none.
@_disfavoredOverload
public func compiled<each Argument: TensorGroup, Result: TensorGroup>(
    name: String = "function", maximumTraces: Int = 32, _ body: @escaping (repeat each Argument) -> Result
) -> CompiledFunction<(repeat each Argument), Result> {
    CompiledFunction(name: name, maximumTraces: maximumTraces, .tuple(), .single) { body(repeat each $0) }
}

/// Compiles a function of several results, or of none.
@_disfavoredOverload
public func compiled<Argument: TensorGroup, each Result: TensorGroup>(
    name: String = "function", maximumTraces: Int = 32, _ body: @escaping (Argument) -> (repeat each Result)
) -> CompiledFunction<Argument, (repeat each Result)> {
    CompiledFunction(name: name, maximumTraces: maximumTraces, .single, .tuple(), body)
}

/// Compiles a function of several arguments and several results, or of none.
@_disfavoredOverload
public func compiled<each Argument: TensorGroup, each Result: TensorGroup>(
    name: String = "function", maximumTraces: Int = 32, _ body: @escaping (repeat each Argument) -> (repeat each Result)
) -> CompiledFunction<(repeat each Argument), (repeat each Result)> {
    CompiledFunction(name: name, maximumTraces: maximumTraces, .tuple(), .tuple()) { body(repeat each $0) }
}
