import CKernels

/// The type of a tensor's elements.
///
/// `float32` and `float64` compute; `float16` and `bfloat16` store, and ops on them compute in `float32` and round
/// once. Raw values are shared with the C kernels.
public enum DType: UInt8, Sendable, CaseIterable {
    case float32, float64, float16, bfloat16, int32, int64, uint8, bool
    /// Strings of a fixed number of bytes, which the last axis holds: ``Tensor/init(strings:shape:)``. Layers that take strings
    /// turn them into numbers; no other computes with them.
    case string

    /// The types of numbers: all but `string`.
    public static let allCases: [DType] = [.float32, .float64, .float16, .bfloat16, .int32, .int64, .uint8, .bool]

    /// The size of one element in bytes.
    public var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16: 2
        case .uint8, .bool, .string: 1
        }
    }

    /// Whether elements are floating-point numbers of any width.
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16: true
        default: false
        }
    }

    /// Whether elements are integers (`bool` is not).
    public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 }

    /// Whether elements are 16-bit floats, which store but do not compute.
    public var isHalf: Bool { self == .float16 || self == .bfloat16 }

    /// Keras's name for the type: `"float32"`, `"int64"`, ...
    public var name: String { "\(self)" }

    /// The type with Keras's name `name`.
    /// - Throws: `MartletError` when no type has that name.
    public init(name: String) throws(MartletError) {
        guard let type = (DType.allCases + [.string]).first(where: { $0.name == name }) else {
            throw MartletError(
                "Expected a dtype among \(DType.allCases.map(\.name).joined(separator: ", ")). Received: \"\(name)\".")
        }
        self = type
    }

    /// Kernels that move elements take a string's bytes as integers.
    package var c: mk_dtype { mk_dtype(UInt32((self == .string ? .uint8 : self).rawValue)) }

    /// The type that holds the result of an op on both: floats win over integers, integers over `bool`, wider over
    /// narrower, and `float16` with `bfloat16` gives `float32`, as in JAX and Keras.
    public static func promoted(_ a: DType, _ b: DType) -> DType {
        if a == b { return a }
        if a.isHalf && b.isHalf { return .float32 }
        return a.rank >= b.rank ? a : b
    }

    private var rank: Int {
        switch self {
        case .bool: 0
        case .uint8: 1
        case .int32: 2
        case .int64: 3
        case .float16, .bfloat16: 4
        case .float32: 5
        case .float64: 6
        case .string: 7
        }
    }
}

/// A Swift type that tensors store: the bridge between `[Float]`, `[Int]`, ... and memory of a `DType`.
public protocol TensorElement: TensorValues, Sendable where TensorNumber == Self {
    /// The tensor type with the same memory layout.
    static var dtype: DType { get }
}

extension Float: TensorElement { public static var dtype: DType { .float32 } }
extension Double: TensorElement { public static var dtype: DType { .float64 } }
extension Int: TensorElement { public static var dtype: DType { .int64 } }
extension Int64: TensorElement { public static var dtype: DType { .int64 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
extension Bool: TensorElement { public static var dtype: DType { .bool } }
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
extension Float16: TensorElement { public static var dtype: DType { .float16 } }
#endif

/// A number that may stand beside a tensor in an expression, as in `2 * x` or `x + 0.5`.
///
/// It takes the tensor's dtype, as a Python number does in Keras; a floating-point number beside an integer tensor
/// makes the result the default float type.
public protocol TensorScalar: TensorElement {
    /// The value, exact for integers up to 2^53.
    var doubleValue: Double { get }
    /// The value as an integer, nil for floating-point types.
    var integerValue: Int64? { get }
}

extension Double: TensorScalar {
    public var doubleValue: Double { self }
    public var integerValue: Int64? { nil }
}
extension Float: TensorScalar {
    public var doubleValue: Double { Double(self) }
    public var integerValue: Int64? { nil }
}
extension Int: TensorScalar {}
extension Int64: TensorScalar {}
extension Int32: TensorScalar {}
extension UInt8: TensorScalar {}
extension TensorScalar where Self: FixedWidthInteger {
    public var doubleValue: Double { Double(self) }
    public var integerValue: Int64? { Int64(self) }
}
