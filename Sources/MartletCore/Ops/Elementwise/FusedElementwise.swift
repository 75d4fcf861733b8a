import CKernels

/// A formula of elementwise ops in one pass over memory: what the compiler makes of neighbours, and what a traced
/// `ElementwiseProgram` is. It has no gradient, since it takes the place of ops when gradients have been taken.
struct FusedElementwise: KernelOp, MovingOp, NotDifferentiable {
    static let name = "fused"

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
            strides = inputs.flatMap { $0.steps(broadcastTo: shape.rank) }
        }
    }

    var outputCount: Int { outputSpecs.count }

    func outputs(for inputs: [TensorSpec]) -> [TensorSpec] { outputSpecs }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { [code, dimensions, strides] memory in
            code.withProgram(dimensions: dimensions, strides: strides) { mk_ewise_run($0, memory.inputs, memory.outputs) }
        }
    }

    func mayOverwrite(_ input: Int) -> Bool { true }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        code.operations * outputSpecs[0].shape.elementCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { context.inputs.map { _ in nil } }

    static var samples: [OpSample] { [] }
}
