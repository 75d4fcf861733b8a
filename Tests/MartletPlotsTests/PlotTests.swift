import Martlet
import TestSupport
import Testing

/// Places follow from the scales by hand: the drawing area is x 64...620, and y 60...344 below a title.
@Suite(.ownSession) struct PlotTests {
    private func lines(_ plot: Plot, _ start: String) -> [String] {
        plot.svg.split(separator: "\n").filter { $0.hasPrefix(start) }.map(String.init)
    }

    /// Three decades on the vertical axis; the gap at NaN parts the curve, and -1 has no logarithm.
    @Test func curvesOnALogarithmicAxis() {
        var plot = Plot("a & b", x: .init("step"), y: .init("rate", isLogarithmic: true))
        plot.addLine("line", x: [1, 2, 3, 4, 5], y: [100, 10, .nan, 1, 0.1])
        plot.addPoints("points", x: [.nan, 1, 2], y: [1, 10, -1])
        let curves = lines(plot, "<polyline")
        #expect(curves.count == 2 && curves[0].contains("\"64,60 203,154.67\"") && curves[1].contains("\"481,249.33 620,344\""))
        #expect(lines(plot, "<circle").count == 1)
        for label in ["a &amp; b", ">step<", ">rate<", ">line<", ">0.1<", ">100<"] { #expect(plot.svg.contains(label)) }
    }

    /// 3 of 5 values lie below 0.5; the value on the border counts above.
    @Test func histogramsCount() {
        var plot = Plot("h")
        plot.addHistogram("values", of: [0, 0.1, 0.2, 0.5, 1, .nan], bins: 2)
        let bars = lines(plot, "<rect x")
        #expect(bars.count == 2)
        #expect(bars[0].contains("y=\"60\" width=\"278\" height=\"284\""))
        #expect(bars[1].contains("x=\"342\" y=\"154.67\" width=\"278\" height=\"189.33\""))
    }

    @Test func barsHaveNames() {
        var plot = Plot("b")
        plot.addBars("values", ["first": 1, "second": -2])
        let bars = lines(plot, "<rect x")
        #expect(bars.count == 2 && bars[0].contains("y=\"60\"") && bars[1].contains("y=\"154.67\""))
        #expect(plot.svg.contains(">first<") && plot.svg.contains(">second<"))
    }

    /// Nothing that data holds stops the program.
    @Test(arguments: [[], [.nan], [.infinity, 1], [-1e308, 1e308], [0, 0], [1e-300, 0], [-1, 0]] as [[Double]], [false, true])
    func anyDataIsDrawn(_ values: [Double], isLogarithmic: Bool) {
        for range in [nil, -1...1, 2...2, 1...10] as [ClosedRange<Double>?] {
            let axis = Plot.Axis("axis", isLogarithmic: isLogarithmic, range: range)
            var plot = Plot(x: axis, y: axis)
            plot.addLine(x: values, y: values)
            plot.addHistogram(of: values, bins: 3)
            #expect(plot.svg.hasSuffix("</svg>\n") && !plot.svg.contains("nan") && !plot.svg.contains("inf"))
        }
    }
}
