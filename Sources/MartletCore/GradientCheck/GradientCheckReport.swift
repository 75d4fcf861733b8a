/// What a gradient check found, for each input or variable.
public struct GradientCheckReport: Sendable, CustomStringConvertible {
    /// What was found for one input or variable.
    public struct Entry: Sendable {
        /// Which input or variable: `input 0`, `dense/kernel`.
        public let name: String
        /// The largest difference between the gradient and its numerical estimate, divided by the scale of the
        /// derivatives that were compared (at least 1).
        public let error: Double
        /// The largest error that passes.
        public let tolerance: Double
        /// How many derivatives were compared: elements of the Jacobian, or random projections of it.
        public let comparisons: Int
        /// Where the largest difference is, with both numbers.
        public let worst: String

        /// The same finding under another name.
        package func renamed(_ name: String) -> Entry {
            Entry(name: name, error: error, tolerance: tolerance, comparisons: comparisons, worst: worst)
        }

        /// Whether the gradient is right.
        public var passed: Bool { error <= tolerance }
    }

    /// One entry for each input or variable.
    public var entries: [Entry]

    /// Whether every gradient is right. A check that compared nothing passes.
    public var passed: Bool { entries.allSatisfy(\.passed) }
    /// The largest error.
    public var error: Double { entries.map(\.error).max() ?? 0 }

    public var description: String {
        let width = entries.map(\.name.count).max() ?? 0
        return entries.map { entry in
            let name = entry.name + String(repeating: " ", count: width - entry.name.count)
            let verdict = entry.passed ? "ok  " : "FAIL"
            let detail = entry.passed ? "" : "  \(entry.worst)"
            return
                "\(verdict) \(name)  error \(entry.error) of \(entry.tolerance), \(entry.comparisons) compared\(detail)"
        }.joined(separator: "\n")
    }
}

/// How a gradient check is made.
public struct GradientCheckOptions: Sendable {
    /// The largest error that passes, relative to the scale of the derivatives. In `float64` the estimate itself errs
    /// by some 1e-11 for functions of moderate curvature.
    public var tolerance: Double
    /// The step of the stencil for numbers up to 1; it grows with larger ones. A power of two, so that x + step is
    /// exact.
    public var step: Double
    /// Up to so many elements the whole Jacobian is compared, beyond it random projections are.
    public var fullJacobianLimit: Int
    /// How many random projections are compared for each input.
    public var projections: Int
    /// Beyond the limit, compare so many single elements, spread over the input, in place of projections. For functions
    /// with kinks, which a projection, moving everything at once, is likely to cross. Nil compares projections.
    public var sampledElements: Int?
    /// Whether the derivative of the gradient is checked too.
    public var secondOrder: Bool

    /// Makes options; the defaults suit smooth functions of moderate size.
    public init(
        tolerance: Double = 1e-8, step: Double = 0x1p-10, fullJacobianLimit: Int = 1024, projections: Int = 6,
        sampledElements: Int? = nil, secondOrder: Bool = true
    ) {
        self.tolerance = tolerance
        self.step = step
        self.fullJacobianLimit = fullJacobianLimit
        self.projections = projections
        self.sampledElements = sampledElements
        self.secondOrder = secondOrder
    }
}
