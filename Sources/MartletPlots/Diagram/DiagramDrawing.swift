import Foundation

extension ModelDiagram {
    private static let (titleSize, lineSize) = (13.0, 11.0)
    private static let (rankGap, border, frame) = (34.0, 20.0, 14.0)
    private static let widest = 320.0

    private struct Box {
        var x = 0.0, y = 0.0
        let width, height: Double
        let title: String
        let lines: [String]
    }

    /// The drawing.
    func svg(_ direction: DiagramDirection = .topToBottom, in place: SVGText.Place = .file, title: String = "") -> String {
        let isDown = direction == .topToBottom
        var boxes = nodes.map { node in
            let title = Markup.fitted(node.title, to: Self.widest, size: Self.titleSize)
            let lines = node.lines.map { Markup.fitted($0, to: Self.widest, size: Self.lineSize) }
            let widths = [Markup.width(title, size: Self.titleSize) * 1.06] + lines.map { Markup.width($0, size: Self.lineSize) }
            return Box(
                width: max(72, (widths.max() ?? 0) + 24), height: 26 + Double(lines.count) * 15 + (lines.isEmpty ? 4 : 2),
                title: title, lines: lines)
        }
        let outermost = nodes.map { node in
            var group = node.group
            while let inner = group, let parent = groups[inner].parent { group = parent }
            return group
        }
        let layout = DiagramLayout(
            widths: boxes.map { isDown ? $0.width : $0.height }, groups: outermost, edges: edges)
        // How far each rank extends in the direction of the edges, and where it begins.
        let depth = layout.ranks.map { rank in
            rank.filter { $0 < boxes.count }.map { isDown ? boxes[$0].height : boxes[$0].width }.max() ?? 0
        }
        let top = Self.border + (groups.isEmpty ? 0 : Self.frame + 14) + (title.isEmpty ? 0 : 30)
        let side = Self.border + (groups.isEmpty ? 0 : Self.frame * 2)
        let gap = isDown ? Self.rankGap : Self.rankGap + 12
        var starts: [Double] = []
        var next = isDown ? top : side
        for extent in depth {
            starts.append(next)
            next += extent + gap
        }
        let origin = isDown ? side : top
        for index in boxes.indices {
            let item = layout.items[index]
            let along = starts[item.rank] + (depth[item.rank] - (isDown ? boxes[index].height : boxes[index].width)) / 2
            let across = origin + item.center - (isDown ? boxes[index].width : boxes[index].height) / 2
            (boxes[index].x, boxes[index].y) = isDown ? (across, along) : (along, across)
        }
        let extent = layout.items.map { $0.center + $0.width / 2 }.max() ?? 0
        let last = next - gap
        let width = max(isDown ? side + extent + side : last + side, title.isEmpty ? 0 : Markup.width(title, size: 17) + 40)
        let height = (isDown ? last : top + extent) + Self.border + (groups.isEmpty ? 0 : Self.frame)
        var svg = SVGText(width: width, height: height, in: place, label: "Diagram of the model \(title)", scales: false)
        if !title.isEmpty { svg.text(title, x: Self.border, y: 30, size: 16, .strong, weight: 600) }
        drawFrames(on: &svg, boxes)
        for chain in layout.chains {
            drawEdge(on: &svg, chain, boxes, layout, (starts, depth), origin, isDown)
        }
        for box in boxes { draw(box, on: &svg) }
        return svg.finish()
    }

    private func draw(_ box: Box, on svg: inout SVGText) {
        svg.rectangle(box.x, box.y, box.width, box.height, .panel, radius: 6, frame: .axis)
        let middle = box.x + box.width / 2
        svg.text(box.title, x: middle, y: box.y + 18, size: 13, .strong, anchor: "middle", weight: 600)
        for (index, line) in box.lines.enumerated() {
            svg.text(line, x: middle, y: box.y + 34 + Double(index) * 15, size: 11, .muted, anchor: "middle")
        }
    }

    /// A frame around the boxes of each model inside, inner ones over outer ones.
    private func drawFrames(on svg: inout SVGText, _ boxes: [Box]) {
        for (index, group) in groups.enumerated() {
            var depth = 0.0
            let inside = nodes.indices.filter { node in
                var place = nodes[node].group
                var distance = 1.0
                while let inner = place, inner != index {
                    place = groups[inner].parent
                    distance += 1
                }
                if place == index { depth = max(depth, distance) }
                return place == index
            }
            guard let left = inside.map({ boxes[$0].x }).min(), let top = inside.map({ boxes[$0].y }).min() else { continue }
            let right = inside.map { boxes[$0].x + boxes[$0].width }.max()!
            let bottom = inside.map { boxes[$0].y + boxes[$0].height }.max()!
            let room = min(depth, 3) * 7 + 3
            svg.rectangle(
                left - room, top - room - 10, right - left + 2 * room, bottom - top + 2 * room + 10, .series(0), opacity: 0.06,
                radius: 8, frame: .series(0))
            svg.text(
                Markup.fitted(group.title, to: right - left + room, size: 11), x: left - room + 8, y: top - room + 2, size: 11,
                .series(0), weight: 600)
        }
    }

    private func drawEdge(
        on svg: inout SVGText, _ chain: [Int], _ boxes: [Box], _ layout: DiagramLayout,
        _ ranks: (starts: [Double], depth: [Double]), _ origin: Double, _ isDown: Bool
    ) {
        func point(_ along: Double, _ across: Double) -> String {
            isDown ? "\(across.plain) \(along.plain)" : "\(along.plain) \(across.plain)"
        }
        /// Where an edge enters and leaves an item.
        func ends(_ item: Int) -> (Double, Double) {
            if item < boxes.count {
                let box = boxes[item]
                return isDown ? (box.y, box.y + box.height) : (box.x, box.x + box.width)
            }
            let rank = layout.items[item].rank
            return (ranks.starts[rank], ranks.starts[rank] + ranks.depth[rank])
        }
        func across(_ item: Int) -> Double { origin + layout.items[item].center }
        var path = "M\(point(ends(chain[0]).1, across(chain[0])))"
        for (from, to) in zip(chain, chain.dropFirst()) {
            let (start, end) = (ends(from).1, ends(to).0 - (to == chain.last ? 5 : 0))
            let (x, y) = (across(from), across(to))
            if abs(x - y) < 0.5 {
                path += "L\(point(end, y))"
            } else {
                let middle = (start + end) / 2
                path += "C\(point(middle, x)) \(point(middle, y)) \(point(end, y))"
            }
            if to != chain.last { path += "L\(point(ends(to).1, y))" }
        }
        svg.line("<path d=\"\(path)\" fill=\"none\" \(svg.stroke(.axis)) stroke-width=\"1.4\"/>")
        let (tip, place) = (ends(chain[chain.count - 1]).0, across(chain[chain.count - 1]))
        svg.line(
            "<path d=\"M\(point(tip, place))L\(point(tip - 7, place - 4))L\(point(tip - 7, place + 4))Z\" \(svg.fill(.axis))/>")
    }
}
