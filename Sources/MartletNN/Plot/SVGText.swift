import Foundation

/// The text of an SVG drawing as it grows.
struct SVGText {
    private(set) var content = ""

    /// Begins a drawing of the given size on white. The last line, `</svg>`, is the caller's.
    init(width: Double, height: Double) {
        line(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width.plain)\" height=\"\(height.plain)\" "
                + "viewBox=\"0 0 \(width.plain) \(height.plain)\" "
                + "font-family=\"Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">")
        line("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>")
    }

    mutating func line(_ text: String) { content += text + "\n" }

    mutating func text(
        _ text: String, x: Double, y: Double, size: Int, color: String, anchor: String = "start", weight: Int = 400
    ) {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        line(
            "<text x=\"\(x.plain)\" y=\"\(y.plain)\" font-size=\"\(size)\" font-weight=\"\(weight)\" fill=\"\(color)\" "
                + "text-anchor=\"\(anchor)\">\(escaped)</text>")
    }

    mutating func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) {
        line(
            "<line x1=\"\(x1.plain)\" y1=\"\(y1.plain)\" x2=\"\(x2.plain)\" y2=\"\(y2.plain)\" stroke=\"\(color)\"/>")
    }

    mutating func path(_ points: [(Double, Double)], color: String) {
        let places = points.map { "\($0.plain),\($1.plain)" }.joined(separator: " ")
        line(
            "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2.2\" "
                + "stroke-linejoin=\"round\" stroke-linecap=\"round\"/>")
    }

    mutating func dot(_ x: Double, _ y: Double, radius: Double, color: String) {
        line("<circle cx=\"\(x.plain)\" cy=\"\(y.plain)\" r=\"\(radius.plain)\" fill=\"\(color)\"/>")
    }
}

extension Double {
    /// At most two decimals, none where they are zero.
    var plain: String { rounded() == self ? String(format: "%.0f", self) : String(format: "%.2f", self) }
}
