import Foundation

/// Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten, around the data.
///
/// Source: P. Heckbert, "Nice numbers for graph labels", Graphics Gems (1990).
struct NiceTicks {
    let lower: Double
    let upper: Double
    let step: Double

    /// - Parameters:
    ///   - count: the approximate number of steps.
    ///   - isWhole: whether the values are whole numbers.
    init(_ low: Double, _ high: Double, count: Int, isWhole: Bool = false) {
        // An empty range gets some room.
        let isFlat = !(high - low > 1e-9 * max(abs(low), abs(high)))
        let room = max(abs(low) * 0.1, isWhole ? 1 : 1e-3)
        let (low, high) = isFlat && !isWhole ? (low - room, high + room) : (low, high)
        let rough = max(high - low, isFlat ? room : 0) / Double(max(1, count))
        let power = pow(10, floor(log10(rough)))
        let fraction = rough / power
        let nice = fraction <= 1 ? 1.0 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10
        step = isWhole ? max(1, nice * power) : nice * power
        lower = floor(low / step + 1e-9) * step
        upper = max(ceil(high / step - 1e-9) * step, lower + step)
    }

    var values: [Double] {
        (0...Int(((upper - lower) / step).rounded())).map { lower + Double($0) * step }
    }

    /// A tick's value with as many digits as the steps need.
    func label(_ value: Double) -> String {
        if abs(value) >= 1e6 || step < 1e-5 { return String(format: "%.2g", value) }
        let digits = max(0, Int(-floor(log10(step) + 1e-9)))
        return String(format: "%.\(digits)f", abs(value) < step / 2 ? 0 : value)
    }
}
