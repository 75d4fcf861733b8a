import MartletCore

/// What layers share that change their input at random in training, and do nothing in inference.
public class NoiseLayer: Layer {
    /// Starts the layer's random stream; nil takes the next one of the global seed.
    public private(set) var seed: Int?
    private var ownGenerator: RandomGenerator!
    /// The stream to draw from: that of a pipeline's element where the call is one of its map.
    var generator: RandomGenerator { Context.current.randomGenerator ?? ownGenerator }

    init(seed: Int?, name: String?, dtype: (any DTypeConvertible)?) {
        self.seed = seed
        super.init(name: name, dtype: dtype)
        ownGenerator = RandomGenerator(seed: self.seed)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func table<L: NoiseLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("seed", \.seed)
            describe(&$0)
        }
    }

    public override var randomGenerators: [RandomGenerator] { [ownGenerator] }

    /// Changes an input of a floating-point dtype.
    func disturb(_ x: Tensor) -> Tensor { stop(className, "The layer changes nothing: override disturb(_:).") }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        context.training ? disturb(x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)) : x
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }
}
