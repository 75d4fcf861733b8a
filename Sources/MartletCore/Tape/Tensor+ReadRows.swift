extension Tensor {
    /// For the gradient of a table, the indices along the first axis that were read: in all other rows it is 0. Nil for any
    /// other tensor. Ops leave it behind.
    package var readRows: [Tensor]? { handle.readRows }

    /// Notes which rows of a gradient may be other than 0, nil for all, when nobody else has seen it yet.
    package func notingReadRows(_ indices: [Tensor]?) -> Tensor {
        handle.readRows = indices
        return self
    }

    /// The sum of two gradients, which is that of a table if both are.
    func addingGradient(_ other: Tensor) -> Tensor {
        let sum = self + other
        guard let mine = readRows, let others = other.readRows else { return sum }
        return sum.notingReadRows(mine + others)
    }
}
