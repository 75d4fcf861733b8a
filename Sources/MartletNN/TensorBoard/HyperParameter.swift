import Foundation
import MartletCore
import MartletFormats

/// The value of a hyperparameter: a number, text, or whether something is so.
///
/// Source: [TensorBoard's HParams](https://www.tensorflow.org/tensorboard/hyperparameter_tuning_with_hparams).
public enum HyperParameter: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    /// A number, also a whole one.
    case number(Double)
    /// Text, such as the name of an optimizer.
    case text(String)
    /// Whether something is so.
    case flag(Bool)

    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }

    /// `HParamsPluginData` with the beginning of a trial.
    static func begin(_ values: [String: HyperParameter], group: String?, time: Double) -> [UInt8] {
        let sorted = values.sorted { $0.key < $1.key }
        let name = group ?? {
            let json = JSONValue.object(sorted.reduce(into: [:]) { $0[$1.key] = $1.value.json })
            return SHA256.hexDigest(of: Array(json.serialized().utf8))
        }()
        return ProtobufWriter.message { data in
            data.write(3) { start in
                for (name, value) in sorted {
                    start.write(1) { entry in
                        entry.write(1, text: name)
                        entry.write(2) { value.write(to: &$0) }
                    }
                }
                start.write(4, text: name)
                start.write(5, double: time)
            }
        }
    }

    /// `HParamsPluginData` with the end of a trial, which succeeded.
    static func end(time: Double) -> [UInt8] {
        ProtobufWriter.message { data in
            data.write(4) { end in
                end.write(1, integer: 1)
                end.write(2, double: time)
            }
        }
    }

    /// Reads the beginning of a trial; nil when `content` is something else.
    static func values(in content: [UInt8]) throws -> [String: HyperParameter]? {
        try content.withUnsafeBytes { bytes in
            var (message, found) = (ProtobufReader(bytes, of: "HParamsPluginData"), [String: HyperParameter]?.none)
            while let field = try message.next() {
                guard field.number == 3 else { continue }
                var start = try field.message()
                var values: [String: HyperParameter] = [:]
                while let field = try start.next() {
                    guard field.number == 1 else { continue }
                    var (entry, name, value) = (try field.message(), "", HyperParameter?.none)
                    while let field = try entry.next() {
                        if field.number == 1 { name = try field.string() }
                        if field.number == 2 { value = try HyperParameter(field.message()) }
                    }
                    values[name] = value
                }
                found = values
            }
            return found
        }
    }

    private init?(_ message: ProtobufReader) throws {
        var (message, value) = (message, HyperParameter?.none)
        while let field = try message.next() {
            switch field.number {
            case 2: value = .number(try field.double())
            case 3: value = .text(try field.string())
            case 4: value = .flag(try field.integer() != 0)
            default: break
            }
        }
        guard let value else { return nil }
        self = value
    }

    /// `google.protobuf.Value`.
    private func write(to message: inout ProtobufWriter) {
        switch self {
        case .number(let number): message.write(2, double: number)
        case .text(let text): message.write(3, text: text)
        case .flag(let flag): message.write(4, integer: flag ? 1 : 0)
        }
    }

    /// As JSON, whole numbers without a fraction.
    package var json: JSONValue {
        switch self {
        case .number(let number): Int(exactly: number).map { .int($0) } ?? .double(number)
        case .text(let text): .string(text)
        case .flag(let flag): .bool(flag)
        }
    }
}
