import Martlet
import MartletCore

/// Lists of tensors, in which TensorFlow's loops keep what is of each step.
extension TensorFlowOperator {
    /// A file may ask for lists of any length.
    private static let mostElements = 1 << 20

    static func addLists(_ table: inout [String: TensorFlowOperator]) {
        table["TensorListReserve"] = TensorFlowOperator(value: { call in
            let count = try call.integer(1)
            guard (0...mostElements).contains(count) else {
                throw MartletError("Expected a list of at most \(mostElements) elements. Received: \(count).")
            }
            return .list([Tensor?](repeating: nil, count: count))
        })
        table["EmptyTensorList"] = TensorFlowOperator(value: { _ in .list([]) })
        table["TensorListFromTensor"] = TensorFlowOperator(value: { call in
            let x = try call.tensor(0)
            guard x.rank > 0, x.shape[0] <= mostElements else {
                throw MartletError("Expected a tensor of at most \(mostElements) elements to list. Received: \(x.spec).")
            }
            return .list(x.unstacked(axis: 0))
        })
        table["TensorListSetItem"] = TensorFlowOperator(value: { call in
            var list = try call.list(0)
            list[try call.index(1, of: list)] = try call.tensor(2)
            return .list(list)
        })
        table["TensorListPushBack"] = TensorFlowOperator(value: { call in
            let list = try call.list(0)
            guard list.count < mostElements else { throw MartletError("Expected a list of at most \(mostElements) elements.") }
            return .list(list + [try call.tensor(1)])
        })
        table["TensorListGetItem"] = TensorFlowOperator { call in
            let list = try call.list(0)
            let place = try call.index(1, of: list)
            if let element = list[place] { return [element] }
            return [.zeros(try call.elementShape(2), dtype: try call.type("element_dtype"))]
        }
        table["TensorListLength"] = TensorFlowOperator { [Tensor(try $0.list(0).count).cast(to: .int32)] }
        table["TensorListStack"] = TensorFlowOperator { call in
            let list = try call.list(0)
            let elements = list.compactMap { $0 }
            guard let first = elements.first else {
                let shape = try call.elementShape(1)
                return [.zeros(Shape([list.count] + shape.dimensions), dtype: try call.type("element_dtype"))]
            }
            // An element that nobody set is zeros.
            return [Tensor.stack(list.map { $0 ?? .zeros(like: first) })]
        }
    }
}

extension Tensor {
    /// The tensor with others in the place of some elements of the first axis.
    func replacing(_ rows: [Tensor?]) -> Tensor {
        if rows.allSatisfy({ $0 == nil }) { return self }
        if rows.allSatisfy({ $0 != nil }) { return .stack(rows.compactMap { $0 }) }
        // What stays is taken in parts as large as they are.
        var (parts, start) = ([Tensor](), 0)
        for (place, row) in rows.enumerated() {
            guard let row else { continue }
            if place > start { parts.append(self[start..<place]) }
            parts.append(row.expandingDims(at: 0))
            start = place + 1
        }
        if start < rows.count { parts.append(self[start..<rows.count]) }
        return .concatenate(parts)
    }
}

extension TensorFlowCall {
    /// The tensor and what is another in it.
    func rows(_ place: Int) throws -> (Tensor, [Tensor?]) {
        if inputs.indices.contains(place), case .rows(let tensor, let rows) = inputs[place] { return (tensor, rows) }
        let x = try tensor(place)
        return (x, [Tensor?](repeating: nil, count: x.rank > 0 ? x.shape[0] : 0))
    }

    /// The place in a list that an input says.
    fileprivate func index(_ place: Int, of list: [Tensor?]) throws -> Int {
        let index = try integer(place)
        guard list.indices.contains(index) else {
            throw MartletError("Expected a place in a list of \(list.count). Received: \(index).")
        }
        return index
    }

    /// The shape of a list's elements that are not there.
    fileprivate func elementShape(_ place: Int) throws -> Shape {
        let sizes = try integers(place)
        guard sizes.allSatisfy({ $0 >= 0 }) else {
            throw MartletError("Expected elements, or their whole shape. Received: \(sizes).")
        }
        let shape = try Shape(validating: sizes)
        try Settings.requireMemory(shape.elementCount.multipliedReportingOverflow(by: 8).partialValue, at: "list")
        return shape
    }
}
