import MartletCore
import MartletFormats

/// How values are put into buckets: by FarmHash's fingerprint, or by SipHash under a key.
struct HashBuckets: Sendable, Hashable {
    var count: Int
    var salt: [Int]?

    /// The bucket of a string.
    func bucket(of bytes: UnsafeRawBufferPointer) -> Int {
        let hash =
            salt.map { SipHash.hash(bytes, key: (UInt64(bitPattern: Int64($0[0])), UInt64(bitPattern: Int64($0[1])))) }
            ?? Fingerprint64.hash(bytes)
        return Int(hash % UInt64(count))
    }

    /// The bucket of a number: that of its digits.
    func bucket(of number: Int) -> Int {
        var text = String(number)
        return text.withUTF8 { bucket(of: UnsafeRawBufferPointer($0)) }
    }
}

extension ArgumentForm<[Int]> {
    /// Two integers, or one for both.
    static let salt = ArgumentForm(
        read: { config, key in
            let numbers = try config.perAxis(key, default: 0).numbers(axes: 2)
            guard numbers.count == 2 else {
                throw MartletError(
                    "Expected an integer or two. Received: \(numbers.count).", at: "\(config.className).\(key)")
            }
            return numbers
        }, write: { .integers($0) })
}

extension Requirement<[Int]> {
    static let salt = Requirement("an integer or two") { $0.count == 2 }
}
