import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Servers that positions and records do not belong to.
@Suite("Worker: the wrong server")
struct ServerTests {
    private func expectRefusal(_ code: LogError.Code, _ words: String, in effects: Effects) async throws {
        let worker = Worker(
            [Effects.subscription()], database: effects.fixture.configuration, configuration: .forTests,
            logger: effects.fixture.logger
        )
        let error = await #expect(throws: LogError.self) { try await worker.run() }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
        let tail = try await effects.fixture.heliograph(["tail"])
        #expect(tail.status == 3)
        #expect(tail.lines.count == 1 && tail.lines[0].contains(words), "\(tail.lines)")
    }

    @Test("A standby is refused at the start; a worker that runs waits for its promotion", .timeLimit(.minutes(10)))
    func standby() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            let effects = try await Effects.make(in: fixture)
            try await effects.withWorker([Effects.subscription()]) {
                try await fixture.psql("INSERT INTO t SELECT generate_series(1, 50)")
                try await effects.settled()
                try await fixture.cluster.halt()
                let signal = fixture.cluster.path + "/data/standby.signal"
                #expect(FileManager.default.createFile(atPath: signal, contents: Data()))
                try await fixture.cluster.resume()
                #expect(try await fixture.psql("SELECT pg_is_in_recovery()") == "t")
                try await eventually("the worker to see what it is") {
                    fixture.log.lines.contains { $0.contains("this server is a standby") }
                }
                try await expectRefusal(.standby, "target_session_attrs=read-write", in: effects)
                #expect(try await fixture.psql("SELECT pg_promote()") == "t")
                try await fixture.psql("INSERT INTO t SELECT generate_series(51, 100); UPDATE t SET v = v + 1")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("A log that was restored from a cluster that is ahead is refused", .timeLimit(.minutes(10)))
    func otherCluster() async throws {
        for restored in [
            "INSERT INTO heliograph.tick (incarnation, snapshot) VALUES (1, '4000000:4000000:')",
            "UPDATE heliograph.signal_log SET xid = '4000000' WHERE id = 1",
        ] {
            try await Effects.with { effects in
                try await effects.fixture.psql(
                    "INSERT INTO t SELECT generate_series(1, 10); \(restored); UPDATE heliograph.incarnation SET timeline = 77"
                )
                try await expectRefusal(.otherCluster, "heliograph.rebase()", in: effects)
                // A record that was captured here, and by hand made what it is: it does not guess.
                if restored.hasPrefix("UPDATE") {
                    let error = await #expect(throws: LocalClusterError.self) {
                        try await effects.fixture.psql("SELECT heliograph.rebase()")
                    }
                    #expect(error?.message.contains("which records") == true, "\(error?.message ?? "")")
                }
                // As it says.
                try await effects.fixture.psql("DROP SCHEMA heliograph CASCADE")
                try await effects.fixture.withConnection { connection in
                    try await Migrator().migrate(on: connection)
                    try await Attachments().attach("t", on: connection)
                }
                try await effects.withWorker([Effects.subscription()]) {
                    try await effects.fixture.psql("UPDATE t SET v = v + 1")
                    try await eventually("the effects") {
                        try await effects.fixture.count("SELECT count(*) FROM effect") == 10
                    }
                }
            }
        }
    }
}
