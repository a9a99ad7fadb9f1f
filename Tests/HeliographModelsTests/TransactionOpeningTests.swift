import HeliographPostgres
import Synchronization
import Testing

@testable import HeliographModels

@Suite("The opening of a transaction")
struct TransactionOpeningTests {
    @Test("Whoever is to know hears once that there is something to do: with the first statement, or at COMMIT")
    func taken() {
        let calls = Mutex(0)
        let opening = TransactionOpening(["BEGIN", "SELECT 1"]) { calls.withLock { $0 += 1 } }
        opening.append("SELECT 2")
        #expect(calls.withLock(\.self) == 0)
        #expect(opening.take().count == 3)
        #expect(calls.withLock(\.self) == 1)
        #expect(opening.take().isEmpty)
        #expect(opening.takeForCommit()?.isEmpty == true)
        #expect(calls.withLock(\.self) == 1)
    }

    @Test("Of a transaction that does nothing nobody hears")
    func nothing() {
        let calls = Mutex(0)
        let opening = TransactionOpening(["BEGIN"]) { calls.withLock { $0 += 1 } }
        #expect(opening.takeForCommit() == nil)
        #expect(calls.withLock(\.self) == 0 && !opening.isSent)
    }
}
