import MartletCore

/// Applies `body`, which works along the last axis, along `axes` of `x` together: they are folded into one, in the
/// order in which they are named. Data moves only where they are not the last ones already.
func withTrailing(_ axes: [Int], of x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    let last = axes.map { $0 < 0 ? $0 + x.rank : $0 }
    let order = (0..<x.rank).filter { !last.contains($0) } + last
    let isMoved = order != Array(0..<x.rank)
    let moved = isMoved ? x.transposed(permutation: order) : x
    let width = last.reduce(1) { $0 * x.shape[$1] }
    let rows = moved.shape.dimensions.dropLast(last.count)
    let y = body(moved.reshaped(to: Shape(Array(rows) + [width]))).reshaped(to: moved.shape)
    return isMoved ? y.transposed(permutation: order.indices.map { axis in order.firstIndex(of: axis)! }) : y
}
