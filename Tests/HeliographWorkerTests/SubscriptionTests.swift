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

    @Test("How many records are taken at once, where the worker is not told: most where one statement takes all")
    func batchSize() {
        let sources: [RecordFilter.Source] = [.init(sender: "public.users", operations: [.insert])]
        let each = subscription()
        let set = Subscription("s", batchesOf: sources) { _, _ in }
        let call = Subscription("s", externalOn: sources) { _, _ in }
        let calls = Subscription("s", externalBatchesOf: sources, concurrency: 3) { _, _ in }
        #expect([each, set, call, calls].map { $0.batchSize(nil) } == [1_000, 4_000, 1_000, 1_000])
        #expect([each, set, call, calls].map { $0.readingLimit(nil) } == [1_000, 4_000, 1_000, 3_000])
        #expect([each, set, call, calls].map { $0.readingLimit(7) } == [7, 7, 7, 21])
        var configuration = WorkerConfiguration()
        #expect(configuration.batchSize == nil)
        configuration.batchSize = 0
        #expect(configuration.batchSize == 1)
        #expect(WorkerConfiguration(batchSize: 1_000_000).batchSize == 100_000)
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
