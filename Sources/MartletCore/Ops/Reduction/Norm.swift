extension Tensor {
    /// The norm of the elements over `axes`, all when nil, taken as vectors: `(Σ |x|ᵖ)^(1/p)`.
    ///
    /// - Parameter order: p. 2 is the Euclidean length, 1 the sum of absolute values, `.infinity` the largest and
    ///   `-.infinity` the smallest absolute value, 0 the number of elements that are not 0.
    ///
    /// The gradient of the Euclidean norm of zeros is NaN, as in TensorFlow; `l2Normalized` is safe there.
    public func norm(order: Double = 2, axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        let x = floating
        switch order {
        case 2: return x.square().sum(axes: axes, keepDims: keepDims).squareRoot()
        case 1: return x.abs().sum(axes: axes, keepDims: keepDims)
        case .infinity: return x.abs().max(axes: axes, keepDims: keepDims)
        case -.infinity: return x.abs().min(axes: axes, keepDims: keepDims)
        case 0: return (x .!= 0).cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
        default: return x.abs().pow(order).sum(axes: axes, keepDims: keepDims).pow(1 / order)
        }
    }

    /// The norm over one axis.
    public func norm(order: Double = 2, axis: Int, keepDims: Bool = false) -> Tensor {
        norm(order: order, axes: [axis], keepDims: keepDims)
    }

    /// The elements divided by their Euclidean norm along `axis`: `x / √max(Σ x², epsilon)`. Zeros stay zeros and get a
    /// finite gradient.
    ///
    /// Source: [`tf.math.l2_normalize`](https://www.tensorflow.org/api_docs/python/tf/math/l2_normalize).
    public func l2Normalized(axis: Int = -1, epsilon: Double = 1e-12) -> Tensor {
        l2Normalized(axes: [axis], epsilon: epsilon)
    }

    /// The elements divided by their Euclidean norm over `axes`, all when nil.
    public func l2Normalized(axes: [Int]?, epsilon: Double = 1e-12) -> Tensor {
        let x = floating
        return x * maximum(x.square().sum(axes: axes, keepDims: true), epsilon).reciprocalSquareRoot()
    }
}
