import Martlet

extension ONNXOperator {
    static func addLosses(_ table: inout [String: ONNXOperator]) {
        table["NegativeLogLikelihoodLoss"] = ONNXOperator(inputCounts: 2...3, settings: [1]) { call in
            try call.result(call.likelihoodLoss(call.tensor(0, rank: 2)))
        }
        table["SoftmaxCrossEntropyLoss"] = ONNXOperator(inputCounts: 2...3, settings: [1]) { call in
            let logarithms = try call.tensor(0, rank: 2).logSoftmax(axis: 1)
            return try call.result(call.likelihoodLoss(logarithms)) + call.result(logarithms)
        }
    }
}

extension ONNXCall {
    /// The mean, the sum or all of the weighted negative logarithms of the labelled classes' probabilities.
    fileprivate func likelihoodLoss(_ logarithms: Tensor) throws -> Tensor {
        let labels = try integral(1)
        let classes = logarithms.shape[1]
        guard labels.rank == logarithms.rank - 1 else {
            throw MartletError("Expected labels without the classes' axis of \(logarithms.spec). Received: \(labels.spec).")
        }
        let ignored = try int("ignore_index")
        let counts = ignored.map { labels .!= $0 }
        let known = counts.map { `where`($0, labels, labels * 0) } ?? labels
        let chosen = -logarithms.takenAlong(axis: 1, indices: known.expandingDims(at: 1)).squeezed(axis: 1)
        var weights = try optional(2)?.gathered(at: known)
        if let weight = try optional(2), weight.shape != [classes] {
            throw MartletError("Expected \(classes) weights. Received: \(weight.spec).")
        }
        if let counts {
            let flags = counts.cast(to: chosen.dtype)
            weights = weights.map { $0 * flags } ?? flags
        }
        let losses = weights.map { chosen * $0 } ?? chosen
        switch try string("reduction", default: "mean") {
        case "none": return losses
        case "sum": return losses.sum()
        case "mean": return weights.map { losses.sum() / $0.sum() } ?? losses.mean()
        case let other: throw MartletError("Expected the reduction none, mean or sum. Received: \"\(other)\".")
        }
    }
}
