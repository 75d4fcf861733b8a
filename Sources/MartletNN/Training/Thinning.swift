/// Which of many records are kept: every one of the first `base`, then every second one up to twice as many, every fourth one up
/// to four times, ... So their number grows with the logarithm of the number of steps, and which ones are kept depends on the
/// step alone, as a resumed run needs it.
package struct Thinning {
    private let base: Int

    package init(base: Int) { self.base = base }

    /// - Parameter number: counts from 1.
    package func keeps(_ number: Int) -> Bool {
        // The power of two that is at least number / base.
        let exponent = Int.bitWidth - ((number - 1) / base).leadingZeroBitCount
        return number & (1 << exponent - 1) == 0
    }
}
