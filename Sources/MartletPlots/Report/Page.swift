import Foundation

/// The text of an HTML page as it grows. It is XML as well, holds no script, and may load nothing.
package struct Page {
    package private(set) var content = ""

    package init(title: String) {
        add(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(Markup.escaped(title))</title>
            <style>\(Self.style)</style></head><body><main>
            """)
    }

    package mutating func finish() -> String {
        add("</main></body></html>")
        return content
    }

    /// Adds markup as it is.
    package mutating func add(_ markup: String) { content += markup + "\n" }

    /// Adds text with its special characters escaped.
    package mutating func addText(_ text: String) { content += Markup.escaped(text) }

    package mutating func section(_ title: String, note: String = "", _ body: (inout Page) -> Void) {
        add("<section><h2>\(Markup.escaped(title))</h2>")
        if !note.isEmpty { add("<p class=\"note\">\(Markup.escaped(note))</p>") }
        body(&self)
        add("</section>")
    }

    package mutating func grid(_ body: (inout Page) -> Void) {
        add("<div class=\"grid\">")
        body(&self)
        add("</div>")
    }

    /// A drawing with its numbers below it.
    mutating func figure(
        _ svg: String, note: String = "", table: (header: [String], rows: [[String]])? = nil, isWide: Bool = false,
        scrolls: Bool = false
    ) {
        add("<figure\(isWide ? " class=\"wide\"" : "")>")
        add(scrolls ? "<div class=\"scroll\">\(svg)</div>" : svg)
        if !note.isEmpty { add("<figcaption>\(Markup.escaped(note))</figcaption>") }
        if let table, !table.rows.isEmpty {
            add("<details><summary>Numbers</summary>")
            self.table(table.header, table.rows)
            add("</details>")
        }
        add("</figure>")
    }

    package mutating func plot(_ plot: Plot, note: String = "") {
        guard !plot.isEmpty else { return }
        var plot = plot
        (plot.width, plot.height) = (440, 290)
        figure(plot.svg(in: .page), note: note, table: plot.table())
    }

    /// A drawing across the page.
    package mutating func axes(_ drawing: ParallelAxes, note: String = "") {
        guard !drawing.isEmpty else { return }
        figure(drawing.svg(in: .page), note: note, isWide: true, scrolls: true)
    }

    /// - Parameter bars: for each row how long its bar is, from 0 to 1; empty for no bars.
    package mutating func table(_ header: [String], _ rows: [[String]], bars: [Double] = []) {
        let head = header.map { "<th scope=\"col\">\(Markup.escaped($0))</th>" }.joined()
        add("<div class=\"scroll\"><table><thead><tr>\(head)\(bars.isEmpty ? "" : "<th></th>")</tr></thead><tbody>")
        for (index, row) in rows.enumerated() {
            let cells = row.enumerated().map { place, text -> String in
                // A number stays with its unit.
                let text = Markup.escaped(text.count < 16 && place > 0 ? text.replacing(" ", with: "\u{A0}") : text.bounded)
                return place == 0 ? "<th scope=\"row\">\(Self.breakable(text))</th>" : "<td>\(text)</td>"
            }
            let bar = index < bars.count
                ? "<td class=\"bar\"><i style=\"width:\((max(0, min(1, bars[index])) * 100).plain)%\"></i></td>" : ""
            add("<tr>\(cells.joined())\(bar)</tr>")
        }
        add("</tbody></table></div>")
    }

    /// Text in which long names break between their words: `cnn/max_pooling2d`, `sparseSoftmaxCrossEntropy`.
    /// - Parameter markup: text that is escaped.
    private static func breakable(_ markup: String) -> String {
        markup.count < 12 ? markup : markup.replacing(/[\/_]|[a-z](?=[A-Z])/) { "\($0.output)<wbr/>" }
    }

    /// Names with their values.
    package mutating func pairs(_ values: [(String, String)]) {
        add("<dl>")
        for (name, value) in values {
            add("<dt>\(Markup.escaped(name.bounded))</dt><dd>\(Markup.escaped(value.bounded))</dd>")
        }
        add("</dl>")
    }

    /// The colours of drawings, for light or dark.
    private static func colors(_ isDark: Bool) -> String {
        let dark: [String: String] = [
            "t": "#f1f5f9", "p": "#d3dbe5", "m": "#9fb0c3", "a": "#64748b", "g": "#2c3744", "b": "#1b232d", "i": "#0c1218",
            "0": "#5cb3ee", "1": "#ff9a5a", "2": "#35cfa0", "3": "#e6a3c6", "4": "#e6c229", "5": "#8fd0f5", "6": "#b3a1f0",
            "7": "#a8a8a8",
        ]
        return Ink.named.map { "--\($0.name):\(isDark ? dark[$0.name]! : $0.color)" }.joined(separator: ";")
    }

    private static let style: String = {
        let inks = Ink.named.map { ".f\($0.name){fill:var(--\($0.name))}.s\($0.name){stroke:var(--\($0.name))}" }.joined()
        let light = "--page:#f4f6f9;--card:#fff;--line:#dde4ec;--text:#1f2933;--soft:#526071"
        let dark = "--page:#0f151c;--card:#161d26;--line:#2b3643;--text:#e6ecf2;--soft:#9fb0c3"
        return """
            :root{color-scheme:light dark;\(light);\(colors(false))}
            @media (prefers-color-scheme:dark){:root{\(dark);\(colors(true))}}
            \(inks)
            *{box-sizing:border-box}
            body{margin:0;background:var(--page);color:var(--text);
             font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
            main{max-width:1400px;margin:0 auto;padding:24px 20px 64px}
            h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
            h2{font-size:1.2rem;margin:40px 0 4px}
            .note,.sub{color:var(--soft);margin:0 0 14px;max-width:75ch}
            .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:20px 0}
            .tiles div,figure,.card,.samples div{background:var(--card);border:1px solid var(--line);border-radius:10px}
            .tiles div{padding:10px 14px}
            .tiles b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
            .tiles span{color:var(--soft);font-size:.85rem}
            .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:16px;margin-top:12px}
            figure{margin:0;padding:12px;min-width:0}
            figure.wide{grid-column:1/-1}
            .card{padding:12px 14px;margin-top:12px;min-width:0}
            figure svg{display:block;width:100%;height:auto;max-width:640px;margin:0 auto}
            figure svg.across{max-width:none}
            figcaption{color:var(--soft);font-size:.85rem;margin-top:6px}
            .scroll{overflow:auto;max-height:80vh}
            details{margin-top:6px;font-size:.9rem}
            summary{cursor:pointer;color:var(--soft)}
            summary:focus-visible{outline:2px solid var(--0);outline-offset:2px}
            table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;width:100%}
            th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
            th:first-child{text-align:left}
            thead th{color:var(--soft);font-weight:600}
            tbody th{font-weight:500;overflow-wrap:anywhere;min-width:7em}
            .bar{width:30%;min-width:80px;text-align:left;vertical-align:middle}
            .bar i{display:block;height:10px;border-radius:5px;background:var(--0);min-width:1px}
            dl{display:grid;grid-template-columns:minmax(90px,max-content) 1fr;gap:4px 20px;margin:0}
            dt{color:var(--soft)}
            dd{margin:0;overflow-wrap:anywhere;min-width:0}
            .samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:12px;margin-top:12px}
            .samples div{padding:10px;font-size:.8rem;line-height:1.35;overflow-wrap:anywhere}
            .samples img{display:block;width:100%;height:auto;image-rendering:pixelated;margin:0 auto 6px}
            .samples b{color:var(--1)}
            .samples b.right{color:var(--2)}
            @media (max-width:480px){
            main{padding:16px 12px 48px}h1{font-size:1.4rem}dl{grid-template-columns:1fr}dd{margin-bottom:6px}
            .tiles{grid-template-columns:1fr 1fr}
            .bar{width:15%;min-width:36px}
            }
            @media print{body{background:#fff}figure,.card{break-inside:avoid}}
            """
    }()
}
