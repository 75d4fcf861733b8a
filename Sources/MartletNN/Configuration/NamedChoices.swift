import MartletCore
import MartletData

// Choices that may be written by their names in Keras: `RandomFlip("horizontal")`.

extension MonitorMode: NamedChoice {}
extension DataFormat: NamedChoice {}
extension Reduction: NamedChoice {}
extension OutputMode: NamedChoice {}
extension BoundingBoxFormat: NamedChoice {}
extension Bidirectional.MergeMode: NamedChoice {}
extension Attention.ScoreMode: NamedChoice {}
extension RandomFlip.Mode: NamedChoice {}
extension STFTSpectrogram.Mode: NamedChoice {}
extension AUC.Curve: NamedChoice {}
extension AUC.SummationMethod: NamedChoice {}
extension FBetaScore.Average: NamedChoice {}
extension R2Score.Aggregation: NamedChoice {}
extension VarianceScaling.Mode: NamedChoice {}
extension VarianceScaling.Distribution: NamedChoice {}
extension OrthogonalRegularizer.Mode: NamedChoice {}

extension TextStandardization: NamedChoice {
    public static var choicesByName: [(name: String, choice: TextStandardization)] {
        [
            ("lower_and_strip_punctuation", .lowerAndStripPunctuation), ("lower", .lower),
            ("strip_punctuation", .stripPunctuation),
        ]
    }
}

extension TextSplit: NamedChoice {
    public static var choicesByName: [(name: String, choice: TextSplit)] {
        [("whitespace", .whitespace), ("character", .character)]
    }
}
