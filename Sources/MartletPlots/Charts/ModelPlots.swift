import Foundation
import MartletCore
import MartletFormats
import MartletNN

extension History {
    /// Draws the loss and each metric over the epochs, training beside validation, and writes the drawing to an SVG file.
    ///
    /// ```swift
    /// let history = try model.fit(x, y, epochs: 10, validationSplit: 0.1)
    /// try history.plot(to: "history.svg")
    /// ```
    /// - Parameter title: a line above the panels.
    /// - Throws: `MartletError` when the file cannot be written.
    public func plot(to path: String, title: String? = nil) throws {
        try SVG.write(TrainingPlot.svg(self, title: title), to: path)
    }
}

extension LearningRateSchedule {
    /// The rate over the first `steps` updates.
    ///
    /// ```swift
    /// try CosineDecay(initialLearningRate: 0.1, decaySteps: 1000).plot(steps: 1200).write(to: "rate.svg")
    /// ```
    public func plot(steps: Int, title: String = "Learning rate") -> Plot {
        let places = thinned(Array(0..<max(1, steps)), to: 400)
        var plot = Plot(title, x: .init("step", isWhole: true), y: .init("learning rate"))
        plot.addLine(x: places.map(Double.init), y: places.map { self(Tensor($0, dtype: .int64)).item() })
        return plot
    }
}

extension Model {
    /// The values of the weights of each layer in bars: how many lie in each part of their range.
    /// - Parameters:
    ///   - bins: the number of bars.
    ///   - limit: how many weights are drawn at most, the first ones.
    /// - Returns: a drawing for each trained weight, with the weight's path as title.
    public func weightHistograms(bins: Int = 40, limit: Int = 64) -> [Plot] {
        trainableVariables.prefix(max(0, limit)).map { variable in
            var plot = Plot(variable.path, x: .init("value"), y: .init("count"))
            plot.addHistogram(of: variable.value.scalars(), bins: bins)
            return plot
        }
    }
}
