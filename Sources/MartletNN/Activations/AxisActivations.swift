import MartletCore
import MartletFormats

extension ActivationFunction {
    /// e^x / sum(e^x) along an axis. Along the last one, cross-entropies go back from it to x, where nothing is rounded
    /// to 0.
    public static func softmax(axis: Int = -1) -> ActivationFunction {
        ActivationFunction("softmax", axisArgument(axis)) { x in
            let y = x.softmax(axis: axis)
            return axis == -1 || axis == x.rank - 1 ? y.withLogits(x, kind: .softmax) : y
        }
    }

    /// e^x / sum(e^x) along the last axis.
    public static var softmax: ActivationFunction { .softmax() }

    /// The logarithm of the softmax.
    public static func logSoftmax(axis: Int = -1) -> ActivationFunction {
        ActivationFunction("log_softmax", axisArgument(axis)) { $0.logSoftmax(axis: axis) }
    }

    /// The logarithm of the softmax along the last axis.
    public static var logSoftmax: ActivationFunction { .logSoftmax() }

    /// max(x - t, 0) with a threshold t for each row, as Keras computes it: t is (the sum of the k partial sums of the
    /// k largest elements, less 1) / k. The paper's sparsemax has the last of these partial sums there, and adds to 1;
    /// Keras's agrees with it only where k is 1.
    ///
    /// Source: [`keras.activations.sparsemax`](https://keras.io/api/layers/activations/#sparsemax-function);
    /// A. Martins, R. Astudillo, *From softmax to sparsemax*, 2016.
    public static func sparsemax(axis: Int = -1) -> ActivationFunction {
        ActivationFunction("sparsemax", axisArgument(axis)) { x in
            let sorted = x.sorted(axis: axis, descending: true)
            let sums = sorted.cumulativeSum(axis: axis)
            let count = x.shape[axis]
            var sizes = [Int](repeating: 1, count: x.rank)
            sizes[axis < 0 ? axis + x.rank : axis] = count
            let ranks = Tensor.range(1..<(count + 1), dtype: x.dtype).reshaped(sizes)
            let takesPart = sorted - (sums - 1) / ranks .> 0
            let k = takesPart.cast(to: x.dtype).sum(axis: axis, keepDims: true)
            let threshold = (`where`(takesPart, sums, 0).sum(axis: axis, keepDims: true) - 1) / k
            return (x - threshold).relu()
        }
    }

    /// The same along the last axis.
    public static var sparsemax: ActivationFunction { .sparsemax() }

    /// The first half of an axis times the sigmoid of the second.
    ///
    /// Source: Y. Dauphin et al., *Language modeling with gated convolutional networks*, 2016.
    public static func glu(axis: Int = -1) -> ActivationFunction {
        ActivationFunction("glu", axisArgument(axis)) { x in
            let halves = x.split(count: 2, axis: axis)
            return halves[0] * halves[1].sigmoid()
        }
    }

    /// The first half of the last axis times the sigmoid of the second.
    public static var glu: ActivationFunction { .glu() }

    private static func axisArgument(_ axis: Int) -> [String: JSONValue] { axis == -1 ? [:] : ["axis": .int(axis)] }
}
