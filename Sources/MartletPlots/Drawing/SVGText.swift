import Foundation

/// The text of an SVG drawing as it grows.
struct SVGText {
    /// Where a drawing is shown.
    enum Place {
        /// In a file of its own, on white.
        case file
        /// In a page, which gives the colours.
        case page
    }

    private(set) var content = ""
    private let place: Place

    /// Begins a drawing of the given size. The last line, `</svg>`, is `finish`'s.
    /// - Parameters:
    ///   - label: what the drawing shows, for those who cannot see it.
    ///   - scales: whether it takes the width that it gets in a page.
    ///   - least: for a drawing across a page, the least width that it takes; a narrower page scrolls it.
    init(
        width: Double, height: Double, in place: Place = .file, label: String = "", scales: Bool = true, least: Double? = nil
    ) {
        self.place = place
        let size = "viewBox=\"0 0 \(width.plain) \(height.plain)\""
        switch place {
        case .file:
            line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width.plain)\" height=\"\(height.plain)\" \(size) "
                    + "font-family=\"Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">")
            if !label.isEmpty { line("<title>\(Markup.escaped(label))</title>") }
            line("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>")
        case .page:
            let extent = scales ? "" : "width=\"\(width.plain)\" height=\"\(height.plain)\" "
            let across = least.map { "class=\"across\" style=\"min-width:\($0.plain)px\" " } ?? ""
            line("<svg \(extent)\(across)\(size) role=\"img\" aria-label=\"\(Markup.escaped(label))\">")
        }
    }

    /// Ends the drawing.
    mutating func finish() -> String {
        line("</svg>")
        return content
    }

    mutating func line(_ text: String) { content += text + "\n" }

    /// The attribute that fills with a colour.
    func fill(_ ink: Ink) -> String { place == .file ? "fill=\"\(ink.color)\"" : "class=\"f\(ink.name)\"" }
    /// The attribute that draws lines in a colour.
    func stroke(_ ink: Ink) -> String { place == .file ? "stroke=\"\(ink.color)\"" : "class=\"s\(ink.name)\"" }

    mutating func text(
        _ text: String, x: Double, y: Double, size: Int, _ ink: Ink, anchor: String = "start", weight: Int = 400,
        rotated angle: Double = 0
    ) {
        let turn = angle == 0 ? "" : " transform=\"rotate(\(angle.plain) \(x.plain) \(y.plain))\""
        line(
            "<text x=\"\(x.plain)\" y=\"\(y.plain)\" font-size=\"\(size)\""
                + (weight == 400 ? "" : " font-weight=\"\(weight)\"") + " \(fill(ink))"
                + (anchor == "start" ? "" : " text-anchor=\"\(anchor)\"") + "\(turn)>\(Markup.escaped(text))</text>")
    }

    mutating func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ ink: Ink, isDashed: Bool = false) {
        line(
            "<line x1=\"\(x1.plain)\" y1=\"\(y1.plain)\" x2=\"\(x2.plain)\" y2=\"\(y2.plain)\" \(stroke(ink))"
                + (isDashed ? " stroke-dasharray=\"4 4\"" : "") + "/>")
    }

    mutating func path(
        _ points: [(Double, Double)], _ ink: Ink, width: Double = 2.2, opacity: Double = 1, isDashed: Bool = false
    ) {
        line(
            "<polyline points=\"\(places(points))\" fill=\"none\" \(stroke(ink)) stroke-width=\"\(width.plain)\""
                + (opacity == 1 ? "" : " stroke-opacity=\"\(opacity.plain)\"")
                + (isDashed ? " stroke-dasharray=\"6 4\"" : "") + " stroke-linejoin=\"round\" stroke-linecap=\"round\"/>")
    }

    /// A filled area.
    mutating func area(_ points: [(Double, Double)], _ ink: Ink, opacity: Double) {
        line("<polygon points=\"\(places(points))\" \(fill(ink)) fill-opacity=\"\(opacity.plain)\"/>")
    }

    private func places(_ points: [(Double, Double)]) -> String {
        points.map { "\($0.plain),\($1.plain)" }.joined(separator: " ")
    }

    mutating func dot(_ x: Double, _ y: Double, radius: Double, _ ink: Ink, opacity: Double = 1) {
        line(
            "<circle cx=\"\(x.plain)\" cy=\"\(y.plain)\" r=\"\(radius.plain)\" \(fill(ink))"
                + (opacity == 1 ? "" : " fill-opacity=\"\(opacity.plain)\"") + "/>")
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ ink: Ink, opacity: Double = 1, radius: Double = 0,
        frame: Ink? = nil
    ) {
        // An element has one class: the frame gets an element of its own.
        let place = "x=\"\(x.plain)\" y=\"\(y.plain)\" width=\"\(width.plain)\" height=\"\(height.plain)\""
            + (radius == 0 ? "" : " rx=\"\(radius.plain)\"")
        line("<rect \(place) \(fill(ink))" + (opacity == 1 ? "" : " fill-opacity=\"\(opacity.plain)\"") + "/>")
        if let frame { line("<rect \(place) fill=\"none\" \(stroke(frame))/>") }
    }

    /// An image of whole pixels, blown up without smoothing.
    mutating func image(_ png: String, x: Double, y: Double, width: Double, height: Double) {
        line(
            "<image x=\"\(x.plain)\" y=\"\(y.plain)\" width=\"\(width.plain)\" height=\"\(height.plain)\" "
                + "preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"\(png)\"/>")
    }
}

extension Double {
    /// At most two decimals, none where they are zero.
    var plain: String {
        guard rounded() != self else { return String(format: "%.0f", self) }
        let text = String(format: "%.2f", self)
        return text.hasSuffix("0") ? text.hasSuffix(".00") ? String(text.dropLast(3)) : String(text.dropLast()) : text
    }

    /// Four significant digits, for people: `0.0312`, `12,500` as `1.25e+04`.
    var brief: String { isFinite ? String(format: "%.4g", self) : isNaN ? "NaN" : self < 0 ? "−∞" : "∞" }
}
