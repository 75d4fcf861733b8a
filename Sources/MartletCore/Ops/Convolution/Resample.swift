import CKernels

/// Weighted sums of neighbours along an axis.
struct Resample: KernelOp {
    static let name = "resample"
    static let isLinear = true

    let map: ResampleMap
    let axis: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let shape = inputs[0].shape
        guard inputs[0].dtype == .float32 || inputs[0].dtype == .float64, axis < shape.rank, shape[axis] == map.size
        else { throw OpFailure("Expected a floating-point tensor of \(map.size) elements along axis \(axis).") }
        return [TensorSpec(shape.replacing(axis, by: map.count), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (shape, type) = (inputs[0].shape, inputs[0].dtype.c)
        let (outer, inner) = (Int64(shape.outer(axis)), Int64(shape.inner(axis)))
        return Kernel { [map] in
            mk_resample(
                type, $0.input(0), $0.output(0), outer, Int64(map.size), Int64(map.count), inner, map.starts, map.offsets,
                map.weights)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(Resample(map: map.adjoint, axis: axis), context.gradient)]
    }

    static var samples: [OpSample] {
        let rules: [ResampleMap.Rule] = [.mean] + Interpolation.allCases.flatMap { interpolation in
            [false, true].map { .interpolation(interpolation, antialias: $0) }
        }
        let sizes: [(shape: Shape, count: Int)] = [([2, 5, 2], 3), ([1, 3, 1], 7), ([2, 1, 2], 3), ([0, 4, 1], 2)]
        return rules.flatMap { rule in
            sizes.map { shape, count in
                OpSample(
                    Resample(map: ResampleMap(rule, from: shape[1], to: count), axis: 1), [SampleInput.uniform(shape)],
                    label: "\(rule) \(shape) to \(count)")
            }
        }
    }
}

/// Images, or anything with spatial axes, of another size.
///
/// - Parameters:
///   - x: the images, channels last: [batch, spatial..., channels].
///   - size: the new size of each spatial axis, at least 1.
///   - interpolation: how values between pixels are made. A pixel lies at its centre, as in TensorFlow.
///   - antialias: whether the kernel widens where an axis gets shorter; `nearest` and `area` have none.
/// - Returns: [batch, size..., channels]; in the default float type for integers, except with `nearest`, which moves
///   elements as they are.
///
/// Source: [`keras.ops.image.resize`](https://keras.io/api/ops/image/#resize-function).
public func resize(
    _ x: Tensor, to size: [Int], interpolation: Interpolation = .bilinear, antialias: Bool = false
) -> Tensor {
    guard requireSizes("resize", x, size) else { return .substitute(x.spec) }
    if x.shape.spatial == size { return x }
    if interpolation == .nearest {
        return size.enumerated().reduce(x) { x, new in
            let axis = new.offset + 1
            return x.shape[axis] == new.element
                ? x : x.gathered(at: Tensor(ResampleMap.nearest(from: x.shape[axis], to: new.element)), axis: axis)
        }
    }
    return resampled(x.floating, .interpolation(interpolation, antialias: antialias), to: size)
}

/// The mean of each of `size` overlapping parts of every spatial axis, the parts as even as can be.
///
/// - Parameters:
///   - x: the input, channels last: [batch, spatial..., channels].
///   - size: the number of parts of each spatial axis, at least 1.
/// - Returns: [batch, size..., channels].
///
/// Source: [`keras.layers.AdaptiveAveragePooling2D`](https://keras.io/api/layers/pooling_layers/).
public func adaptiveAveragePool(_ x: Tensor, to size: [Int]) -> Tensor {
    guard requireSizes("adaptiveAveragePool", x, size) else { return .substitute(x.spec) }
    return resampled(x.floating, .mean, to: size)
}

/// The largest element of each of `size` overlapping parts of every spatial axis, the parts as even as can be.
///
/// The parameters are those of ``adaptiveAveragePool(_:to:)``. Equal elements share the gradient as in `max`.
public func adaptiveMaxPool(_ x: Tensor, to size: [Int]) -> Tensor {
    guard requireSizes("adaptiveMaxPool", x, size) else { return .substitute(x.spec) }
    return size.enumerated().reduce(x) { x, new in
        let (axis, count) = (new.offset + 1, new.element)
        let length = x.shape[axis]
        let windows = (0..<count).map { $0 * length / count..<(($0 + 1) * length + count - 1) / count }
        let width = windows.map(\.count).max()!
        // A shorter part has its last element more than once.
        let places = windows.flatMap { part in (0..<width).map { min(part.lowerBound + $0, part.upperBound - 1) } }
        let parts = x.gathered(at: Tensor(places, shape: [count, width]), axis: axis)
        return parts.max(axis: axis + 1)
    }
}

private func resampled(_ x: Tensor, _ rule: ResampleMap.Rule, to size: [Int]) -> Tensor {
    size.enumerated().reduce(x) { x, new in
        let axis = new.offset + 1
        if x.shape[axis] == new.element { return x }
        return perform(Resample(map: ResampleMap(rule, from: x.shape[axis], to: new.element), axis: axis), x)
    }
}

private func requireSizes(_ function: String, _ x: Tensor, _ size: [Int]) -> Bool {
    guard
        require(
            x.rank == size.count + 2 && size.allSatisfy { $0 >= 1 } && x.shape.spatial.allSatisfy { $0 >= 1 }, function,
            "Expected a tensor (batch, spatial axes, channels) with elements along its spatial axes, and a size of at least "
                + "1 for each. Received: \(x.spec), size \(size).")
    else { return false }
    do throws(OpFailure) {
        // Which element comes from where is worked out before any op runs.
        var shape = x.shape
        for (axis, size) in size.enumerated() { shape = shape.replacing(axis + 1, by: size) }
        try MemoryBudget.check([TensorSpec(shape, x.dtype)])
        return true
    } catch {
        fail(function, error.message)
        return false
    }
}
