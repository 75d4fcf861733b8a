/// What a colour is for. A drawing that stands alone names colours; one inside a report names classes, whose colours the page
/// gives, for light and dark.
///
/// Source of the series' colours: M. Okabe and K. Ito, "Color universal design" (2008): people who do not see red or green as
/// others do can tell them apart.
enum Ink: Equatable {
    /// Titles.
    case strong
    /// Labels of axes.
    case plain
    /// Numbers along axes.
    case muted
    /// Axes and frames.
    case axis
    /// The lines behind the data.
    case grid
    /// The ground of a panel.
    case panel
    /// What lies on a strong colour.
    case inverse
    /// One of several curves.
    case series(Int)

    static let seriesColors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7a62c9", "#666666"]

    var color: String {
        switch self {
        case .strong: "#1f2933"
        case .plain: "#334155"
        case .muted: "#5b6b80"
        case .axis: "#94a3b8"
        case .grid: "#e4e9ee"
        case .panel: "#fbfcfd"
        case .inverse: "#ffffff"
        case .series(let index): Self.seriesColors[index % Self.seriesColors.count]
        }
    }

    /// The name of the class, behind `f` for fills and `s` for strokes.
    var name: String {
        switch self {
        case .strong: "t"
        case .plain: "p"
        case .muted: "m"
        case .axis: "a"
        case .grid: "g"
        case .panel: "b"
        case .inverse: "i"
        case .series(let index): String(index % Self.seriesColors.count)
        }
    }

    static let named: [Ink] = [.strong, .plain, .muted, .axis, .grid, .panel, .inverse] + seriesColors.indices.map { .series($0) }
}

/// Text inside of XML and HTML.
enum Markup {
    /// The text with what has a meaning in XML and HTML escaped, in content and in quoted attributes, and without the
    /// characters that XML cannot have.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..." ", "\u{7F}"..."\u{9F}": result += scalar == " " ? " " : "\u{FFFD}"
            // Marks that turn the direction of what follows, and what XML forbids.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// About how wide text is, in pixels. A drawing cannot measure it.
    static func width(_ text: String, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { sum, scalar in
            let share =
                switch scalar {
                case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "(", ")", "[", "]", "f", "t", "r": 0.35
                case "m", "w", "M", "W", "@", "%": 0.9
                case "A"..."Z": 0.7
                case "\u{1100}"...: 1.05
                default: 0.58
                }
            return sum + share * size
        }
    }

    /// The text, or its beginning and an ellipsis when it is wider.
    static func fitted(_ text: String, to room: Double, size: Double) -> String {
        // Bounds the work for text from outside.
        var text = text.bounded
        guard width(text, size: size) > room else { return text }
        while !text.isEmpty, width(text + "…", size: size) > room { text.removeLast() }
        return text + "…"
    }
}
