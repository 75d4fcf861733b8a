import Foundation
import MartletCore
import Synchronization
import TestSupport
import Testing

@Suite(.ownSession) struct VariableTests {
    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// A thread that reads while another one runs a compiled update without pause gets every value that it asks for, whole, and
    /// never an older one than before. The test would not end if a reader were never let in.
    @Test func readersAreLetInBetweenUpdates() async {
        let variable = Variable(Tensor([Int](repeating: 0, count: 4000)))
        let isDone = Flag()
        await withTaskGroup { group in
            group.addTask {
                let update = compiled { () -> [Tensor] in
                    variable.assignAdd(Tensor(1))
                    return []
                }
                while !isDone.isSet.load(ordering: .relaxed) { _ = update() }
            }
            group.addTask {
                defer { isDone.isSet.store(true, ordering: .relaxed) }
                var last = 0
                for _ in 0..<300 {
                    let values: [Int] = variable.value.scalars()
                    #expect(values.allSatisfy { $0 == values[0] } && values[0] >= last)
                    last = values[0]
                }
            }
        }
        #expect(variable.value.scalars(as: Int.self)[0] > 0)
    }

    /// Two compiled functions that update two variables in opposite orders never wait for each other.
    @Test func twoUpdatesOfTheSameVariablesEnd() async {
        let (a, b) = (Variable(Tensor(0)), Variable(Tensor(0)))
        await withTaskGroup { group in
            for pair in [(a, b), (b, a)] {
                group.addTask {
                    let update = compiled { () -> [Tensor] in
                        pair.0.assignAdd(Tensor(1))
                        pair.1.assignAdd(Tensor(1))
                        return []
                    }
                    for _ in 0..<200 { _ = update() }
                }
            }
        }
        #expect(a.value.item() == 400 && b.value.item() == 400)
    }
}
