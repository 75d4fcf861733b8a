import Foundation

extension Double {
    /// The number by a C format, as `%.4f`. One that is not finite is `nan`, `inf` or `-inf` on every machine: a NaN has a sign,
    /// which says nothing and differs between them.
    package func text(_ format: String) -> String { isFinite ? String(format: format, self) : special }

    /// The number as Swift prints it, a NaN without its sign.
    package var text: String { isFinite ? "\(self)" : special }

    private var special: String { isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
}
