import Heliograph
import HeliographTesting

struct MemoryUnderTest: LogUnderTest {
    struct NoTable: Error {}

    private let log = InMemoryLog { statement in
        if statement.contains("nowhere") { throw NoTable() }
        return 1
    }

    private func key(_ id: Int64) -> JSONValue { .object([.init(name: "id", value: .number("\(id)"))]) }

    private func row(_ id: Int64, _ v: Int64) -> JSONValue {
        .object([.init(name: "id", value: .number("\(id)")), .init(name: "v", value: .number("\(v)"))])
    }

    func insert(_ ids: [Int64]) throws {
        try log.commit(ids.map { .row(.insert, "public.t", key: key($0), row($0, 0)) })
    }

    func update(_ id: Int64, v: Int64) throws { try log.commit(.row(.update, "public.t", key: key(id), row(id, v))) }

    func delete(_ id: Int64) throws { try log.commit(.row(.delete, "public.t", key: key(id))) }

    func insert(_ id: Int64, depth: Int) throws {
        try log.commit(.row(.insert, "public.t", key: key(id), row(id, 0)), context: #"{"depth":\#(depth)}"#)
    }

    func drain(_ subscriptions: [Subscription]) async throws -> DrainReport {
        try await log.drain(subscriptions, configuration: .forTests)
    }

    func worker(_ subscriptions: [Subscription]) -> Worker { log.worker(subscriptions, configuration: .forTests) }

    func effects(of subscription: String) throws -> [Effect] {
        try log.effects(of: subscription).map { effect in
            let values = try effect.values.map { try Int64(json: $0) }
            return Effect(key: values[0], v: values[1], record: values[2])
        }
    }

    func parked(of subscription: String) throws -> [(id: Int64, key: Int64, isDead: Bool, errors: Int)] {
        try log.parked(of: subscription).map { ($0.id, try Effect.key(of: $0.record), $0.isDead, $0.errors.count) }
    }

    func retry(_ ids: [Int64], of subscription: String) { log.retry(ids, of: subscription) }
    func discard(_ ids: [Int64], of subscription: String) { log.discard(ids, of: subscription) }
    func setPaused(_ isPaused: Bool, _ subscription: String) { log.setPaused(isPaused, subscription) }
    func rewind(_ subscription: String, to record: Int64?) throws { try log.rewind(subscription, to: record) }
}
