import CKernels

extension Array where Element == Int {
    /// For the kernels' `int64_t` arguments.
    var c: [Int64] { map(Int64.init) }
}

extension Tensor {
    /// `axis` as a number in `0..<rank`. Stops, naming `function`, when it is not one of the axes.
    func checkedAxis(_ axis: Int, _ function: String) -> Int {
        guard let result = shape.normalizedAxis(axis) else {
            stop(function, "Expected an axis in \(-rank)..<\(rank). Received: axis \(axis) of \(spec).")
        }
        return result
    }

    /// `axes` as numbers in `0..<rank`, all of them when nil. Stops when one is out of range or named twice.
    func checkedAxes(_ axes: [Int]?, _ function: String) -> [Int] {
        guard let axes else { return Array(0..<rank) }
        let result = axes.map { checkedAxis($0, function) }
        require(
            Set(result).count == result.count, function, "Expected each axis once. Received: axes \(axes) of \(spec).")
        return result
    }

    /// Sets every byte to zero: for a kernel that only writes some elements.
    func clear() {
        mutablePointer.initializeMemory(as: UInt8.self, repeating: 0, count: elementCount * dtype.byteCount)
    }
}

extension Shape {
    /// The product of the sizes before `axis`: how often a kernel repeats that works along an axis.
    func outer(_ axis: Int) -> Int { dimensions[..<axis].reduce(1, *) }
    /// The product of the sizes after `axis`: the distance of neighbours along it.
    func inner(_ axis: Int) -> Int { dimensions[(axis + 1)...].reduce(1, *) }
    /// The shape with another size at `axis`.
    func replacing(_ axis: Int, by size: Int) -> Shape {
        var result = dimensions
        result[axis] = size
        return Shape(unchecked: result)
    }
}
