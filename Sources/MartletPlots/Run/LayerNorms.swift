import MartletNN

/// Norms of gradients, weights and updates, of each layer and of all together, from what a `StepWatch` noted.
struct LayerNorms {
    /// Sums of squares.
    struct Squares {
        var gradient = 0.0, weight = 0.0, change = 0.0

        var gradientNorm: Double { gradient.squareRoot() }
        var weightNorm: Double { weight.squareRoot() }
        /// The norm of the change by that of the weights; NaN for weights that are all zero.
        var updateRatio: Double { weight > 0 ? (change / weight).squareRoot() : .nan }

        mutating func add(_ sums: [Double]) {
            gradient += sums[0]
            weight += sums[1]
            change += sums[2]
        }
    }

    /// The paths of the layers, in the order of their variables.
    private(set) var names: [String] = []
    private(set) var layers: [String: Squares] = [:]
    private(set) var all = Squares()

    /// Paths without the name of the model, if all begin with it.
    static func withoutCommonStart(_ paths: [String]) -> [String] {
        guard let start = paths.first?.split(separator: "/").first, paths.allSatisfy({ $0.hasPrefix("\(start)/") }) else {
            return paths
        }
        return paths.map { String($0.dropFirst(start.count + 1)) }
    }

    init(_ notes: [StepWatch.Note]) {
        for note in notes {
            let (name, sums) = (RunRecorder.layer(of: note.variable), note.sums)
            if layers[name] == nil { names.append(name) }
            layers[name, default: Squares()].add(sums)
            all.add(sums)
        }
    }
}

extension Optimizer {
    /// The rate of the next update; nil where each variable's optimizer has its own.
    var onlyRate: Double? { self is MultiOptimizer ? nil : learningRate }
}
