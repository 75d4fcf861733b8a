import MartletCore

/// What ONNX files are made of: the messages of `onnx.proto`, with the parts that say what is computed.
///
/// Source: the specification in github.com/onnx/onnx.
package enum ONNX {
    /// The type of a tensor's elements, with its number in files.
    package enum ElementType: Int, Sendable {
        case float = 1, uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64
        case complex64, complex128, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4
        case float4e2m1, float8e8m0, uint2, int2

        /// The dtype of a tensor that holds such elements: a wider one where Martlet has none of the same width. Of `uint64` it
        /// holds the bits. Nil where there is none.
        package var dtype: DType? {
            switch self {
            case .float, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1, .float8e8m0: .float32
            case .uint8: .uint8
            case .int8, .int16, .uint16, .int32, .uint4, .int4, .uint2, .int2: .int32
            case .int64, .uint32, .uint64: .int64
            case .string: .string
            case .bool: .bool
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .double: .float64
            case .complex64, .complex128: nil
            }
        }

        package init(_ dtype: DType) {
            switch dtype {
            case .float32: self = .float
            case .float64: self = .double
            case .float16: self = .float16
            case .bfloat16: self = .bfloat16
            case .int32: self = .int32
            case .int64: self = .int64
            case .uint8: self = .uint8
            case .bool: self = .bool
            case .string: self = .string
            }
        }

        /// The width of an integer in bits, and whether it has a sign; nil for what is no integer.
        package var integer: (bits: Int, isSigned: Bool)? {
            switch self {
            case .uint2: (2, false)
            case .int2: (2, true)
            case .uint4: (4, false)
            case .int4: (4, true)
            case .uint8: (8, false)
            case .int8: (8, true)
            case .uint16: (16, false)
            case .int16: (16, true)
            case .uint32: (32, false)
            case .int32: (32, true)
            case .uint64: (64, false)
            case .int64: (64, true)
            default: nil
            }
        }

        /// The layout of a floating-point number that Martlet has no dtype for.
        package var smallFloat: SmallFloat? {
            switch self {
            case .float8e4m3fn: SmallFloat(exponentBits: 4, mantissaBits: 3, bias: 7, special: .nanAtTop)
            case .float8e4m3fnuz: SmallFloat(exponentBits: 4, mantissaBits: 3, bias: 8, special: .nanAtNegativeZero)
            case .float8e5m2: SmallFloat(exponentBits: 5, mantissaBits: 2, bias: 15, special: .ieee)
            case .float8e5m2fnuz: SmallFloat(exponentBits: 5, mantissaBits: 2, bias: 16, special: .nanAtNegativeZero)
            case .float4e2m1: SmallFloat(exponentBits: 2, mantissaBits: 1, bias: 1, special: .none)
            case .float8e8m0: SmallFloat(exponentBits: 8, mantissaBits: 0, bias: 127, special: .powersOfTwo)
            default: nil
            }
        }

        /// The bits of one element in `raw_data`; nil for strings.
        var storedBits: Int? {
            if let integer { return integer.bits }
            switch self {
            case .float4e2m1: return 4
            case .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: return 8
            case .float16, .bfloat16: return 16
            case .float: return 32
            case .double: return 64
            default: return nil
            }
        }
    }

    /// A file: a graph with the versions of the operators in it.
    package struct File: Sendable {
        package var irVersion = 8
        package var producer = ""
        package var producerVersion = ""
        package var opsets: [String: Int] = [:]
        package var graph = Graph()
        package var functions: [Function] = []
        package var metadata: [(key: String, value: String)] = []

        package init() {}
    }

    /// A graph: its nodes in an order in which they can run.
    package struct Graph: Sendable {
        package var name = ""
        package var nodes: [Node] = []
        package var inputs: [ValueInfo] = []
        package var outputs: [ValueInfo] = []
        package var values: [ValueInfo] = []
        package var initializers: [(name: String, value: Value)] = []

        package init() {}
    }

    /// A call of an operator. An empty name stands for an input or output that is left out.
    package struct Node: Sendable {
        package var name = ""
        package var type = ""
        package var domain = ""
        package var overload = ""
        package var inputs: [String] = []
        package var outputs: [String] = []
        package var attributes: [String: Attribute] = [:]

        package init() {}

        package init(
            _ type: String, _ inputs: [String], _ outputs: [String], name: String = "", _ attributes: [String: Attribute] = [:]
        ) {
            (self.type, self.inputs, self.outputs, self.attributes) = (type, inputs, outputs, attributes)
            self.name = name.isEmpty ? outputs.first ?? "" : name
        }

        /// What errors call the node.
        package var label: String {
            let own = name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
            return "node \"\(own)\" (\(domain.isEmpty ? "" : domain + ".")\(type))"
        }
    }

    /// The value of an attribute.
    package indirect enum Attribute: Sendable {
        case float(Float)
        case int(Int)
        case string([UInt8])
        case tensor(Value)
        case graph(Graph)
        case floats([Float])
        case ints([Int])
        case strings([[UInt8]])
        case tensors([Value])
        case graphs([Graph])
        case type(ValueType)
        /// The attribute of this name of the function around the node.
        case reference(String)
        /// What is not read, with its reason.
        case unsupported(String)
    }

    /// A function of the file: an operator made of nodes.
    package struct Function: Sendable {
        package var name = ""
        package var domain = ""
        package var overload = ""
        package var inputs: [String] = []
        package var outputs: [String] = []
        package var defaults: [String: Attribute] = [:]
        package var nodes: [Node] = []
        package var opsets: [String: Int] = [:]

        package init() {}
    }

    /// A name with the type of its value, nil where the file does not say it.
    package struct ValueInfo: Sendable {
        package var name = ""
        package var type: ValueType?

        package init() {}

        package init(_ name: String, _ type: ElementType, _ shape: [Dimension]) {
            (self.name, self.type) = (name, .tensor(type, shape))
        }
    }

    /// A size of an axis.
    package enum Dimension: Sendable, Equatable {
        case size(Int)
        /// A size that differs between calls, with its name.
        case symbol(String)
    }

    /// The type of a value. A shape is nil where only data tells its rank.
    package indirect enum ValueType: Sendable {
        case tensor(ElementType?, [Dimension]?)
        case sequence(ValueType)
        case optional(ValueType)
        case other(String)
    }

    /// What flows between nodes.
    package indirect enum Value: Sendable {
        /// A tensor, whose elements are of a type that may be narrower than the dtype.
        case tensor(Tensor, ElementType)
        case sequence([Value], of: ElementType)
        /// An optional without a value.
        case nothing

        /// A tensor of elements of its own dtype.
        package init(_ tensor: Tensor) { self = .tensor(tensor, ElementType(tensor.dtype)) }

        package var tensor: Tensor? { if case .tensor(let tensor, _) = self { tensor } else { nil } }
    }

    /// The layout of floating-point numbers of 4 and 8 bits.
    package struct SmallFloat: Sendable {
        enum Special: Sendable { case ieee, nanAtTop, nanAtNegativeZero, none, powersOfTwo }
        let exponentBits: Int
        let mantissaBits: Int
        let bias: Int
        let special: Special

        /// The number of each pattern of bits.
        package var values: [Float] {
            let bits = special == .powersOfTwo ? 8 : 1 + exponentBits + mantissaBits
            return (0..<1 << bits).map(value)
        }

        private func value(_ bits: Int) -> Float {
            if special == .powersOfTwo { return bits == 255 ? .nan : Float(sign: .plus, exponent: bits - bias, significand: 1) }
            let magnitude = bits & ((1 << (exponentBits + mantissaBits)) - 1)
            let isNegative = bits != magnitude
            let (exponent, mantissa) = (magnitude >> mantissaBits, magnitude & ((1 << mantissaBits) - 1))
            let top = (1 << exponentBits) - 1
            switch special {
            case .nanAtTop where magnitude == (1 << (exponentBits + mantissaBits)) - 1: return .nan
            case .nanAtNegativeZero where isNegative && magnitude == 0: return .nan
            case .ieee where exponent == top: return mantissa == 0 ? (isNegative ? -.infinity : .infinity) : .nan
            default: break
            }
            let fraction = Float(mantissa) / Float(1 << mantissaBits)
            let size = exponent == 0
                ? fraction * Float(sign: .plus, exponent: 1 - bias, significand: 1)
                : (1 + fraction) * Float(sign: .plus, exponent: exponent - bias, significand: 1)
            return isNegative ? -size : size
        }

        /// The largest finite number.
        package var largest: Float { values.filter(\.isFinite).max() ?? 0 }

        /// The nearest number that the layout has, of two equally near ones that with an even last bit. What is too large becomes
        /// the largest with `saturate`, else infinity, or NaN where there is none.
        /// - Parameter mode: how powers of two are rounded: `up`, `down`, or `nearest`.
        package func rounded(_ x: Float, saturate: Bool, mode: String = "nearest") -> Float {
            // What has no NaN has a zero in its place.
            if x.isNaN { return special == .none ? -0.0 : .nan }
            if special == .powersOfTwo { return roundedToPower(x, mode) }
            let top = largest
            let lowest = 1 - bias
            let exponent = max(x == 0 || x.isInfinite ? lowest : Int(x.exponent), lowest)
            let step = Float(sign: .plus, exponent: exponent - mantissaBits, significand: 1)
            let near = x.isInfinite ? x : (x / step).rounded(.toNearestOrEven) * step
            guard near.magnitude > top else { return near == 0 && special == .nanAtNegativeZero ? 0 : near }
            if saturate || special == .none { return near < 0 ? -top : top }
            return special == .ieee ? (near < 0 ? -.infinity : .infinity) : .nan
        }

        private func roundedToPower(_ x: Float, _ mode: String) -> Float {
            let size = x.magnitude
            if size == 0 { return Float(sign: .plus, exponent: -127, significand: 1) }
            if size.isInfinite { return Float(sign: .plus, exponent: 127, significand: 1) }
            let exponent = Int(size.exponent)
            let up = size.significand >= (mode == "up" ? Float(1).nextUp : mode == "down" ? 2 : 1.5) && exponent < 127
            return Float(sign: .plus, exponent: max(exponent + (up ? 1 : 0), -127), significand: 1)
        }
    }
}
