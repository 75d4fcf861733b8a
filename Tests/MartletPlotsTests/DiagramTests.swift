import Foundation
import Martlet
import TestSupport
import Testing

/// Diagrams of models: nothing overlaps, arrows lead to where they should, frames hold what is inside.
@Suite(.ownSession) struct DiagramTests {
    private struct Box {
        let x, y, width, height: Double
        func overlaps(_ other: Box) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
        }
    }

    private func numbers(_ line: Substring, _ names: [String]) -> [Double] {
        names.map { name in
            let start = line.range(of: " \(name)=\"")!.upperBound
            return Double(line[start...].prefix { $0 != "\"" })!
        }
    }

    /// The boxes of layers, of the panel's colour.
    private func boxes(_ svg: String) -> [Box] {
        svg.split(separator: "\n").filter { $0.hasPrefix("<rect") && $0.contains("#fbfcfd") }.map {
            let n = numbers($0, ["x", "y", "width", "height"])
            return Box(x: n[0], y: n[1], width: n[2], height: n[3])
        }
    }

    private func drawing(
        _ model: Model, _ rankdir: DiagramDirection = .topToBottom, expandNested: Bool = false
    ) throws -> String {
        try withFolder { folder in
            let path = folder + "/model.svg"
            try plotModel(model, to: path, rankdir: rankdir, expandNested: expandNested, showLayerActivations: true)
            return try String(contentsOfFile: path, encoding: .utf8)
        }
    }

    private func residual(blocks: Int) -> Model {
        let input = Input([16], name: "in")
        var x = Dense(8, name: "stem")(input)
        for block in 0..<blocks {
            let y = Dense(8, activation: .relu, name: "a\(block)")(x)
            let z = Dense(8, name: "b\(block)")(y)
            x = Add(name: "sum\(block)")([x, z])
        }
        return Model(inputs: input, outputs: Dense(2, name: "out")(x), name: "residual")
    }

    @Test(arguments: [DiagramDirection.topToBottom, .leftToRight])
    func boxesOfFiftyLayersDoNotOverlap(_ rankdir: DiagramDirection) throws {
        let model = residual(blocks: 16)
        let svg = try drawing(model, rankdir)
        let boxes = boxes(svg)
        #expect(boxes.count == model.layers.count && boxes.count == 51)
        for (index, box) in boxes.enumerated() {
            for other in boxes[..<index] { #expect(!box.overlaps(other)) }
        }
        for layer in model.layers { #expect(svg.contains(">\(layer.name)<")) }
        // An arrow's tip for each edge: 2 of each block lead to the sum, one to each dense layer.
        #expect(svg.components(separatedBy: "Z\"").count - 1 == 16 * 4 + 2)
        #expect(svg.contains("(None, 16) → (None, 8)") && svg.contains("activation relu"))
    }

    @Test func stacksAreDrawnWithAndWithoutAnInput() throws {
        let known = try drawing(Sequential([InputLayer([4]), Dense(3, name: "first"), Dense(2, name: "second")]))
        #expect(boxes(known).count == 3 && known.contains("(None, 3) → (None, 2)"))
        let unknown = try drawing(Sequential([Dense(3), Dense(2)]))
        #expect(boxes(unknown).count == 2)
        #expect(boxes(try drawing(Sequential([]))).count == 1)
    }

    @Test func nestedModelsAreExpandedOnRequest() throws {
        let inner = Sequential([InputLayer([4]), Dense(3, name: "inside")], name: "encoder")
        let input = Input([4], name: "outer")
        let model = Model(inputs: input, outputs: Dense(1, name: "head")(inner(input)))
        let closed = try drawing(model)
        #expect(boxes(closed).count == 3 && closed.contains(">encoder<") && !closed.contains(">inside<"))
        let open = try drawing(model, expandNested: true)
        #expect(boxes(open).count == 3 && open.contains(">encoder<") && open.contains(">inside<"))
    }
}
