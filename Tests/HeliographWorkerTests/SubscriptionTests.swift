import HeliographLog
import Testing

@testable import HeliographWorker

@Suite("Declarations of subscriptions")
struct SubscriptionTests {
    private func subscription(
        name: String = "s", sources: [RecordFilter.Source] = [.init(sender: "public.users", operations: [.insert])],
        revision: Int = 1, lanes: Int = 32
    ) -> Subscription {
        Subscription(name, sources: sources, revision: revision, lanes: lanes) { _, _ in }
    }

    @Test("What is declared is told in one form, whatever the order it was written in")
    func declaration() {
        let users = RecordFilter.Source(sender: "public.users", operations: [.update, .insert])
        let books = RecordFilter.Source(sender: "public.books", operations: [.delete])
        let one = subscription(sources: [users, books]).declaration
        #expect(one == subscription(sources: [books, users]).declaration)
        #expect(
            one == #"{"sources":[{"sender":"public.books","operations":["delete"]},"#
                + #"{"sender":"public.users","operations":["insert","update"]}]}"#
        )
    }

    @Test("What cannot be meant is refused, and says what to change")
    func refused() throws {
        try subscription().validate()
        let wrong = [
            subscription(name: ""), subscription(name: String(repeating: "x", count: 101)), subscription(lanes: 0),
            subscription(lanes: 1025), subscription(revision: 0), subscription(sources: []),
            subscription(sources: [.init(sender: "public.users", operations: [])]),
        ]
        for subscription in wrong {
            let error = #expect(throws: WorkerError.self) { try subscription.validate() }
            #expect(error?.code == .badDeclaration)
        }
    }
}
