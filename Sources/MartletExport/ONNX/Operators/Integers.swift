import Martlet

extension ONNXOperator {
    /// A function of the bits of two integers. They are changed one by one: no layer trains through them.
    private static func bitwise(_ function: @escaping @Sendable (Int, Int) -> Int) -> ONNXOperator {
        ONNXOperator(inputCounts: 2...2, needsElements: true) { call in
            let (a, b) = (try call.elements(0), try call.elements(1))
            let (places, shape) = try broadcastPlaces([a.shape, b.shape])
            let (left, right) = (try call.integers(0), try call.integers(1))
            let values = zip(places[0], places[1]).map { function(left[$0], right[$1]) }
            return try call.result(Tensor(values, shape: shape).cast(to: .int64))
        }
    }

    static func addIntegers(_ table: inout [String: ONNXOperator]) {
        table["BitwiseAnd"] = bitwise { $0 & $1 }
        table["BitwiseOr"] = bitwise { $0 | $1 }
        table["BitwiseXor"] = bitwise { $0 ^ $1 }
        table["BitwiseNot"] = unary { x in x.dtype == .uint8 ? 255 - x.cast(to: .int32) : -1 - x }
        table["BitShift"] = ONNXOperator(inputCounts: 2...2, needsElements: true) { call in
            let direction = try call.string("direction")
            guard ["LEFT", "RIGHT"].contains(direction) else { throw MartletError("Expected the direction LEFT or RIGHT.") }
            return try bitwise { value, count in
                guard (0..<64).contains(count) else { return 0 }
                return direction == "LEFT" ? value << count : Int(bitPattern: UInt(bitPattern: value) >> UInt(count))
            }.run(call)
        }
    }
}
