/// How the spatial axes of a convolution's or pooling's input are extended, with zeros that a pooling leaves out.
public enum Padding: Sendable, Equatable {
    /// Not at all: windows lie within the input.
    case valid
    /// So that there are `ceil(size / stride)` windows; the odd element goes after, as in TensorFlow and Keras.
    case same
    /// All before: no window sees what comes after its place. For one spatial axis, usually time.
    case causal
    /// By these amounts on each spatial axis.
    case explicit([(before: Int, after: Int)])

    public static func == (a: Padding, b: Padding) -> Bool {
        switch (a, b) {
        case (.valid, .valid), (.same, .same), (.causal, .causal): true
        case (.explicit(let a), .explicit(let b)): a.elementsEqual(b, by: ==)
        default: false
        }
    }

    /// The elements added before and after an axis.
    /// - Parameters:
    ///   - axis: which spatial axis, from 0.
    ///   - size: the axis's size.
    ///   - window: the window's size, without dilation.
    public func amounts(
        axis: Int, size: Int, window: Int, stride: Int = 1, dilation: Int = 1
    ) -> (before: Int, after: Int) {
        let span = (window - 1) * dilation + 1
        switch self {
        case .valid: return (0, 0)
        case .same:
            let count = (size + stride - 1) / stride
            let total = max((count - 1) * stride + span - size, 0)
            return (total / 2, total - total / 2)
        case .causal: return (span - 1, 0)
        case .explicit(let amounts): return amounts[axis]
        }
    }

    /// The number of windows along an axis that is extended by `before` and `after`: 0 or less when none fits.
    public static func outputSize(
        of size: Int, window: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0, after: Int = 0
    ) -> Int {
        let room = size + before + after - ((window - 1) * dilation + 1)
        return room < 0 ? 0 : room / stride + 1
    }
}

/// Where windows lie on the spatial axes of an input: strides, dilations and padding, resolved to numbers.
package struct Windows: Sendable, Hashable {
    package let strides: [Int]
    package let dilations: [Int]
    package let before: [Int]
    package let after: [Int]

    package init(strides: [Int], dilations: [Int]? = nil, before: [Int]? = nil, after: [Int]? = nil) {
        self.strides = strides
        self.dilations = dilations ?? strides.map { _ in 1 }
        self.before = before ?? strides.map { _ in 0 }
        self.after = after ?? strides.map { _ in 0 }
    }

    /// The largest number of a window: products of two do not overflow.
    private static let largest = 1 << 31

    /// Resolves `padding` for an input and a window of the given spatial sizes. Stops when the counts of strides,
    /// dilations and axes differ or a number is out of range.
    package init(
        _ function: String, input: [Int], window: [Int], strides: [Int], dilations: [Int]?, padding: Padding
    ) {
        let rank = input.count
        let dilations = dilations ?? [Int](repeating: 1, count: rank)
        var fits = require(
            (1...3).contains(rank), function,
            "Expected an input (batch, 1 to 3 spatial axes, channels). Received: \(rank) spatial axes.")
        fits = fits && require(
            window.count == rank && strides.count == rank && dilations.count == rank, function,
            "Expected a window, strides and dilations of \(rank) numbers each, one for each spatial axis. "
                + "Received: window \(window), strides \(strides), dilations \(dilations).")
        fits = fits && require(
            (window + strides + dilations).allSatisfy { $0 >= 1 && $0 <= Self.largest }, function,
            "Expected a window, strides and dilations of 1 or more, below 2^31. "
                + "Received: window \(window), strides \(strides), dilations \(dilations).")
        if padding == .causal {
            fits = fits && require(rank == 1, function, "Causal padding takes one spatial axis. Received: \(rank).")
        }
        if case .explicit(let amounts) = padding {
            fits = fits && require(
                amounts.count == rank && amounts.flatMap { [$0.before, $0.after] }.allSatisfy { $0 >= 0 && $0 <= Self.largest },
                function, "Expected explicit padding of \(rank) pairs of numbers of 0 or more, below 2^31. Received: \(amounts).")
        }
        guard fits else {
            let ones = [Int](repeating: 1, count: rank)
            self.init(strides: ones, dilations: ones)
            return
        }
        let amounts = (0..<rank).map {
            padding.amounts(
                axis: $0, size: input[$0], window: window[$0], stride: strides[$0], dilation: dilations[$0])
        }
        self.init(
            strides: strides, dilations: dilations, before: amounts.map(\.before), after: amounts.map(\.after))
    }

    /// The number of windows on each axis.
    func outputSizes(input: [Int], window: [Int]) throws(OpFailure) -> [Int] {
        var sizes: [Int] = []
        for axis in input.indices {
            let size = Padding.outputSize(
                of: input[axis], window: window[axis], stride: strides[axis], dilation: dilations[axis],
                before: before[axis], after: after[axis])
            guard size > 0, window[axis] > 0 else {
                throw OpFailure(
                    "A window of \(window[axis])\(dilations[axis] > 1 ? ", dilated by \(dilations[axis])," : "") does "
                        + "not fit into spatial axis \(axis) of size \(input[axis]), padded by "
                        + "\(before[axis]) and \(after[axis]).")
            }
            sizes.append(size)
        }
        return sizes
    }
}

extension Shape {
    /// The axes between the first and the last.
    package var spatial: [Int] { Array(spatialSlice) }

    /// The same, without an array of its own.
    var spatialSlice: ArraySlice<Int> { dimensions.dropFirst().dropLast() }
}

/// Fills a C array of three: the given numbers, innermost last, after as many `filler`s as they leave room for.
func triple(_ numbers: some RandomAccessCollection<Int>, filler: Int) -> (Int64, Int64, Int64) {
    func number(_ place: Int) -> Int64 {
        let offset = place - 3 + numbers.count
        return Int64(offset < 0 ? filler : numbers[numbers.index(numbers.startIndex, offsetBy: offset)])
    }
    return (number(0), number(1), number(2))
}
