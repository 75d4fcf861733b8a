import CKernels

/// Calls `body` with `count` values on the stack: an argument of a kernel that is computed for one call.
func onStack<Value, R, Failure: Error>(
    _ count: Int, _ value: (Int) -> Value, _ body: (UnsafeMutablePointer<Value>) throws(Failure) -> R
) throws(Failure) -> R {
    // Typed throws do not pass through the standard library's function. Kernels take no null pointer, not even to nothing.
    let result = withUnsafeTemporaryAllocation(of: Value.self, capacity: max(count, 1)) { values -> Result<R, Failure> in
        for index in 0..<count { values.initializeElement(at: index, to: value(index)) }
        do throws(Failure) {
            return .success(try body(values.baseAddress!))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// The product, the largest number instead of one that does not fit.
package func saturatedProduct(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
}

/// The sum, the largest or smallest number instead of one that does not fit.
func saturatedSum(_ numbers: Int...) -> Int {
    numbers.reduce(0) { sum, number in
        let (next, overflow) = sum.addingReportingOverflow(number)
        return overflow ? number > 0 ? .max : .min : next
    }
}

/// Calls `body` with a number stored as an element of `dtype`.
func withElement<R>(_ number: Double, of dtype: DType, _ body: (UnsafeRawPointer) throws -> R) rethrows -> R {
    try withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { numbers in
        numbers.initialize(repeating: number)
        var (one, source) = (Int64(1), Optional(UnsafeRawPointer(numbers.baseAddress!)))
        let element = UnsafeMutableRawPointer(numbers.baseAddress! + 1)
        mk_ewise_single(MK_CAST, MK_F64, dtype.c, 1, &one, nil, &source, element)
        return try body(element)
    }
}

extension Tensor {
    /// `axis` as a number in `0..<rank`. Stops, naming `function`, when it is not one of the axes.
    func checkedAxis(_ axis: Int, _ function: String) -> Int {
        guard let result = shape.normalizedAxis(axis) else {
            fail(function, "Expected an axis in \(-rank)..<\(rank). Received: axis \(axis) of \(spec).")
            return 0
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
}

extension Shape {
    /// The product of the sizes before `axis`: how often a kernel repeats that works along an axis.
    func outer(_ axis: Int) -> Int { dimensions[..<axis].reduce(1, *) }
    /// The product of the sizes after `axis`: the distance of neighbours along it.
    func inner(_ axis: Int) -> Int { dimensions[(axis + 1)...].reduce(1, *) }
    /// The sizes as a kernel along `axis` takes them.
    func extents(_ axis: Int) -> (outer: Int64, length: Int64, inner: Int64) {
        (Int64(outer(axis)), Int64(dimensions[axis]), Int64(inner(axis)))
    }
    /// The shape with another size at `axis`.
    package func replacing(_ axis: Int, by size: Int) -> Shape {
        var result = dimensions
        // After a failure an axis may be none of the shape's.
        if result.indices.contains(axis) { result[axis] = size }
        return Shape(unchecked: result)
    }
}
