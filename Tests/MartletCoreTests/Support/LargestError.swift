import MartletCore

/// What errors are divided by.
enum ErrorScale {
    /// Each element's by its expected value, or by `atLeast` where that is larger.
    case element(atLeast: Double = 0)
    /// All by the largest expected value, or by `atLeast` if that is larger: for sums, whose terms cancel.
    case tensor(atLeast: Double = 0)
}

/// The largest error of an element of `result`, divided by `scale`. Infinite where shapes or dtypes differ (up to the
/// width of floats), or where one of two values is NaN or infinite and the other is not the same.
///
/// Expected values are rounded to the type of `result` first. No error is divided by less than the smallest normal
/// number.
func largestError(of result: Tensor, _ expected: Tensor, relativeTo scale: ErrorScale) -> Double {
    guard
        result.shape == expected.shape,
        result.dtype == expected.dtype || (result.dtype.isFloatingPoint && expected.dtype.isFloatingPoint)
    else { return .infinity }
    let values = result.scalars(as: Double.self)
    let wanted = expected.cast(to: result.dtype).scalars(as: Double.self)
    let largest = wanted.largestMagnitude
    return zip(values, wanted).reduce(0) { worst, pair in
        let (value, wanted) = pair
        if value == wanted || (value.isNaN && wanted.isNaN) { return worst }
        guard value.isFinite, wanted.isFinite else { return .infinity }
        let divisor =
            switch scale {
            case .element(let least): max(wanted.magnitude, least)
            case .tensor(let least): max(largest, least)
            }
        return max(worst, (value - wanted).magnitude / max(divisor, result.dtype.leastNormal))
    }
}

extension [Double] {
    /// The largest magnitude of the finite elements, 0 if there are none.
    var largestMagnitude: Double { reduce(0) { $1.isFinite ? Swift.max($0, $1.magnitude) : $0 } }
}

extension DType {
    /// The distance from 1 to the next number; 0 for types that are not floating-point.
    var epsilon: Double {
        switch self {
        case .float64: 0x1p-52
        case .float32: 0x1p-23
        case .float16: 0x1p-10
        case .bfloat16: 0x1p-7
        default: 0
        }
    }

    /// The smallest positive number of full precision.
    var leastNormal: Double {
        switch self {
        case .float64: .leastNormalMagnitude
        case .float32, .bfloat16: 0x1p-126
        case .float16: 0x1p-14
        default: 1
        }
    }
}
