import MartletCore

extension ExportGraph {
    /// The size of an axis: `fixed + perSample * batch`, and, where a model leaves other axes open than the batch's, products of
    /// these axes' sizes.
    package struct Dimension: Hashable, Sendable, CustomStringConvertible {
        /// A product of sizes that are open.
        struct Term: Hashable, Sendable {
            var factor: Int
            /// The numbers of the sizes in order, those that are factors twice there twice. 0 is the batch.
            var sizes: [Int]
        }

        package var fixed: Int
        package var perSample: Int
        /// What else is added, in the order of `sizes`. The batch alone is in `perSample`.
        private(set) var terms: [Term] = []

        package init(_ fixed: Int, perSample: Int = 0) {
            self.fixed = fixed
            self.perSample = perSample
        }

        /// The size of an axis that a model leaves open: the batch is number 0.
        static func open(_ number: Int) -> Dimension {
            if number == 0 { return .batch }
            var result = Dimension(0)
            result.terms = [Term(factor: 1, sizes: [number])]
            return result
        }

        /// The size of the batch axis itself.
        package static let batch = Dimension(0, perSample: 1)
        /// The size when it is known, nil otherwise.
        package var size: Int? { perSample == 0 && terms.isEmpty ? fixed : nil }
        /// The size, -1 when it is not known: how files write it.
        package var sizeOrUnknown: Int { size ?? -1 }
        /// The number of the open size that this one is, nil for others.
        var openNumber: Int? {
            if self == .batch { return 0 }
            guard fixed == 0, perSample == 0, terms.count == 1, terms[0].factor == 1, terms[0].sizes.count == 1 else { return nil }
            return terms[0].sizes[0]
        }
        /// All products, the batch's among them.
        var products: [Term] { (perSample == 0 ? [] : [Term(factor: perSample, sizes: [0])]) + terms }

        /// The size for a batch of this size, of an axis that depends on nothing else. The largest integer where it would be
        /// larger, which no shape takes.
        package func size(batch: Int) -> Int { size(of: [batch]) ?? .max }

        /// The size for these open sizes, the batch's first; nil when one that it depends on is not there.
        func size(of sizes: [Int?]) -> Int? {
            var (sum, isTooLarge) = (fixed, false)
            func note(_ result: (partialValue: Int, overflow: Bool)) -> Int {
                isTooLarge = isTooLarge || result.overflow
                return result.partialValue
            }
            for term in products {
                var product = term.factor
                for number in term.sizes {
                    guard number < sizes.count, let size = sizes[number] else { return nil }
                    product = note(product.multipliedReportingOverflow(by: size))
                }
                sum = note(sum.addingReportingOverflow(product))
            }
            return isTooLarge ? .max : sum
        }

        private init(_ fixed: Int, _ products: [Term]) {
            var factors: [[Int]: Int] = [:]
            for product in products { factors[product.sizes, default: 0] += product.factor }
            self.init(fixed, perSample: factors.removeValue(forKey: [0]) ?? 0)
            terms = factors.filter { $0.value != 0 }.map { Term(factor: $0.value, sizes: $0.key) }
                .sorted { $0.sizes.lexicographicallyPrecedes($1.sizes) }
        }

        package static func + (a: Dimension, b: Dimension) -> Dimension { .init(a.fixed + b.fixed, a.products + b.products) }
        package static func + (a: Dimension, b: Int) -> Dimension { a + .init(b) }
        package static func - (a: Dimension, b: Dimension) -> Dimension { a + b * .init(-1) }
        package static func * (a: Dimension, b: Dimension) -> Dimension {
            let own = a.products + [Term(factor: a.fixed, sizes: [])]
            let all = own.flatMap { x in
                (b.products + [Term(factor: b.fixed, sizes: [])]).map { y in
                    Term(factor: x.factor * y.factor, sizes: (x.sizes + y.sizes).sorted())
                }
            }
            let constants = all.filter(\.sizes.isEmpty).reduce(0) { $0 + $1.factor }
            return .init(constants, all.filter { !$0.sizes.isEmpty })
        }

        package var description: String {
            if let size { return "\(size)" }
            let products = products.map { term in
                let names = term.sizes.map { $0 == 0 ? "batch" : "open\($0)" }
                return ((term.factor == 1 ? [] : ["\(term.factor)"]) + names).joined(separator: " * ")
            }
            return (products + (fixed == 0 ? [] : ["\(fixed)"])).joined(separator: " + ")
        }
    }
}

extension [ExportGraph.Dimension] {
    /// The shape of NumPy's broadcasting, nil when the shapes do not fit.
    package static func broadcast(_ a: Self, _ b: Self) -> Self? {
        let rank = Swift.max(a.count, b.count)
        let (long, short) = a.count == rank ? (a, b) : (b, a)
        var result = long
        for (place, size) in zip((rank - short.count)..<rank, short) {
            if result[place] == size || size == .init(1) { continue }
            guard result[place] == .init(1) else { return nil }
            result[place] = size
        }
        return result
    }

    /// Where an axis of size 1 stands that these sizes have and others do not, which else are the same; nil when that is not all
    /// that differs.
    func insertedAxis(from others: Self) -> Int? {
        guard count == others.count + 1 else { return nil }
        return indices.first { axis in
            self[axis] == .init(1) && Array(self[..<axis]) == Array(others[..<axis])
                && Array(self[(axis + 1)...]) == Array(others[axis...])
        }
    }
}

/// Where a slice along an axis ends.
enum SliceEnd: Equatable {
    /// With the axis: behind the last element, or backwards before the first.
    case axis
    /// Before this place; one below 0 counts from the axis's end.
    case place(Int)
    /// Before a place that is known when the model runs.
    case computed(ExportGraph.Dimension)

    /// - Parameters:
    ///   - begin: the first place; one below 0 counts from the end.
    ///   - count: how many elements are taken, of `size`.
    init(begin: Int, step: Int, count: ExportGraph.Dimension, of size: ExportGraph.Dimension) {
        if let count = count.size {
            let end = begin + step * count
            // Forward from the end up to the end, or backwards from the front up to the front.
            let isWhole = begin < 0 ? step > 0 && end >= 0 : end < 0
            self = isWhole ? .axis : .place(end)
            return
        }
        let first = begin < 0 ? size + begin : .init(begin)
        if step > 0 {
            guard step == 1 else { self = .axis; return }
            let rest = first + count - size
            if let fixed = rest.size { self = fixed >= 0 ? .axis : .place(fixed) } else { self = .computed(first + count) }
        } else {
            guard step == -1, let end = (first - count).size, end >= 0 else { self = .axis; return }
            self = .place(end)
        }
    }
}
