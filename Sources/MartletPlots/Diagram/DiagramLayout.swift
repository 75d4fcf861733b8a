import Foundation

/// Places for the boxes of a diagram: in ranks, each edge from a rank to a later one, with few crossings and straight edges.
///
/// Edges over several ranks pass through points in the ranks between. Within a rank, places come from the order by least
/// squares: each box as near to the mean of its neighbours as the others allow.
///
/// Source: E. Gansner et al., "A technique for drawing directed graphs" (1993); R. Barlow et al., "Statistical inference under
/// order restrictions" (1972), for the places.
struct DiagramLayout {
    /// A box, or a point of an edge.
    struct Item {
        let rank: Int
        /// The extent along the rank.
        var width: Double
        let isPoint: Bool
        let group: Int?
        var center = 0.0
    }

    private(set) var items: [Item] = []
    /// The items of each edge, from its box to its box.
    private(set) var chains: [[Int]] = []
    /// The items of each rank, in order.
    private(set) var ranks: [[Int]] = []
    private var before: [[Int]] = []
    private var after: [[Int]] = []
    private static let (gap, pointGap, groupGap) = (24.0, 14.0, 44.0)
    private static let pointLimit = 20_000

    /// - Parameters:
    ///   - widths: of the boxes.
    ///   - groups: the outermost frame of each box.
    ///   - edges: each from a box to one with a higher number.
    init(widths: [Double], groups: [Int?], edges: [(from: Int, to: Int)]) {
        var rank = [Int](repeating: 0, count: widths.count)
        for edge in edges.sorted(by: { ($0.to, $0.from) < ($1.to, $1.from) }) {
            rank[edge.to] = max(rank[edge.to], rank[edge.from] + 1)
        }
        // A box without inputs stands just before the first box that takes it.
        for box in widths.indices.reversed() where !edges.contains(where: { $0.to == box }) {
            if let first = edges.filter({ $0.from == box }).map({ rank[$0.to] }).min() { rank[box] = max(0, first - 1) }
        }
        items = widths.indices.map { Item(rank: rank[$0], width: widths[$0], isPoint: false, group: groups[$0]) }
        let points = edges.reduce(0) { $0 + max(0, rank[$1.to] - rank[$1.from] - 1) }
        for edge in edges {
            var chain = [edge.from]
            if points <= Self.pointLimit {
                for place in rank[edge.from] + 1..<max(rank[edge.from] + 1, rank[edge.to]) {
                    chain.append(items.count)
                    let group = groups[edge.from] == groups[edge.to] ? groups[edge.from] : nil
                    items.append(Item(rank: place, width: 2, isPoint: true, group: group))
                }
            }
            chains.append(chain + [edge.to])
        }
        (before, after) = ([[Int]](repeating: [], count: items.count), [[Int]](repeating: [], count: items.count))
        for chain in chains {
            for (a, b) in zip(chain, chain.dropFirst()) {
                after[a].append(b)
                before[b].append(a)
            }
        }
        ranks = [[Int]](repeating: [], count: (rank.max() ?? -1) + 1)
        for item in items.indices { ranks[items[item].rank].append(item) }
        reserveFrames(of: widths.count)
        if items.count > widths.count || ranks.contains(where: { $0.count > 1 }) { order() }
        place()
    }

    /// A box that is alone of its frame in a rank gets the frame's width, so that no box of others lies in the frame.
    private mutating func reserveFrames(of boxCount: Int) {
        var widest: [Int: Double] = [:]
        for item in items[..<boxCount] { if let group = item.group { widest[group] = max(widest[group] ?? 0, item.width) } }
        for rank in ranks {
            let members = Dictionary(grouping: rank.filter { items[$0].group != nil }) { items[$0].group! }
            for (group, inside) in members where inside.count == 1 && inside[0] < boxCount {
                items[inside[0]].width = widest[group]!
            }
        }
    }

    /// The distance of the centers of neighbours in a rank.
    private func distance(_ a: Int, _ b: Int) -> Double {
        let gap =
            items[a].group != items[b].group ? Self.groupGap
            : items[a].isPoint && items[b].isPoint ? Self.pointGap : Self.gap
        return (items[a].width + items[b].width) / 2 + gap
    }

    /// Sorts the ranks by the mean place of their neighbours, up and down, and keeps the order with the fewest crossings.
    private mutating func order() {
        var best = ranks
        var fewest = crossings()
        for sweep in 0..<12 where fewest > 0 {
            let downwards = sweep % 2 == 0
            var place = [Double](repeating: 0, count: items.count)
            for rank in ranks { for (index, item) in rank.enumerated() { place[item] = Double(index) } }
            for number in downwards ? Array(ranks.indices) : ranks.indices.reversed() {
                var keys: [Int: Double] = [:]
                for item in ranks[number] {
                    let neighbors = downwards ? before[item] : after[item]
                    keys[item] = neighbors.isEmpty
                        ? place[item] : neighbors.reduce(0) { $0 + place[$1] } / Double(neighbors.count)
                }
                // What lies in one frame stays together.
                var sums: [Int: (Double, Double)] = [:]
                for item in ranks[number] {
                    if let group = items[item].group {
                        sums[group, default: (0, 0)].0 += keys[item]!
                        sums[group, default: (0, 0)].1 += 1
                    }
                }
                func key(_ item: Int) -> (Double, Int, Double) {
                    guard let group = items[item].group, let sum = sums[group] else { return (keys[item]!, -1, keys[item]!) }
                    return (sum.0 / sum.1, group, keys[item]!)
                }
                let sorted = ranks[number].enumerated().sorted { a, b in
                    let (x, y) = (key(a.element), key(b.element))
                    return x == y ? a.offset < b.offset : x < y
                }
                ranks[number] = sorted.map(\.element)
                for (index, item) in ranks[number].enumerated() { place[item] = Double(index) }
            }
            let count = crossings()
            if count < fewest { (best, fewest) = (ranks, count) }
        }
        ranks = best
    }

    private func crossings() -> Int {
        var place = [Int](repeating: 0, count: items.count)
        for rank in ranks { for (index, item) in rank.enumerated() { place[item] = index } }
        return ranks.reduce(0) { sum, rank in
            let ends = rank.flatMap { item in after[item].map { place[$0] }.sorted() }
            guard ends.count <= 2_000 else { return sum + ends.count }
            var count = 0
            for (index, end) in ends.enumerated() { for other in ends[..<index] where other > end { count += 1 } }
            return sum + count
        }
    }

    private mutating func place() {
        for rank in ranks {
            var x = 0.0
            for (index, item) in rank.enumerated() {
                if index > 0 { x += distance(rank[index - 1], item) }
                items[item].center = x
            }
            let middle = x / 2
            for item in rank { items[item].center -= middle }
        }
        // Both sides at once: fitted to one side, chains of blocks would drift.
        let neighbors = zip(before, after).map { $0 + $1 }
        for sweep in 0..<60 {
            for number in sweep % 2 == 0 ? Array(ranks.indices) : ranks.indices.reversed() { fit(ranks[number], neighbors) }
        }
        let left = items.map { $0.center - $0.width / 2 }.min() ?? 0
        for index in items.indices { items[index].center -= left }
    }

    /// Moves the items of a rank towards the means of their neighbours, in order and without overlap: a regression under the
    /// restriction of the order, by pooling neighbours that violate it.
    private mutating func fit(_ rank: [Int], _ neighbors: [[Int]]) {
        var offsets: [Double] = []
        var pools: [(sum: Double, weight: Double, count: Int)] = []
        for (index, item) in rank.enumerated() {
            offsets.append(index == 0 ? 0 : offsets[index - 1] + distance(rank[index - 1], item))
            let around = neighbors[item]
            let goal = around.isEmpty ? items[item].center : around.reduce(0) { $0 + items[$1].center } / Double(around.count)
            // Long edges become straight first.
            let weight = around.isEmpty ? 0.2 : items[item].isPoint ? 4.0 : 1
            pools.append(((goal - offsets[index]) * weight, weight, 1))
            func mean(_ fromEnd: Int) -> Double { pools[pools.count - fromEnd].sum / pools[pools.count - fromEnd].weight }
            while pools.count > 1, mean(2) > mean(1) {
                let last = pools.removeLast()
                pools[pools.count - 1].sum += last.sum
                pools[pools.count - 1].weight += last.weight
                pools[pools.count - 1].count += last.count
            }
        }
        var index = 0
        for pool in pools {
            for _ in 0..<pool.count {
                items[rank[index]].center = pool.sum / pool.weight + offsets[index]
                index += 1
            }
        }
    }
}
