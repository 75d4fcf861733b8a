/// Einstein's summation: sums of products over labelled axes.
///
/// `equation` names the axes of each operand with letters, operands separated by commas, and after `->` the axes of the
/// result. Axes with the same letter run together; letters that the result does not name are summed over. A letter
/// twice in one operand takes the diagonal. `...` stands for any number of axes, which are broadcast. Without `->` the
/// result has the axes of `...`, then the letters that occur once, in alphabetical order. An axis of size 1 runs with
/// one of any size.
///
/// ```swift
/// einsum("ij,jk->ik", a, b)           // the product of matrices
/// einsum("bqhd,bkhd->bhqk", q, k)     // attention scores
/// einsum("...ii->...", x)             // traces
/// ```
///
/// Several operands are contracted two at a time, the pair with the smallest result first; each contraction is one
/// batched matrix product. Stops when the equation does not describe the operands.
///
/// Source: [`keras.ops.einsum`](https://keras.io/api/ops/numpy/#einsum-function).
public func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

/// Einstein's summation of an array of operands.
public func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
    let parsed: Equation
    do {
        parsed = try Equation(equation, shapes: operands.map(\.shape))
    } catch {
        let received = operands.map(\.spec.description).joined(separator: ", ")
        fail("einsum", "\(error.message) Received: \"\(equation)\" for \(received).")
        return operands.first.map { .substitute($0.spec) } ?? .nothing
    }
    let dtype = operands.dropFirst().reduce(operands[0].dtype) { DType.promoted($0, $1.dtype) }
    var terms = zip(operands, parsed.inputs).map { tensor, labels in
        Labelled(diagonals: tensor.dtype == dtype ? tensor : tensor.cast(to: dtype), labels, sizes: parsed.sizes)
    }
    while terms.count > 1 {
        let (i, j) = cheapestPair(terms, output: parsed.output)
        let (b, a) = (terms.remove(at: j), terms.remove(at: i))
        let kept = terms.reduce(into: Set(parsed.output)) { $0.formUnion($1.labels) }
        terms.append(a.contracted(with: b, keeping: kept))
    }
    return terms[0].summed(keeping: Set(parsed.output)).arranged(parsed.output)
}

/// The pair whose contraction frees the most memory, or takes the least; the first of equals.
private func cheapestPair(_ terms: [Labelled], output: [Int]) -> (Int, Int) {
    var best = (pair: (0, 1), growth: Double.infinity)
    guard terms.count > 2 else { return best.pair }
    for i in terms.indices {
        for j in i + 1..<terms.count {
            var kept = Set(output)
            for (k, term) in terms.enumerated() where k != i && k != j { kept.formUnion(term.labels) }
            let result = Set(terms[i].labels + terms[j].labels).intersection(kept)
            let count = result.reduce(1.0) { $0 * Double(terms[i].size(of: $1) ?? terms[j].size(of: $1)!) }
            let growth = count - Double(terms[i].tensor.elementCount) - Double(terms[j].tensor.elementCount)
            if growth < best.growth { best = ((i, j), growth) }
        }
    }
    return best.pair
}

extension Labelled {
    /// Takes the diagonal of axes with one label, and drops axes of size 1 that run with longer ones elsewhere.
    fileprivate init(diagonals tensor: Tensor, _ labels: [Int], sizes: [Int: Int]) {
        var (tensor, labels) = (tensor, labels)
        let single = labels.indices.filter { tensor.shape[$0] == 1 && sizes[labels[$0]] != 1 }
        if !single.isEmpty {
            tensor = tensor.squeezed(axes: single)
            labels = labels.indices.filter { !single.contains($0) }.map { labels[$0] }
        }
        while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) {
            let first = labels.firstIndex(of: labels[second])!
            let others = labels.indices.filter { $0 != first && $0 != second }
            tensor = tensor.transposed(permutation: others + [first, second]).diagonal()
            labels = others.map { labels[$0] } + [labels[second]]
        }
        self.init(tensor, labels)
    }
}

/// What an einsum equation says about operands of given shapes.
private struct Equation {
    /// The label of each axis: a letter's code point; for the axes of `...` -1, -2, ... from the last one.
    var inputs: [[Int]] = []
    var output: [Int] = []
    var sizes: [Int: Int] = [:]

    init(_ text: String, shapes: [Shape]) throws(OpFailure) {
        let compact = text.filter { $0 != " " }
        let sides = compact.split(separator: "->", omittingEmptySubsequences: false)
        guard sides.count <= 2 else { throw OpFailure("Expected at most one \"->\".") }
        let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
        guard !shapes.isEmpty, terms.count == shapes.count else {
            throw OpFailure("The equation describes \(terms.count) operands, not \(shapes.count).")
        }
        var widest = 0
        for (index, (term, shape)) in zip(terms, shapes).enumerated() {
            let (before, after) = try Self.letters(of: term)
            let named = before.count + (after?.count ?? 0)
            guard after == nil ? named == shape.rank : named <= shape.rank else {
                throw OpFailure(
                    "\"\(term)\" names \(named) axes of operand \(index), which has \(shape.rank).")
            }
            let hidden = after == nil ? 0 : shape.rank - named
            widest = max(widest, hidden)
            let labels = before + Self.hidden(hidden) + (after ?? [])
            for (axis, (label, size)) in zip(labels, shape.dimensions).enumerated() {
                if let first = labels[..<axis].firstIndex(of: label), shape[first] != size {
                    throw OpFailure(
                        "\(Self.name(of: label)) of operand \(index) has sizes \(shape[first]) and \(size).")
                }
                let known = sizes[label] ?? 1
                guard known == size || known == 1 || size == 1 else {
                    throw OpFailure(
                        "\(Self.name(of: label)) has size \(known) in one place and \(size) in operand \(index).")
                }
                sizes[label] = known == 1 ? size : known
            }
            inputs.append(labels)
        }
        guard sides.count == 2 else {
            let all = inputs.joined().filter { $0 >= 0 }
            let once = all.filter { label in all.count { $0 == label } == 1 }
            output = Self.hidden(widest) + once.sorted()
            return
        }
        let (before, after) = try Self.letters(of: sides[1])
        guard after != nil || widest == 0 else {
            throw OpFailure("The result must name the axes that \"...\" stands for, with \"...\".")
        }
        output = before + (after == nil ? [] : Self.hidden(widest)) + (after ?? [])
        for label in output where sizes[label] == nil {
            throw OpFailure("\(Self.name(of: label)) of the result is in no operand.")
        }
        guard Set(output).count == output.count else { throw OpFailure("The result names an axis twice.") }
    }

    /// The labels before and after an ellipsis; no second part without one.
    private static func letters(of term: Substring) throws(OpFailure) -> ([Int], [Int]?) {
        let parts = term.split(separator: "...", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw OpFailure("Expected at most one \"...\" in \"\(term)\".") }
        let labels = parts.map { part in part.unicodeScalars.map { Int($0.value) } }
        for scalar in parts.joined().unicodeScalars where !("a"..."z" ~= scalar || "A"..."Z" ~= scalar) {
            throw OpFailure("Expected letters, \",\", \"...\" and \"->\", not \"\(scalar)\".")
        }
        return (labels[0], labels.count == 2 ? labels[1] : nil)
    }

    private static func hidden(_ count: Int) -> [Int] { (0..<count).map { $0 - count } }

    private static func name(of label: Int) -> String {
        label < 0 ? "An axis of \"...\"" : "Axis \"\(Unicode.Scalar(UInt8(label)))\""
    }
}
