import CKernels

/// A formula of elementwise ops in one pass over memory: what the compiler makes of neighbours, and what a traced
/// `ElementwiseProgram` is. It has no gradient, since it takes the place of ops when gradients have been taken.
struct FusedElementwise: NotDifferentiable {
    static let name = "fused"
    static let acceptsHalf = true

    let code: ElementwiseCode
    let outputSpecs: [TensorSpec]
    private let dimensions: [Int64]
    /// Of each input along each dimension.
    private let strides: [Int64]

    /// - Parameters:
    ///   - shape: the loop space, and the shape of every output.
    ///   - inputs: shapes that broadcast to it.
    init(_ code: ElementwiseCode, shape: Shape, inputs: [Shape], outputTypes: [DType]) {
        self.code = code
        outputSpecs = outputTypes.map { TensorSpec(shape, $0) }
        if inputs.allSatisfy({ $0 == shape || $0.elementCount == 1 }) {
            dimensions = [Int64(shape.elementCount)]
            strides = inputs.map { $0 == shape ? 1 : 0 }
        } else {
            dimensions = shape.dimensions.map { Int64($0) }
            strides = inputs.flatMap { input -> [Int64] in
                let own = zip(input.dimensions, input.strides).map { $0 == 1 ? 0 : Int64($1) }
                return [Int64](repeating: 0, count: shape.rank - input.rank) + own
            }
        }
    }

    func outputs(for inputs: [TensorSpec]) -> [TensorSpec] { outputSpecs }

    func run(_ inputs: [Tensor], _ outputs: [Tensor]) {
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: inputs.count) { sources in
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: outputs.count) { results in
                for index in inputs.indices { sources.initializeElement(at: index, to: inputs[index].pointer) }
                for index in outputs.indices { results.initializeElement(at: index, to: outputs[index].mutablePointer) }
                code.withProgram(dimensions: dimensions, strides: strides) {
                    mk_ewise_run($0, sources.baseAddress, results.baseAddress)
                }
            }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        code.operations * outputSpecs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { context.inputs.map { _ in nil } }

    static var samples: [OpSample] { [] }
}
