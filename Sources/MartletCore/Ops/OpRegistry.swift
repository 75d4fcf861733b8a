/// Every op there is. The gradient check and the tests of shapes, dtypes and empty inputs run over this list; each
/// folder of ops has its part of it.
package enum OpRegistry {
    package static let all: [any Op.Type] =
        elementwise + reductions + layout + indexing + random + linearAlgebra + convolutions + normalizations
        + attentions + recurrent + controlFlow + image + custom

    /// What the compiler puts in the place of ops, when gradients have been taken: these have none, and no samples.
    package static let compiled: [any Op.Type] = [Copy.self, FusedElementwise.self, FusedRows.self]
}
