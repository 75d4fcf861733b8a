import MartletCore

/// The vocabulary of TFLite files, schema version 3: numbers as the schema has them.
enum TFLite {
    static let identifier = "TFL3"

    enum Padding: Int8 {
        case same = 0
        case valid = 1
    }

    enum Activation: Int8 {
        case none = 0
        case relu = 1
        case relu6 = 3
    }

    enum ElementType: Int8 {
        case float32 = 0
        case float16 = 1
        case int32 = 2
        case uint8 = 3
        case int64 = 4
        case string = 5
        case bool = 6
        case int16 = 7
        case int8 = 9
        case float64 = 10

        init(_ type: DType) {
            switch type {
            case .float32: self = .float32
            case .float64: self = .float64
            case .float16, .bfloat16: self = .float16
            case .int32: self = .int32
            case .int64: self = .int64
            case .uint8: self = .uint8
            case .bool: self = .bool
            case .string: self = .string
            }
        }

        var byteCount: Int {
            switch self {
            case .int64, .float64: 8
            case .float32, .int32: 4
            case .float16, .int16: 2
            case .uint8, .bool, .int8, .string: 1
            }
        }
    }

    /// Operators by their code.
    enum Builtin: Int32 {
        case add = 0
        case averagePool2D = 1
        case concatenation = 2
        case conv2D = 3
        case depthwiseConv2D = 4
        case depthToSpace = 5
        case dequantize = 6
        case floor = 8
        case fullyConnected = 9
        case logistic = 14
        case maxPool2D = 17
        case mul = 18
        case relu = 19
        case relu6 = 21
        case reshape = 22
        case resizeBilinear = 23
        case softmax = 25
        case tanh = 28
        case pad = 34
        case gather = 36
        case batchToSpaceND = 37
        case spaceToBatchND = 38
        case transpose = 39
        case mean = 40
        case sub = 41
        case div = 42
        case squeeze = 43
        case stridedSlice = 45
        case exp = 47
        case topKV2 = 48
        case split = 49
        case logSoftmax = 50
        case cast = 53
        case prelu = 54
        case maximum = 55
        case argMax = 56
        case minimum = 57
        case less = 58
        case neg = 59
        case padV2 = 60
        case greater = 61
        case greaterEqual = 62
        case lessEqual = 63
        case slice = 65
        case sin = 66
        case transposeConv = 67
        case tile = 69
        case expandDims = 70
        case range = 96
        case equal = 71
        case notEqual = 72
        case log = 73
        case sum = 74
        case sqrt = 75
        case rsqrt = 76
        case shape = 77
        case pow = 78
        case argMin = 79
        case reduceProd = 81
        case reduceMax = 82
        case pack = 83
        case logicalOr = 84
        case oneHot = 85
        case logicalAnd = 86
        case logicalNot = 87
        case reduceMin = 89
        case floorDiv = 90
        case reduceAny = 91
        case square = 92
        case floorMod = 95
        case resizeNearestNeighbor = 97
        case leakyRelu = 98
        case squaredDifference = 99
        case mirrorPad = 100
        case abs = 101
        case ceil = 104
        case reverseV2 = 105
        case gatherND = 107
        case cos = 108
        case elu = 111
        case quantize = 114
        case round = 116
        case hardSwish = 117
        case `while` = 119
        case selectV2 = 123
        case densify = 124
        case batchMatMul = 126
        case cumsum = 128
        case broadcastTo = 130
        case conv3D = 132
        case reduceAll = 140
        case conv3DTranspose = 141
        case bucketize = 147
        case gelu = 150
        case dynamicUpdateSlice = 151
        case atan2 = 156
        case sign = 158
    }

    /// The tables of options by their number in the union; 0 where an operator has none.
    enum Options: UInt8 {
        case none = 0
        case conv2D = 1
        case depthwiseConv2D = 2
        case pool2D = 5
        case fullyConnected = 8
        case softmax = 9
        case concatenation = 10
        case add = 11
        case reshape = 17
        case mul = 21
        case pad = 22
        case gather = 23
        case transpose = 26
        case reducer = 27
        case sub = 28
        case div = 29
        case squeeze = 30
        case stridedSlice = 32
        case exp = 33
        case topKV2 = 34
        case split = 35
        case logSoftmax = 36
        case cast = 37
        case dequantize = 38
        case maximumMinimum = 39
        case argMax = 40
        case less = 41
        case neg = 42
        case padV2 = 43
        case greater = 44
        case greaterEqual = 45
        case lessEqual = 46
        case slice = 48
        case transposeConv = 49
        case expandDims = 52
        case range = 73
        case equal = 53
        case notEqual = 54
        case shape = 55
        case pow = 56
        case argMin = 57
        case pack = 59
        case logicalOr = 60
        case oneHot = 61
        case logicalAnd = 62
        case logicalNot = 63
        case floorDiv = 65
        case square = 66
        case floorMod = 72
        case leakyRelu = 75
        case squaredDifference = 76
        case abs = 78
        case gatherND = 83
        case cos = 84
        case quantize = 89
        case hardSwish = 91
        case `while` = 93
        case selectV2 = 98
        case batchMatMul = 101
        case cumsum = 102
        case broadcastTo = 104
        case conv3D = 106
        case gelu = 116
        case dynamicUpdateSlice = 117
        case atan2 = 122
        case sign = 123
    }
}

extension Operation.Activation {
    var tflite: TFLite.Activation {
        switch self {
        case .none: .none
        case .relu: .relu
        case .relu6: .relu6
        }
    }
}
