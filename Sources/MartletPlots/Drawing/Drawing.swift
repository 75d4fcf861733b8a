import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// What can be drawn: plots, grids of images, matrices.
///
/// ```swift
/// var plot = Plot("Loss")
/// plot.addLine("training", y: [1.2, 0.6, 0.3])
/// try plot.write(to: "loss.svg")
/// let writer = try SummaryWriter(logDirectory: "logs")
/// try writer.figure("loss", plot, step: 3)
/// try writer.close()
/// ```
public protocol Drawing {
    /// The drawing as SVG, a file of its own.
    var svg: String { get }
}

extension Drawing {
    /// Writes the drawing to a file, in place of one that is there.
    /// - Parameter path: a name that ends in `.svg`, or has no ending.
    /// - Throws: `MartletError` when the name has the ending of another kind of file, or the file cannot be written.
    public func write(to path: String) throws { try SVG.write(svg, to: path) }
}

extension SummaryWriter {
    /// Adds a drawing. TensorBoard up to 2.20 shows it beside the images; 2.21 shows images of pixels only.
    /// - Parameters:
    ///   - name: the tag; a slash groups tags.
    ///   - drawing: a `Plot`, an `ImageGrid`, a `ConfusionMatrix`, a `TrainingMonitor`, or a drawing of your own.
    /// - Throws: `MartletError` as `scalar` does, and when a drawing of your own is no SVG.
    public func figure(_ name: String, _ drawing: some Drawing, step: Int, description: String? = nil) throws {
        try figure(name, svg: drawing.svg, step: step, description: description)
    }
}

/// Files of drawings.
enum SVG {
    /// - Throws: `MartletError` when the name has the ending of another kind of file, or the file cannot be written.
    static func write(_ svg: String, to path: String) throws {
        let ending = (path as NSString).pathExtension.lowercased()
        guard ["svg", ""].contains(ending) else {
            throw MartletError(
                "Expected a name that ends in .svg: drawings are SVG, which browsers and editors show and convert. "
                    + "Received: .\(ending).", at: path)
        }
        try FileIO.write(svg, to: path)
    }
}
