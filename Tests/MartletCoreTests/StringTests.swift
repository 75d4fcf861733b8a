import MartletCore
import TestSupport
import Testing

/// Tensors of strings, and the hashes of strings.
@Suite(.ownSession) struct StringTests {
    static let words = ["fig", "", "Äpfel", "梨", "a longer one"]

    @Test func stringsComeBack() {
        let x = Tensor(strings: Self.words)
        #expect(x.strings() == Self.words)
        #expect(x.dtype == .string && x.shape == [5, 12] && x.stringShape == [5])
        #expect(x[1..<3].strings() == ["", "Äpfel"])
        #expect(x.gathered(at: Tensor([4, 0])).strings() == ["a longer one", "fig"])
        let rows = Tensor(strings: [["a", "bc"], ["", "d"]])
        #expect(rows.stringShape == [2, 2] && rows[1..<2].strings() == ["", "d"])
        #expect(Tensor(strings: [String]()).stringShape == [0])
        #expect(Tensor(strings: ["a"], shape: []).strings() == ["a"])
        #expect("\(Tensor(strings: ["a", "b\"c"]))" == #"["a" "b\"c"]"#)
        let step = compiled { (x: Tensor) in x.gathered(at: Tensor([2, 1])) }
        #expect(step(x).strings() == ["Äpfel", ""])
    }

    @Test func opsRefuseStrings() {
        let x = Tensor(strings: Self.words)
        for wrong in [{ x + x }, { x.cast(to: .float32) }, { x.sum() }, { x .== x }, { Tensor([1.0]).cast(to: .string) }] {
            #expect(throws: MartletError.self) { try withErrors(wrong) }
        }
        #expect(throws: MartletError.self) { try withErrors { Tensor(strings: [["a"], ["b", "c"]]) } }
        #expect(throws: MartletError.self) { try withErrors { Tensor([1]).strings() } }
        #expect(throws: MartletError.self) { try withErrors { Tensor.zeros([2], dtype: .string) } }
    }

    /// SipHash-2-4 of the bytes 0, 1, 2, ... under the key 0, 1, ..., 15: values of the paper and of the reference
    /// implementation's test vectors.
    @Test func sipHash() {
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        for (count, expected) in [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (7, 0xab02_00f5_8b01_d137), (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
        ] as [(Int, UInt64)] {
            let hash = (0..<count).map { UInt8($0) }.withUnsafeBytes { SipHash.hash($0, key: key) }
            #expect(hash == expected, "\(count)")
        }
    }
}
