import Foundation
import Martlet

extension ONNXOperator {
    static func addTexts(_ table: inout [String: ONNXOperator]) {
        table["StringConcat"] = ONNXOperator(inputCounts: 2...2) { call in
            let (a, b) = (try call.texts(0), try call.texts(1))
            let (places, shape) = try broadcastPlaces([a.stringShape, b.stringShape])
            let (left, right) = (a.strings(), b.strings())
            return [ONNX.Value(Tensor(strings: zip(places[0], places[1]).map { left[$0] + right[$1] }, shape: shape))]
        }
        table["StringNormalizer"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.texts(0)
            let change = try call.string("case_change_action", default: "NONE")
            let isSensitive = try call.flag("is_case_sensitive")
            let stops = Set((try call.strings("stopwords") ?? []).map { isSensitive ? $0 : $0.lowercased() })
            let sizes = x.stringShape.dimensions
            guard sizes.count == 1 || (sizes.count == 2 && sizes[0] == 1) else {
                throw MartletError("Expected one row of texts. Received: \(x.stringShape).")
            }
            var words = x.strings().filter { !stops.contains(isSensitive ? $0 : $0.lowercased()) }
            if change == "UPPER" { words = words.map { $0.uppercased() } }
            if change == "LOWER" { words = words.map { $0.lowercased() } }
            if words.isEmpty { words = [""] }
            return [ONNX.Value(Tensor(strings: words, shape: Shape(sizes.dropLast() + [words.count])))]
        }
        table["StringSplit"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.texts(0)
            let delimiter = try call.string("delimiter")
            let most = try call.int("maxsplit") ?? Int.max
            let parts = x.strings().map { split($0, delimiter, most) }
            let width = parts.map(\.count).max() ?? 0
            let cells = parts.flatMap { $0 + [String](repeating: "", count: width - $0.count) }
            let counts = Tensor(parts.map(\.count), shape: x.stringShape)
            return [
                ONNX.Value(Tensor(strings: cells, shape: Shape(x.stringShape.dimensions + [width]))), ONNX.Value(counts),
            ]
        }
        table["RegexFullMatch"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.texts(0)
            guard let pattern = try? NSRegularExpression(pattern: "^(?:\(try call.string("pattern")))$") else {
                throw MartletError("Expected a regular expression as attribute \"pattern\".")
            }
            let matches = x.strings().map { pattern.firstMatch(in: $0, range: NSRange($0.startIndex..., in: $0)) != nil }
            return [ONNX.Value(Tensor(matches, shape: x.stringShape))]
        }
        table["TfIdfVectorizer"] = ONNXOperator(inputCounts: 1...1) { try $0.countedGrams() }
    }

    private static func split(_ text: String, _ delimiter: String, _ most: Int) -> [String] {
        guard delimiter.isEmpty else {
            var (parts, rest) = ([String](), text[...])
            while parts.count < most, let range = rest.range(of: delimiter) {
                parts.append(String(rest[..<range.lowerBound]))
                rest = rest[range.upperBound...]
            }
            return text.isEmpty ? [] : parts + [String(rest)]
        }
        // Without a delimiter, runs of white space separate.
        var (parts, rest) = ([String](), text.drop { $0.isWhitespace })
        while !rest.isEmpty {
            guard parts.count < most, let end = rest.firstIndex(where: \.isWhitespace) else {
                return parts + [parts.count < most ? String(rest) : String(rest)]
            }
            parts.append(String(rest[..<end]))
            rest = rest[end...].drop { $0.isWhitespace }
        }
        return parts
    }
}

extension ONNXCall {
    func texts(_ place: Int) throws -> Tensor {
        let x = try tensor(place)
        guard x.dtype == .string else { throw MartletError("Expected texts as input \(place). Received: \(x.spec).") }
        return x
    }

    /// How often runs of words or numbers occur in each row.
    fileprivate func countedGrams() throws -> [ONNX.Value] {
        let x = try tensor(0)
        let tokens: [String] = x.dtype == .string ? x.strings() : try integers(0).map(String.init)
        let pool = try strings("pool_strings") ?? (ints("pool_int64s") ?? []).map(String.init)
        let (starts, places) = (try ints("ngram_counts") ?? [], try ints("ngram_indexes") ?? [])
        let (shortest, longest) = (try requiredInt("min_gram_length"), try requiredInt("max_gram_length"))
        let mostSkips = try requiredInt("max_skip_count")
        let mode = try string("mode")
        let weights = try floats("weights")
        let sizes = x.stringShape.dimensions
        guard sizes.count == 1 || sizes.count == 2, (1...64).contains(shortest), (shortest...64).contains(longest),
            (0...1024).contains(mostSkips), places.allSatisfy({ (0..<1 << 24).contains($0) }), starts.count <= 64,
            zip(starts, starts.dropFirst() + [pool.count]).allSatisfy({ $0 >= 0 && $0 <= $1 && $1 <= pool.count }),
            weights.map({ $0.count >= places.count }) ?? true
        else { throw MartletError("Expected grams of words in one or two axes, and their places.") }
        // Each gram of the pool, with its number.
        var grams: [[String]: Int] = [:]
        for (length, (start, end)) in zip(1..., zip(starts, starts.dropFirst() + [pool.count])) {
            for gram in stride(from: start, to: end - length + 1, by: length) {
                grams[Array(pool[gram..<gram + length])] = grams.count
            }
        }
        let width = (places.max() ?? -1) + 1
        let (rows, count) = sizes.count == 1 ? (1, sizes[0]) : (sizes[0], sizes[1])
        var result = [Float](repeating: 0, count: rows * width)
        for row in 0..<rows {
            let words = Array(tokens[row * count..<(row + 1) * count])
            for length in shortest...longest {
                for skip in 0...(length == 1 ? 0 : mostSkips) {
                    let span = (length - 1) * (skip + 1) + 1
                    guard span <= words.count else { continue }
                    for start in 0...(words.count - span) {
                        let gram = (0..<length).map { words[start + $0 * (skip + 1)] }
                        if let number = grams[gram], number < places.count { result[row * width + places[number]] += 1 }
                    }
                }
            }
        }
        if mode != "TF" {
            for (number, place) in places.enumerated() {
                let weight = Float(weights?[number] ?? 1)
                for row in 0..<rows {
                    let found = result[row * width + place]
                    result[row * width + place] = mode == "IDF" ? (found > 0 ? weight : 0) : found * weight
                }
            }
        }
        return [ONNX.Value(Tensor(result, shape: Shape(sizes.dropLast() + [width])))]
    }
}
