import Foundation
import Martlet
import MartletFormats
import MartletNN
import MartletTuner

/// The study of `martlet tune`, and who chooses its trials.
extension TuneCommand {
    /// Refuses a study that was begun with other data, options, space or model: its trials would not compare. The numbers of
    /// trials and of workers may change, and what says where files are.
    func checkFacts(of search: Study, _ configuration: JSONValue) throws {
        let arrays = (samples.x + samples.y + samples.sampleWeight).map { DataDigest.digest($0) ?? $0 }
        var facts: TrainingFacts = [
            "configuration of the model": DataDigest.digest(of: configuration.serialized().utf8), "batch size": String(samples.batchSize),
            "validation split": String(validationSplit),
        ]
        facts.merge(samples.facts) { $1 }
        if !arrays.isEmpty { facts["digest of the data"] = DataDigest.digest(of: arrays.joined(separator: " ").utf8) }
        try check(facts, of: search)
    }

    /// Refuses a study that was begun with other facts or options, and notes them for one that begins.
    func check(_ own: TrainingFacts, of search: Study) throws {
        guard let study else { return }
        var facts = own
        // Not of its text: spaces and lines say nothing.
        let values = try JSONValue(parsing: FileIO.read(space, limit: 1 << 24)).serialized()
        facts["digest of the space"] = DataDigest.digest(of: values.utf8)
        facts.merge([("epochs", String(epochs)), ("metric", try checkedMetric()), ("sampler", sampler), ("pruner", pruner)]) { $1 }
        try facts.check(
            search.userAttribute(Self.factsKey, orSetting: facts.json), of: "the study that is in the file",
            remedy: "Give the same to go on, or another --name or --study to begin anew. More --trials and other --workers are fine.",
            at: study)
    }

    /// Where a study keeps what it was begun with.
    private static let factsKey = "martlet:facts"

    /// The study, with the seed and the lookahead that it has in its file where none are given.
    func openStudy(_ direction: Direction, _ sampler: any Sampler, _ pruner: any Pruner) throws -> Study {
        let storage = study.map { StudyStorage.journal($0) } ?? .memory
        do {
            let isKnown = try study.map { FileManager.default.fileExists(atPath: $0) } ?? false
                && storage.studyNames().contains(name)
            let search = try Study(
                name, direction: direction, sampler: sampler, pruner: pruner, storage: storage, existing: .load,
                seed: isKnown ? seed : seed ?? 42, lookahead: isKnown ? lookahead : lookahead ?? workers - 1)
            guard workers - 1 <= search.lookahead else {
                throw MartletError(
                    """
                    Expected at most \(search.lookahead + 1), as the study was begun with a lookahead of \(search.lookahead). \
                    Received: \(workers). Begin another study with --lookahead \(workers - 1) for more.
                    """, at: "workers")
            }
            return search
        } catch let error as MartletError {
            let isOption = ["seed", "lookahead", "workers"].contains(error.location)
            throw MartletError(error.message, at: isOption ? "--\(error.location!)" : error.location ?? "--study")
        }
    }

    func direction(of metric: String) throws -> Direction {
        switch direction {
        case "minimize": return .minimize
        case "maximize": return .maximize
        case nil:
            return try readingOption("--direction") {
                do {
                    return try ModelTuner.direction(of: metric)
                } catch let error as MartletError {
                    throw MartletError(error.message)
                }
            }
        case let other?: throw wrongOption("Expected minimize or maximize. Received: \"\(other)\".", at: "--direction")
        }
    }

    func makeSampler() throws -> any Sampler {
        switch sampler {
        case "tpe": TPESampler()
        case "gp": GPSampler()
        case "cmaes": CmaEsSampler()
        case "random": RandomSampler()
        case "quasi-random": QuasiRandomSampler()
        default:
            throw wrongOption(
                "Expected tpe, gp, cmaes, random or quasi-random. Received: \"\(sampler)\".", at: "--sampler")
        }
    }

    func makePruner() throws -> any Pruner {
        switch pruner {
        case "none": NopPruner()
        case "median": MedianPruner()
        case "asha": SuccessiveHalvingPruner(minResource: 1)
        case "hyperband": HyperbandPruner(maxResource: epochs)
        default: throw wrongOption("Expected none, median, asha or hyperband. Received: \"\(pruner)\".", at: "--pruner")
        }
    }
}
