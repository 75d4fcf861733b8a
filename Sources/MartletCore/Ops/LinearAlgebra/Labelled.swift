/// A tensor whose axes have names, here numbers: the term of a sum of products.
struct Labelled {
    let tensor: Tensor
    /// The name of each axis, no two alike.
    let labels: [Int]

    init(_ tensor: Tensor, _ labels: [Int]) {
        self.tensor = tensor
        self.labels = labels
    }

    func size(of label: Int) -> Int? { labels.firstIndex(of: label).map { tensor.shape[$0] } }

    /// The tensor with its axes in the order `target`, which names each of them once.
    func arranged(_ target: [Int]) -> Tensor {
        let order = target.map { labels.firstIndex(of: $0)! }
        return order == Array(0..<order.count) ? tensor : tensor.transposed(permutation: order)
    }

    /// Sums over the axes that are not in `kept`.
    func summed(keeping kept: Set<Int>) -> Labelled {
        let axes = labels.indices.filter { !kept.contains(labels[$0]) }
        return axes.isEmpty ? self : Labelled(tensor.sum(axes: axes), labels.filter(kept.contains))
    }

    /// The sum of products over all labels but `kept`, as one batched matrix product.
    func contracted(with other: Labelled, keeping kept: Set<Int>) -> Labelled {
        let a = summed(keeping: kept.union(other.labels))
        let b = other.summed(keeping: kept.union(labels))
        let shared = a.labels.filter(b.labels.contains)
        let batch = shared.filter(kept.contains)
        let inner = shared.filter { !kept.contains($0) }
        let rows = a.labels.filter { !shared.contains($0) }
        let columns = b.labels.filter { !shared.contains($0) }
        let sizes = (batch + rows).map { a.size(of: $0)! } + columns.map { b.size(of: $0)! }
        let product: Tensor
        if inner.isEmpty {
            let lead = a.count(of: batch)
            product = a.arranged(batch + rows).reshaped(to: [lead, a.count(of: rows), 1])
                * b.arranged(batch + columns).reshaped(to: [lead, 1, b.count(of: columns)])
        } else if rows.isEmpty && columns.isEmpty && !batch.isEmpty {
            let order = batch + inner
            product = (a.arranged(order) * b.arranged(order)).sum(axes: Array(batch.count..<order.count))
        } else {
            let (left, isLeftSwapped) = a.matrices(batch: batch, rows, inner)
            let (right, isRightSwapped) = b.matrices(batch: batch, inner, columns)
            product = matmul(left, right, transposeA: isLeftSwapped, transposeB: isRightSwapped)
        }
        return Labelled(product.reshaped(to: Shape(sizes)), batch + rows + columns)
    }

    /// The number of elements along some labels.
    private func count(of labels: [Int]) -> Int { labels.reduce(1) { $0 * size(of: $1)! } }

    /// Matrices [batch, rows, columns], or their transposes when the tensor has that order already.
    private func matrices(batch: [Int], _ rows: [Int], _ columns: [Int]) -> (tensor: Tensor, isSwapped: Bool) {
        let isSwapped = labels == batch + columns + rows && labels != batch + rows + columns
        let (first, second) = isSwapped ? (columns, rows) : (rows, columns)
        let sizes = (batch.isEmpty ? [] : [count(of: batch)]) + [count(of: first), count(of: second)]
        return (arranged(batch + first + second).reshaped(to: Shape(sizes)), isSwapped)
    }
}
