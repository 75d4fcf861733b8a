import Foundation
import Martlet

extension ONNXOperator {
    static func addRegions(_ table: inout [String: ONNXOperator]) {
        table["RoiAlign"] = ONNXOperator(inputCounts: 3...3, settings: [1, 2], needsElements: true) { call in
            try call.result(call.alignedRegions())
        }
        table["NonMaxSuppression"] = ONNXOperator(inputCounts: 2...5, settings: [2, 3, 4], needsElements: true) { call in
            [ONNX.Value(try call.suppressed())]
        }
    }
}

extension ONNXCall {
    fileprivate func alignedRegions() throws -> Tensor {
        let (x, rois) = (try tensor(0, rank: 4), try doubles(1))
        let batches = try integers(2)
        let (height, width) = (try int("output_height", default: 1), try int("output_width", default: 1))
        let ratio = try int("sampling_ratio", default: 0)
        let scale = try float("spatial_scale", default: 1)
        let mode = try string("coordinate_transformation_mode", default: version >= 16 ? "half_pixel" : "output_half_pixel")
        let shift = mode == "half_pixel" ? 0.5 : 0
        let isMaximum = try string("mode", default: "avg") == "max"
        guard rois.count == 4 * batches.count, rois.allSatisfy({ $0.magnitude < 0x1p24 }), scale.magnitude < 0x1p24,
            (1...1 << 12).contains(height), (1...1 << 12).contains(width),
            (0...1 << 10).contains(ratio), batches.allSatisfy({ (0..<x.shape[0]).contains($0) })
        else { throw MartletError("Expected regions [count, 4] of images in 0..<\(x.shape[0]).") }
        let sampling = try ONNXSampling(mode: "linear", padding: "border", aligns: true)
        let parts = try batches.enumerated().map { region, batch in
            let box = (0..<4).map { rois[4 * region + $0] * scale - shift }
            var sizes = [box[3] - box[1], box[2] - box[0]]
            if shift == 0 { sizes = sizes.map { max($0, 1) } }
            let counts = [height, width]
            var lines: [[Double]] = []
            var samples: [Int] = []
            for axis in 0..<2 {
                let bin = sizes[axis] / Double(counts[axis])
                let count = ratio > 0 ? ratio : max(1, Int(min(bin.rounded(.up), 1024)))
                samples.append(count)
                let start = box[1 - axis]
                lines.append((0..<counts[axis] * count).map { (place: Int) -> Double in
                    let inside = (Double(place % count) + 0.5) / Double(count)
                    return start + (Double(place / count) + inside) * bin
                })
            }
            guard lines[0].count * lines[1].count <= 1 << 24 else { throw MartletError("Expected fewer samples of a region.") }
            let image = x[batch].expandingDims(at: 0)
            func points(_ axis: Int) -> Tensor {
                let line = Tensor(lines[axis]).cast(to: x.dtype).reshaped(axis == 0 ? [-1, 1] : [1, -1])
                return line.broadcast(to: [lines[0].count, lines[1].count]).reshaped([1, -1])
            }
            let (ys, xs) = (points(0), points(1))
            func isInside(_ place: Tensor, _ size: Int) -> Tensor { (place .>= -1.0).logicalAnd(place .<= Double(size)) }
            let mask = isInside(ys, x.shape[2]).logicalAnd(isInside(xs, x.shape[3])).cast(to: x.dtype).expandingDims(at: 1)
            let corners = sampling.corners(
                of: image, [sampling.neighbours(of: ys, size: x.shape[2]), sampling.neighbours(of: xs, size: x.shape[3])])
            let first = corners[0]
            let joined = corners.dropFirst().reduce(first) { isMaximum ? maximum($0, $1) : $0 + $1 } * mask
            let bins = joined.reshaped([1, x.shape[1], height, samples[0], width, samples[1]])
            return isMaximum ? bins.max(axes: [3, 5]) : bins.mean(axes: [3, 5])
        }
        return parts.isEmpty ? .zeros([0, x.shape[1], height, width], dtype: x.dtype) : .concatenate(parts)
    }

    fileprivate func suppressed() throws -> Tensor {
        let (boxes, scores) = (try elements(0), try elements(1))
        guard boxes.rank == 3, scores.rank == 3, boxes.shape[2] == 4, boxes.shape[0] == scores.shape[0],
            boxes.shape[1] == scores.shape[2]
        else { throw MartletError("Expected boxes [batch, count, 4] and scores. Received: \(boxes.spec), \(scores.spec).") }
        let most = try has(2) ? integer(2) : 0
        let overlap = try has(3) ? doubles(3).first ?? 0 : 0
        let least = try has(4) ? doubles(4).first : nil
        let isCentred = try int("center_point_box", default: 0) == 1
        let (values, marks) = (boxes.scalars(as: Double.self), scores.scalars(as: Double.self))
        let (count, classes) = (boxes.shape[1], scores.shape[1])
        func corners(_ batch: Int, _ box: Int) -> (Double, Double, Double, Double) {
            let start = (batch * count + box) * 4
            let (a, b, c, d) = (values[start], values[start + 1], values[start + 2], values[start + 3])
            if isCentred { return (a - c / 2, b - d / 2, a + c / 2, b + d / 2) }
            return (min(a, c), min(b, d), max(a, c), max(b, d))
        }
        var chosen: [Int] = []
        for batch in 0..<boxes.shape[0] {
            for kind in 0..<classes {
                let line = (batch * classes + kind) * count
                let order = (0..<count).filter { box in least.map { marks[line + box] > $0 } ?? true }
                    .sorted { marks[line + $0] == marks[line + $1] ? $0 < $1 : marks[line + $0] > marks[line + $1] }
                var kept: [Int] = []
                for box in order where kept.count < most {
                    let a = corners(batch, box)
                    let isFree = kept.allSatisfy { other in
                        let b = corners(batch, other)
                        let inner = max(0, min(a.2, b.2) - max(a.0, b.0)) * max(0, min(a.3, b.3) - max(a.1, b.1))
                        let union = (a.2 - a.0) * (a.3 - a.1) + (b.2 - b.0) * (b.3 - b.1) - inner
                        return !(inner / union > overlap)
                    }
                    if isFree { kept.append(box) }
                }
                for box in kept { chosen += [batch, kind, box] }
            }
        }
        return Tensor(chosen, shape: [chosen.count / 3, 3])
    }
}
