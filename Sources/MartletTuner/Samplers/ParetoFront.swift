/// Points of several losses, of which none is better than another in all.
package enum ParetoFront {
    /// Whether no loss of `a` is larger than that of `b`, and one is smaller.
    static func dominates(_ a: [Double], _ b: [Double]) -> Bool {
        var isBetter = false
        for (x, y) in zip(a, b) {
            if x > y { return false }
            if x < y { isBetter = true }
        }
        return isBetter
    }

    /// The number of each point's front: 0 where no other dominates it, 1 where only those of front 0 do, ...
    package static func ranks(_ losses: [[Double]]) -> [Int] {
        var dominators = [Int](repeating: 0, count: losses.count)
        var dominated = [[Int]](repeating: [], count: losses.count)
        for a in losses.indices {
            for b in losses.indices.dropFirst(a + 1) {
                if dominates(losses[a], losses[b]) {
                    dominated[a].append(b)
                    dominators[b] += 1
                } else if dominates(losses[b], losses[a]) {
                    dominated[b].append(a)
                    dominators[a] += 1
                }
            }
        }
        var ranks = [Int](repeating: 0, count: losses.count)
        var front = losses.indices.filter { dominators[$0] == 0 }
        var rank = 0
        while !front.isEmpty {
            var next: [Int] = []
            for point in front {
                ranks[point] = rank
                for other in dominated[point] {
                    dominators[other] -= 1
                    if dominators[other] == 0 { next.append(other) }
                }
            }
            (front, rank) = (next, rank + 1)
        }
        return ranks
    }

    /// The indices from the best to the worst point: by fronts. In the front of which only a part is among the `count` first,
    /// those come first that add most to the hypervolume, one after another.
    static func order(_ losses: [[Double]], first count: Int) -> [Int] {
        let ranks = ranks(losses)
        var order = losses.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
        guard count > 0, count < order.count else { return order }
        let rank = ranks[order[count - 1]]
        guard let start = order.firstIndex(where: { ranks[$0] == rank }) else { return order }
        let end = order.lastIndex { ranks[$0] == rank }! + 1
        guard end > count else { return order }
        let front = Array(order[start..<end])
        let chosen = subset(front.map { losses[$0] }, count: count - start)
        let rest = front.indices.filter { !chosen.contains($0) }
        order.replaceSubrange(start..<end, with: (chosen + rest).map { front[$0] })
        return order
    }

    /// The point that Optuna measures hypervolumes from: a tenth worse than the worst losses.
    static func referencePoint(_ losses: [[Double]]) -> [Double] {
        losses[0].indices.map { axis in
            let worst = losses.map { $0[axis] }.max()!
            let point = max(1.1 * worst, 0.9 * worst)
            return point == 0 ? 1e-12 : point
        }
    }

    /// Points that have together a large hypervolume: each adds most to those before it.
    static func subset(_ losses: [[Double]], count: Int) -> [Int] {
        let finite = losses.allSatisfy { $0.allSatisfy(\.isFinite) }
        guard finite, let first = losses.first, first.count > 1 else { return Array(losses.indices.prefix(count)) }
        let reference = referencePoint(losses)
        var chosen: [Int] = []
        while chosen.count < count {
            var best: (volume: Double, index: Int)?
            for index in losses.indices where !chosen.contains(index) {
                let sum = hypervolume(chosen.map { losses[$0] } + [losses[index]], from: reference)
                if best == nil || sum > best!.volume { best = (sum, index) }
            }
            guard let best else { break }
            chosen.append(best.index)
        }
        return chosen
    }

    /// The volume of the points that are worse than one of `losses` and better than `reference`, both in all coordinates.
    package static func hypervolume(_ losses: [[Double]], from reference: [Double]) -> Double {
        let inside = losses.filter { zip($0, reference).allSatisfy { $0 <= $1 } }
        let front = inside.indices.filter { place in
            !inside.indices.contains { other in
                dominates(inside[other], inside[place]) || (other < place && inside[other] == inside[place])
            }
        }.map { inside[$0] }
        guard let first = front.first else { return 0 }
        if first.count == 1 { return reference[0] - first[0] }
        if first.count == 2 {
            var (volume, ceiling) = (0.0, reference[1])
            for point in front.sorted(by: { $0[0] < $1[0] }) where point[1] < ceiling {
                volume += (reference[0] - point[0]) * (ceiling - point[1])
                ceiling = point[1]
            }
            return volume
        }
        // Slices along the last coordinate.
        let sorted = front.sorted { $0.last! < $1.last! }
        var volume = 0.0
        for (place, point) in sorted.enumerated() {
            let next = place + 1 < sorted.count ? sorted[place + 1].last! : reference.last!
            guard next > point.last! else { continue }
            volume += (next - point.last!)
                * hypervolume(sorted[...place].map { Array($0.dropLast()) }, from: Array(reference.dropLast()))
        }
        return volume
    }
}
