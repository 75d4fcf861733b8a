import Martlet
import MartletCore

/// The sizes of the batch, and of the axes that inputs leave open, for which a model is traced.
struct SizePlan {
    /// The sizes lead to an axis of a fixed size where the model's follows from an open one: as a pooling's behind many others.
    struct TooSmall: Error {
        let layer: String
    }

    /// What is an error for every choice of sizes.
    struct Refusal: Error {
        let error: MartletError
    }

    /// For each open size, the batch's first, its number in each trace.
    let sizes: [[Int]]
    /// For each input the numbers of its axes' sizes, nil where they are known.
    private let numbers: [[Int?]]

    /// Ways to choose sizes, the first that a model takes is used: some models have a largest length, others a least one, halve
    /// sizes and double them again, or add inputs of the same length.
    static func plans(for shapes: [PartialShape]) -> [SizePlan] {
        let isOpen = shapes.contains { shape in shape.dimensions.dropFirst().contains { $0 == nil } }
        let knownBatch = shapes.first { $0.rank > 0 }?[0]
        let isBatchKnown = shapes.allSatisfy { $0.rank == 0 || $0[0] != nil }
        guard isOpen else {
            let batches = isBatchKnown ? [knownBatch ?? 1] : Lowering.batches
            return [SizePlan(sizes: [batches], numbers: shapes.map { $0.dimensions.map { $0 == nil ? 0 : nil } })]
        }
        let batches = isBatchKnown ? Array(repeating: knownBatch ?? 1, count: 5) : Lowering.batches + [5, 4, 7]
        var numberings = [numbers(of: shapes, isShared: false)]
        let shared = numbers(of: shapes, isShared: true)
        if shared != numberings[0] { numberings.append(shared) }
        return Family.all.flatMap { family in
            numberings.map { numbers in
                let count = numbers.joined().compactMap { $0 }.max() ?? 0
                let sizes = [batches] + (0..<count).map { place in batches.indices.map { family.size(place, trace: $0) } }
                return SizePlan(sizes: sizes, numbers: numbers)
            }
        }
    }

    /// A number for each open axis; the same for axes of one place, where inputs share them.
    private static func numbers(of shapes: [PartialShape], isShared: Bool) -> [[Int?]] {
        var (next, places) = (0, [Int: Int]())
        return shapes.map { shape in
            shape.dimensions.enumerated().map { axis, size in
                if size != nil { return nil }
                if axis == 0 { return 0 }
                if isShared, let known = places[axis] { return known }
                next += 1
                places[axis] = next
                return next
            }
        }
    }

    /// Sizes near each other that have no relations, times a factor.
    private struct Family {
        let least: Int
        let spread: Int
        var factor = 1

        /// Large ones first, where poolings leave something.
        static let all = [
            Family(least: 211, spread: 29), Family(least: 37, spread: 3), Family(least: 9, spread: 1), Family(least: 2, spread: 1),
            Family(least: 6, spread: 1, factor: 32), Family(least: 5, spread: 1, factor: 8), Family(least: 3, spread: 1, factor: 2),
        ]

        /// For each open axis a number for each trace: none of these lines follows from the others.
        private static let offsets = [
            [0, 3, 7, 4, 10], [2, 9, 1, 6, 5], [8, 1, 4, 11, 3], [5, 6, 12, 0, 9], [11, 4, 2, 8, 13], [1, 10, 6, 13, 2],
            [7, 0, 11, 9, 12], [13, 8, 3, 5, 1],
        ]

        func size(_ place: Int, trace: Int) -> Int {
            let lines = Self.offsets
            let rest = spread > 1 ? lines[(place + 3) % lines.count][trace] : 0
            return factor * (least + spread * (lines[place % lines.count][trace] + 14 * (place / lines.count)) + rest)
        }
    }

    func dimensions(of shape: PartialShape, _ input: Int) -> [ExportGraph.Dimension] {
        zip(shape.dimensions, numbers[input]).map { size, number in
            number.map(ExportGraph.Dimension.open) ?? .init(size ?? 0)
        }
    }

    func traces(of model: Model, _ inputs: ExportGraph.Inputs) throws -> [Graph] {
        try sizes[0].indices.map { trace in
            let open = sizes.map { $0[trace] }
            let specs = try inputs.shapes.indices.map { input in
                let shape = try dimensions(of: inputs.shapes[input], input).map { dimension in
                    guard let size = dimension.size(of: open) else { throw MartletError("Expected a size.", at: model.name) }
                    return size
                }
                return TensorSpec(try Shape(validating: shape), inputs.types[input])
            }
            let graph = try withErrors { Trace.graph(specs) { model.apply($0, training: false) } }.simplified()
            // Said before a batch of another size, which such a layer does not take.
            guard let update = graph.updates.first else { return graph }
            throw Refusal(
                error: MartletError(
                    "Expected a model whose outputs depend on its inputs alone. It changes the variable "
                        + "\(update.variable.name) when it is called: a stateful layer or a random one cannot be exported.",
                    at: model.name))
        }
    }

    /// Open sizes for which a file is compared with the model: two that differ where sizes are open.
    static func checks(of graph: ExportGraph, _ model: Model) -> [[Int]] {
        let count = graph.inputs.flatMap { graph.values[$0].shape }.compactMap(\.openNumber).max() ?? 0
        guard count > 0 else { return [[3]] }
        // Small ones do; where the model takes none of them, those that it was traced with.
        let families = [Family.all[1], Family.all[2], Family.all[5]]
        for family in families {
            let sizes = [(3, 0), (2, 3)].map { batch, trace in
                [batch] + (0..<count).map { family.size($0, trace: trace) }
            }
            let areTaken = sizes.allSatisfy { sizes in
                (try? graph.sampleInputs(sizes).map(\.spec)).map { specs in
                    (try? withErrors { Trace.graph(specs) { model.apply($0, training: false) } }) != nil
                } ?? false
            }
            if areTaken { return sizes }
        }
        return [0, 1].map { trace in graph.openSizes[...count].map { $0[trace] } }
    }
}
