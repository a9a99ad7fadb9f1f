import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Over TCP, with a network between that fails.
@Suite("Networks that fail")
struct NetworkTests {
    /// A server on TCP and a proxy before it.
    private func withProxy(_ body: (LocalCluster, Proxy, ConnectionConfiguration) async throws -> Void) async throws {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.start(network: .loopback)
            do {
                let proxy = try Proxy(to: cluster.port)
                defer { proxy.end() }
                let target = "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres sslmode=disable"
                try await body(cluster, proxy, ConnectionConfiguration(target, connectTimeout: .seconds(2)))
                try await cluster.stop()
            } catch {
                try? await cluster.stop()
                throw error
            }
        }
    }

    @Test("A network that stops forwarding: a cancelled statement comes back, a pool goes on", .timeLimit(.minutes(10)))
    func swallowed() async throws {
        try await withProxy { cluster, proxy, configuration in
            let pool = ConnectionPool(.init(configuration, maximum: 2), logger: CapturedLog().logger)
            #expect(try await pool.query("SELECT 1").count == 1)
            proxy.swallowAll()
            let lost = Task { try await pool.query("SELECT 2") }
            try await eventually("the statement to wait") { pool.counts == (open: 1, idle: 0, waiting: 0) }
            lost.cancel()
            await #expect(throws: CancellationError.self) { try await lost.value }
            // No new connection either, and that is told in time.
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 3") }
            #expect(error?.code == .connectionFailed)
            proxy.forward()
            #expect(try await pool.query("SELECT 4").count == 1)
            await pool.shutDown()
        }
    }

    @Test("A network that cuts: whoever waits is told, the next one gets another connection", .timeLimit(.minutes(10)))
    func cut() async throws {
        try await withProxy { cluster, proxy, configuration in
            let pool = ConnectionPool(.init(configuration, maximum: 1), logger: CapturedLog().logger)
            let waiting = Task { try await pool.query("SELECT pg_sleep(600)") }
            try await eventually("the statement to run") {
                try await cluster.psql("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'") == "1"
            }
            proxy.cut()
            let error = await #expect(throws: PostgresError.self) { try await waiting.value }
            #expect(error?.isConnectionLoss == true)
            #expect(try await pool.query("SELECT 1").count == 1)
            // An idle one whose end has been heard of is not lent either.
            proxy.cut()
            try await eventually("the pool to work") { (try? await pool.query("SELECT 1"))?.count == 1 }
            await pool.shutDown()
        }
    }

    @Test("A connection that has been idle for long is asked before it is lent", .timeLimit(.minutes(10)))
    func checked() async throws {
        try await withProxy { _, proxy, configuration in
            var settings = ConnectionPool.Configuration(configuration, maximum: 1)
            settings.checkAfter = .zero
            let pool = ConnectionPool(settings, logger: CapturedLog().logger)
            let first = try await pool.withConnection { $0.backendProcessID }
            #expect(try await pool.withConnection { $0.backendProcessID } == first)
            // Nothing tells that it is dead, as with a firewall that has forgotten it.
            proxy.swallowAll()
            let next = Task { try await pool.withConnection { $0.backendProcessID } }
            try await eventually("the dead one to be given up") { pool.counts.idle == 0 }
            await #expect(throws: PostgresError.self) { try await next.value }
            proxy.forward()
            #expect(try await pool.withConnection { $0.backendProcessID } != first)
            await pool.shutDown()
        }
    }

    @Test("A listener finds a half-open socket by its heartbeat, and tells of the gap", .timeLimit(.minutes(10)))
    func heartbeat() async throws {
        try await withProxy { cluster, proxy, configuration in
            try await NotificationListener.listen(
                on: ["news"], configuration, logger: CapturedLog().logger,
                backoff: Backoff(initial: .milliseconds(10), maximum: .milliseconds(100)), heartbeat: .milliseconds(100)
            ) { events in
                var iterator = events.makeAsyncIterator()
                guard case .listening = await iterator.next() else { throw ProxyError() }
                try await cluster.psql("NOTIFY news, 'one'")
                guard case .notification(let one) = await iterator.next() else { throw ProxyError() }
                #expect(one.payload == "one")
                proxy.swallowAll()
                guard case .lost(let error) = await iterator.next() else { throw ProxyError() }
                #expect(error.isConnectionLoss)
                proxy.forward()
                var next = await iterator.next()
                while case .lost = next { next = await iterator.next() }
                guard case .listening = next else { throw ProxyError() }
                try await cluster.psql("NOTIFY news, 'two'")
                guard case .notification(let two) = await iterator.next() else { throw ProxyError() }
                #expect(two.payload == "two")
            }
        }
    }

    @Test("Of several hosts the one is taken that answers as it should", .timeLimit(.minutes(10)))
    func hosts() async throws {
        try await withProxy { cluster, proxy, _ in
            proxy.end()
            let ports = "\(proxy.port),\(cluster.port)"
            let configuration = ConnectionConfiguration(
                "host=127.0.0.1,127.0.0.1 port=\(ports) user=postgres dbname=postgres target_session_attrs=read-write")
            let connection = try await Connection.connect(configuration)
            #expect(try await connection.number("SELECT 1::int8") == 1)
            await connection.close()
            let standby = ConnectionConfiguration(
                "host=127.0.0.1 port=\(cluster.port) user=postgres dbname=postgres target_session_attrs=standby")
            let error = await #expect(throws: PostgresError.self) { try await Connection.connect(standby) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.description.contains("standby") == true)
        }
    }
}
