import MartletCore
import MartletFormats

/// What layers share that change their input at random in training, and do nothing in inference.
public class NoiseLayer: Layer {
    /// The stream's seed.
    public let seed: Int?
    let generator: RandomGenerator

    init(seed: Int?, name: String?, dtype: DType?) {
        self.seed = seed
        generator = RandomGenerator(seed: seed)
        super.init(name: name, dtype: dtype)
    }

    package override var randomGenerators: [RandomGenerator] { [generator] }

    /// Changes an input of a floating-point dtype.
    func disturb(_ x: Tensor) -> Tensor { stop(className, "The layer changes nothing: override disturb(_:).") }

    public override var supportsMasking: Bool { true }

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        context.training ? disturb(x.dtype.isFloatingPoint ? x : x.cast(to: dtype)) : x
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override var config: [String: JSONValue] { super.config.merging(["seed": .optional(seed)]) { $1 } }
}
