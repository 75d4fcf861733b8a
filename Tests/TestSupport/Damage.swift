import Foundation
import MartletCore
import Testing

/// Expects that `body` throws a `MartletError` whose text has every one of `parts`.
public func expectError(
    _ parts: String..., location: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) {
    do {
        _ = try body()
        Issue.record("Expected an error with \(parts).", sourceLocation: location)
    } catch let error as MartletError {
        for part in parts where !error.description.contains(part) {
            Issue.record("Expected \"\(part)\" in \"\(error)\".", sourceLocation: location)
        }
    } catch {
        Issue.record("Expected a MartletError. Received \(error).", sourceLocation: location)
    }
}

/// Dtype, shape and bytes are the same.
public func same(_ a: Tensor, _ b: Tensor) -> Bool {
    a.spec == b.spec && a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
}

/// Reads damaged copies of `original`, 2,000 or as many as `MARTLET_FUZZ` says: each gives a value or a `MartletError`.
public func fuzz(_ original: [UInt8], _ read: ([UInt8]) throws -> some Any) -> (read: Int, refused: Int) {
    var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
    var counts = (read: 0, refused: 0)
    let count = ProcessInfo.processInfo.environment["MARTLET_FUZZ"].flatMap { Int($0) } ?? 2000
    for _ in 0..<count {
        var bytes = original
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 1:
            bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...bytes.count, using: &random))
        case 2:
            // A length that is none.
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let value = [0, .max, 1 << 32, 1 << 62, UInt64(bytes.count)].randomElement(using: &random)!
            for offset in 0..<8 where place + offset < bytes.count {
                bytes[place + offset] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(offset)))
            }
        default:
            // Headers come first: damage there goes deepest.
            let reach = Bool.random(using: &random) ? min(bytes.count, 96) : bytes.count
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<reach, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        }
        do {
            _ = try read(bytes)
            counts.read += 1
        } catch {
            if error is MartletError { counts.refused += 1 } else { Issue.record("Expected a MartletError: \(error)") }
        }
    }
    return counts
}
