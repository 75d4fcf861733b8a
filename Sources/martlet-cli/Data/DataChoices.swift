import ArgumentParser
import Foundation
import Martlet
import MartletImages

/// What is read of a data set in files, beside its name.
struct DataChoices: ParsableArguments {
    @Option(
        help: ArgumentHelp("The column of a CSV file, or the feature of a TFRecord file, that is the target.", valueName: "name"))
    var label: String?
    @Option(
        help: ArgumentHelp(
            """
            The columns or features that are inputs, separated by commas (default: those that are called like the model's \
            inputs, else all but the label).
            """, valueName: "names"))
    var features: String?
    @Option(
        help: ArgumentHelp(
            "The classes in the order of their numbers, separated by commas: folders, or texts in the label's column.",
            valueName: "names"))
    var classes: String?
    @Option(help: ArgumentHelp("The size that images are brought to (default: that of the model's input).", valueName: "HxW"))
    var imageSize: String?
    @Option(help: "The channels of images (default: those of the model's input).")
    var color: ColorMode?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What pixels, 0 to 255, are multiplied with, such as 0.00392157.", valueName: "factor"))
    var scale = 1.0
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What happens with rows of a CSV file that lack a value: keep (missing numbers are NaN), error, skip, or a number, \
            which is filled in.
            """, valueName: "rule"))
    var missing: CSV.MissingValues = .keep
    @Flag(help: "Leave out images, rows and records that cannot be read; the log tells their number and names the first.")
    var skipUnreadable = false

    func check() throws {
        _ = try size()
        guard scale.isFinite, abs(scale) <= 1e6 else {
            throw MartletError("Expected a number of at most 1e6. Received: \(scale).", at: "--scale")
        }
        guard let classes else { return }
        let names = Self.names(classes) ?? []
        guard !names.isEmpty, Set(names).count == names.count else {
            throw MartletError("Expected different names, separated by commas. Received: \"\(classes)\".", at: "--classes")
        }
    }

    /// Refuses what only files of `--data` have, where there are none: it would be ignored.
    func expectNone() throws {
        let given: [(String, Bool)] = [
            ("--label", label != nil), ("--features", features != nil), ("--classes", classes != nil),
            ("--image-size", imageSize != nil), ("--color", color != nil), ("--scale", scale != 1),
            ("--missing", missing != .keep), ("--skip-unreadable", skipUnreadable),
        ]
        if let option = given.first(where: \.1) { throw ValidationError("Expected --data, which \(option.0) is about.") }
    }

    /// What decides which numbers a model gets of the files.
    var facts: [(String, String)] {
        [
            ("label", label ?? "none"), ("features", features ?? "all"), ("classes", classes ?? "those found"),
            ("size of images", imageSize ?? "the model's"), ("channels of images", color.map { "\($0)" } ?? "the model's"),
            ("scale", "\(scale)"), ("missing values", "\(missing)"), ("unreadable data", skipUnreadable ? "left out" : "an error"),
        ]
    }

    /// The names in a list with commas.
    static func names(_ text: String?) -> [String]? { text.map { $0.split(separator: ",").map(String.init) } }

    /// The height and width of `--image-size`.
    func size() throws -> (height: Int, width: Int)? {
        guard let imageSize else { return nil }
        let numbers = imageSize.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...65_536).contains($0) }) else {
            throw MartletError("Expected a height and a width, such as 96x96. Received: \"\(imageSize)\".", at: "--image-size")
        }
        return (numbers[0], numbers[numbers.count - 1])
    }
}

extension ColorMode: ExpressibleByArgument {}

extension CSV.MissingValues: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "keep": self = .keep
        case "error": self = .fail
        case "skip": self = .skip
        default:
            guard let number = Double(argument), number.isFinite else { return nil }
            self = .fill(number)
        }
    }

    public var defaultValueDescription: String { "keep" }
}

/// One sample of a model.
struct Sample: Batchable {
    let inputs: [Tensor]
    var targets: [Tensor] = []

    static func batch(_ samples: [Sample]) throws -> Batch {
        Batch(inputs: try [Tensor].batch(samples.map(\.inputs)), targets: try [Tensor].batch(samples.map(\.targets)))
    }
}
