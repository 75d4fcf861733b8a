import MartletCore
import TestSupport
import Testing

@Suite(.ownSession) struct UniqueNameTests {
    @Test func numbersThatAreFree() {
        var names = UniqueNames(taken: ["a_2"])
        #expect((0..<4).map { _ in names.next("a") } == ["a", "a_1", "a_3", "a_4"])
        #expect(names.next("a_1") == "a_1_1" && names.next("b") == "b" && names.next("a") == "a_5")
    }

    /// The same names as those of a search from the first number on.
    @Test func asOfASearch() {
        var (names, taken) = (UniqueNames(), Set<String>())
        for step in 0..<2000 {
            let name = ["x", "x_1", "y", "x_1_1"][step % 4]
            var (expected, number) = (name, 0)
            while !taken.insert(expected).inserted {
                number += 1
                expected = "\(name)_\(number)"
            }
            #expect(names.next(name) == expected)
        }
    }
}
