import Foundation
import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct SearchTests {
    private static let x = Tensor((0..<48).map { Double($0 % 7) / 7 - 0.5 }, shape: [24, 2])
    private static let y = x[0..., 0..<1] * 2 - x[0..., 1..<2]

    private func tuner(_ folder: String?, trials: Int, workers: Int = 1) throws -> ModelTuner {
        try ModelTuner(
            objective: "val_loss", maxTrials: trials, workers: workers, sampler: RandomSampler(), folder: folder, seed: 5
        ) { hp in
            let model = Sequential([InputLayer([2])])
            for index in 0..<(try hp.int("layers", min: 0, max: 2)) {
                model.add(Dense(try hp.int("units_\(index)", min: 2, max: 8, step: 2), activation: .relu))
            }
            model.add(Dense(1))
            try model.compile(
                optimizer: SGD(learningRate: hp.float("rate", min: 1e-3, max: 0.3, sampling: .log)),
                loss: hp.choice("loss", ["mse", "mae"]))
            return model
        }
    }

    /// The best model has the weights of its best epoch, and a search that is run again adds nothing.
    @Test func bestModel() throws {
        try withFolder { folder in
            let first = try tuner(folder, trials: 2)
            try first.search(Self.x, Self.y, batchSize: 8, epochs: 2, validationData: (Self.x, Self.y))
            let tuner = try tuner(folder, trials: 4)
            try tuner.search(Self.x, Self.y, batchSize: 8, epochs: 2, validationData: (Self.x, Self.y))
            let trials = try tuner.study.trials
            #expect(trials.count == 4)
            let best = try #require(try tuner.bestTrials().first)
            #expect(best.value == trials.compactMap(\.value).min())
            let model = try tuner.bestModels()[0]
            let logs = try model.evaluate(Self.x, Self.y, batchSize: 8)
            #expect(abs(logs["loss"]! - best.value!) < 1e-6)
            #expect(try tuner.bestHyperParameters()[0].values == best.params)
            #expect(try tuner.resultsSummary().split(separator: "\n").count == 4)
            // The same trials without a folder.
            let other = try self.tuner(nil, trials: 4)
            try other.search(Self.x, Self.y, batchSize: 8, epochs: 2, validationData: (Self.x, Self.y))
            #expect(try other.study.trials.map(Outcome.init) == trials.map(Outcome.init))
            expectError("folder") { try other.bestModels() }
        }
    }

    @Test func directions() throws {
        #expect(try ModelTuner.direction(of: "val_loss") == .minimize)
        #expect(try ModelTuner.direction(of: "val_accuracy") == .maximize)
        expectError("direction", "speed") { try ModelTuner.direction(of: "speed") }
        expectError("not compiled") {
            let tuner = try ModelTuner(objective: "loss", maxTrials: 1) { _ in Sequential([InputLayer([2]), Dense(1)]) }
            try tuner.search(Self.x, Self.y)
        }
    }

    /// Values stand where the space says.
    @Test func modelSpace() throws {
        let base = Sequential([InputLayer([2]), Dense(3, activation: .relu, name: "hidden"), Dense(1, name: "out")])
        try base.compile(optimizer: Adam(), loss: "mse")
        let json = try JSONValue(parsing: base.toJSON())
        func space(_ text: String) throws -> ModelSpace { try ModelSpace(json: JSONValue(parsing: text)) }
        let good = try space(
            #"{"optimizer.learning_rate": {"low": 0.001, "high": 0.1, "log": true}, "batch_size": [4, 8],"#
                + #""layers.hidden.units": {"type": "int", "low": 5, "high": 9}, "layers.hidden.activation": ["tanh", "elu"]}"#)
        let study = try Study(sampler: RandomSampler(), seed: 1)
        let trial = try study.ask()
        let sample = try good.sample(json, trial)
        let kernel = sample.model.trainableVariables[0].value
        #expect(kernel.shape == [2, trial.params["layers.hidden.units"].flatMap { Int(json: $0) }!])
        #expect(abs(sample.model.optimizer!.learningRate - Double(json: trial.params["optimizer.learning_rate"]!)!) < 1e-7)
        #expect(sample.batchSize == trial.params["batch_size"].flatMap { Int(json: $0) })
        #expect(try good.sample(json, values: trial.params).model.toJSON() == sample.model.toJSON())
        for (text, part) in [
            (#"{"layers.nothing.units": [1]}"#, "hidden, out"), (#"{"layers.out.size": [1]}"#, "units"),
            (#"{"size": [1]}"#, "batch_size"),
            (#"{"optimizer.rate": [1]}"#, "learning_rate"), (#"{"batch_size": [0]}"#, "at least 1"),
        ] {
            expectError(part) { try space(text).sample(json, study.ask()) }
            expectError(part) { try space(text).check(json) }
        }
        try good.check(json)
        // Choices that a model cannot have are seen before any trial takes them.
        for (text, parts) in [
            (#"{"layers.hidden.activation": ["relu", "rellu"]}"#, ("layers.hidden.activation \"rellu\"", "rellu")),
            (#"{"layers.hidden.units": [4, 0]}"#, ("layers.hidden.units 0", "units")),
            (#"{"batch_size": [8, "a lot"]}"#, ("batch_size", "a lot")),
        ] {
            expectError(parts.0, parts.1) { try space(text).check(json) }
        }
        for (text, part) in [
            ("{}", "at least one"), (#"{"a": []}"#, "choice"), (#"{"a": {"low": 2, "high": 1}}"#, "\"a\""),
            (#"{"a": {"low": 2}}"#, "high"), (#"{"a": {"min": 2}}"#, "min"),
            (#"{"a": {"type": "text", "low": 1, "high": 2}}"#, "text"),
        ] {
            expectError(part) { try space(text) }
        }
    }

    /// The page has every part, is XML, and escapes names.
    @Test func page() throws {
        let study = try Study("a <b>", sampler: RandomSampler(), pruner: MedianPruner(startupTrials: 2), seed: 2)
        try study.optimize(trials: 14, mixedObjective)
        let page = try study.reportPage()
        for part in [
            "History", "Importance", "Parallel coordinates", "Parameters", "Curves", "The trials", "a &lt;b&gt;", "<svg",
        ] {
            #expect(page.contains(part))
        }
        #expect(!page.contains("<script") && !page.contains("a <b>"))
        // Choices have their names, and the value an axis.
        for part in [">a</text>", ">b</text>", ">value</text>", "time of all trials", "whole trials"] {
            #expect(page.contains(part), "\(part)")
        }
        let parser = XMLCheck(page)
        #expect(parser.isBalanced)
        let two = try Study(directions: [.minimize, .maximize], sampler: RandomSampler(), seed: 2)
        try two.optimizeAll(trials: 5) { [try $0.float("x", 0...1), try $0.float("y", 0...1)] }
        #expect(try two.reportPage().contains("Objectives"))
        #expect(try Study(seed: 1).reportPage().contains("</html>"))
    }

    /// Counts tags: every one that opens is closed, in order.
    private struct XMLCheck {
        let isBalanced: Bool
        init(_ text: String) {
            var open: [Substring] = []
            var good = true
            for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
                guard let end = piece.firstIndex(of: ">"), !piece.hasPrefix("!") else { continue }
                let tag = piece[..<end]
                if tag.hasPrefix("/") {
                    good = good && open.popLast() == tag.dropFirst()
                } else if !tag.hasSuffix("/") {
                    open.append(tag.prefix { $0 != " " && $0 != "\n" })
                }
            }
            isBalanced = good && open.isEmpty
        }
    }
}
