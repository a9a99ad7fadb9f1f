import Heliograph
import HeliographTesting
import Testing

@Suite("LISTEN and NOTIFY")
struct ListenerTests {
    @Test("Notifications come in order; after a lost connection it listens again and says so", .timeLimit(.minutes(10)))
    func listening() async throws {
        try await Fixture.with { fixture in
            let (events, feed) = AsyncStream.makeStream(of: ListenerEvent.self)
            let listener = NotificationListener(
                fixture.configuration, channels: ["Shop"], logger: fixture.logger,
                backoff: .init(initial: .milliseconds(1))
            ) { feed.yield($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listener.run() }
                var iterator = events.makeAsyncIterator()
                guard case .listening = await iterator.next() else {
                    Issue.record("the first event is not that it listens")
                    return
                }
                try await fixture.psql(#"NOTIFY "Shop", 'one'; NOTIFY shop, 'no'; NOTIFY "Shop", 'two'"#)
                var payloads: [String] = []
                while payloads.count < 2, case .notification(let notification) = await iterator.next() {
                    payloads.append(notification.payload)
                }
                #expect(payloads == ["one", "two"])

                try await fixture.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
                )
                guard case .lost = await iterator.next(), case .listening = await iterator.next() else {
                    Issue.record("the loss was not told, or not mended")
                    return
                }
                try await fixture.psql(#"NOTIFY "Shop", 'three'"#)
                guard case .notification(let third) = await iterator.next() else {
                    Issue.record("nothing is heard after the reconnect")
                    return
                }
                #expect(third.payload == "three")
                group.cancelAll()
            }
        }
    }
}
