/// FarmHash's 64-bit fingerprint, by which TensorFlow puts strings into buckets: the same on every machine and in every
/// version.
///
/// Source: G. Pike, FarmHash, the function `Fingerprint64`.
package enum Fingerprint64 {
    private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
    private static let k1: UInt64 = 0xb492_b66f_be98_f273
    private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f

    /// The fingerprint of bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        switch bytes.count {
        case ...16: upTo16(bytes)
        case ...32: upTo32(bytes)
        case ...64: upTo64(bytes)
        default: long(bytes)
        }
    }

    /// The fingerprint of a text's UTF-8 bytes.
    package static func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    /// The fingerprint of two fingerprints, in their order, as TensorFlow joins them.
    package static func joined(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let factor: UInt64 = 0xc6a4_a793_5bd1_e995
        var result = first ^ factor
        result ^= folded(second &* factor) &* factor
        result = folded(result &* factor) &* factor
        return folded(result)
    }

    private static func upTo16(_ s: UnsafeRawBufferPointer) -> UInt64 {
        let count = UInt64(s.count)
        if s.count >= 8 {
            let factor = k2 &+ count &* 2
            let a = word(s, 0) &+ k2
            let b = word(s, s.count - 8)
            let c = rotated(b, 37) &* factor &+ a
            let d = (rotated(a, 25) &+ b) &* factor
            return mixed(c, d, factor)
        }
        if s.count >= 4 {
            return mixed(count &+ half(s, 0) << 3, half(s, s.count - 4), k2 &+ count &* 2)
        }
        guard s.count > 0 else { return k2 }
        let y = UInt64(s[0]) &+ UInt64(s[s.count / 2]) << 8
        let z = count &+ UInt64(s[s.count - 1]) << 2
        return folded(y &* k2 ^ z &* k0) &* k2
    }

    private static func upTo32(_ s: UnsafeRawBufferPointer) -> UInt64 {
        let factor = k2 &+ UInt64(s.count) &* 2
        let a = word(s, 0) &* k1
        let b = word(s, 8)
        let c = word(s, s.count - 8) &* factor
        let d = word(s, s.count - 16) &* k2
        return mixed(rotated(a &+ b, 43) &+ rotated(c, 30) &+ d, a &+ rotated(b &+ k2, 18) &+ c, factor)
    }

    private static func upTo64(_ s: UnsafeRawBufferPointer) -> UInt64 {
        let factor = k2 &+ UInt64(s.count) &* 2
        let a = word(s, 0) &* k2
        let b = word(s, 8)
        let c = word(s, s.count - 8) &* factor
        let d = word(s, s.count - 16) &* k2
        let y = rotated(a &+ b, 43) &+ rotated(c, 30) &+ d
        let z = mixed(y, a &+ rotated(b &+ k2, 18) &+ c, factor)
        let e = word(s, 16) &* factor
        let f = word(s, 24)
        let g = (y &+ word(s, s.count - 32)) &* factor
        let h = (z &+ word(s, s.count - 24)) &* factor
        return mixed(rotated(e &+ f, 43) &+ rotated(g, 30) &+ h, e &+ rotated(f &+ a, 18) &+ g, factor)
    }

    /// Blocks of 64 bytes, the last of which overlaps the one before.
    private static func long(_ s: UnsafeRawBufferPointer) -> UInt64 {
        let seed: UInt64 = 81
        var x = seed
        var y = seed &* k1 &+ 113
        var z = folded(y &* k2 &+ 113) &* k2
        var v: (UInt64, UInt64) = (0, 0)
        var w: (UInt64, UInt64) = (0, 0)
        x = x &* k2 &+ word(s, 0)
        let end = (s.count - 1) / 64 * 64
        let last = end + (s.count - 1) & 63 - 63
        for start in stride(from: 0, to: end, by: 64) {
            x = rotated(x &+ y &+ v.0 &+ word(s, start + 8), 37) &* k1
            y = rotated(y &+ v.1 &+ word(s, start + 48), 42) &* k1
            x ^= w.1
            y = y &+ v.0 &+ word(s, start + 40)
            z = rotated(z &+ w.0, 33) &* k1
            v = weak(s, start, v.1 &* k1, x &+ w.0)
            w = weak(s, start + 32, z &+ w.1, y &+ word(s, start + 16))
            swap(&z, &x)
        }
        let factor = k1 &+ (z & 0xff) << 1
        w.0 = w.0 &+ UInt64((s.count - 1) & 63)
        v.0 = v.0 &+ w.0
        w.0 = w.0 &+ v.0
        x = rotated(x &+ y &+ v.0 &+ word(s, last + 8), 37) &* factor
        y = rotated(y &+ v.1 &+ word(s, last + 48), 42) &* factor
        x ^= w.1 &* 9
        y = y &+ v.0 &* 9 &+ word(s, last + 40)
        z = rotated(z &+ w.0, 33) &* factor
        v = weak(s, last, v.1 &* factor, x &+ w.0)
        w = weak(s, last + 32, z &+ w.1, y &+ word(s, last + 16))
        swap(&z, &x)
        return mixed(mixed(v.0, w.0, factor) &+ folded(y) &* k0 &+ z, mixed(v.1, w.1, factor) &+ x, factor)
    }

    private static func weak(
        _ s: UnsafeRawBufferPointer, _ start: Int, _ first: UInt64, _ second: UInt64
    ) -> (UInt64, UInt64) {
        let (p, q, r, t) = (word(s, start), word(s, start + 8), word(s, start + 16), word(s, start + 24))
        var a = first &+ p
        var b = rotated(second &+ a &+ t, 21)
        let c = a
        a = a &+ q &+ r
        b = b &+ rotated(a, 44)
        return (a &+ t, b &+ c)
    }

    private static func mixed(_ u: UInt64, _ v: UInt64, _ factor: UInt64) -> UInt64 {
        let a = folded((u ^ v) &* factor)
        return folded((v ^ a) &* factor) &* factor
    }

    private static func folded(_ value: UInt64) -> UInt64 { value ^ value >> 47 }
    private static func rotated(_ value: UInt64, _ places: UInt64) -> UInt64 { value >> places | value << (64 - places) }
    private static func word(_ s: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(littleEndian: s.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    private static func half(_ s: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: s.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
    }
}
