import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Private clusters")
struct ClusterTests {
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test("One whose owner is killed is cleared away, server and folder", .timeLimit(.minutes(10)))
    func ownerKilled() async throws {
        let path = try programPath("heliograph")
        var folder = ""
        let outcome = try await Slots.shared.with {
            try await withProgram(path, ["demo"]) { program in
                let line = try await program.line(containing: "a private PostgreSQL cluster in ")
                folder = line.split(separator: " ").last.map(String.init) ?? ""
                #expect(Self.exists(folder + "/data/postmaster.pid"))
                program.send(.kill)
                try await program.ended()
            }
        }
        #expect(outcome.status == -9)
        try await eventually("the folder to go") { !Self.exists(folder) }
    }

    @Test("It stops, crashes and starts again, and is gone after stop()", .timeLimit(.minutes(10)))
    func lifeTime() async throws {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.start(settings: ["work_mem": "5MB"])
            #expect(try await cluster.psql("SHOW work_mem") == "5MB")
            try await cluster.createDatabase(#"odd "name'"#)
            try await cluster.psql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)", database: #"odd "name'"#)
            try await cluster.restart(.immediate)
            #expect(
                try await cluster.psql("SELECT count(*) FROM t", database: #"odd "name'"#) == "1",
                "a crash takes nothing back")
            try await cluster.halt()
            let down = await #expect(throws: LocalClusterError.self) { try await cluster.psql("SELECT 1") }
            #expect(down?.code == .commandFailed)
            try await cluster.resume()
            try await cluster.stop()
            #expect(!Self.exists(cluster.path))
            try await cluster.stop()
        }
    }

    @Test("A setting that the server refuses is told in its own words, and nothing is left", .timeLimit(.minutes(10)))
    func wrongSetting() async throws {
        let error = await #expect(throws: LocalClusterError.self) {
            try await LocalCluster.start(settings: ["work_mem": "nonsense"])
        }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("work_mem") == true)
    }

    @Test("It is not reachable over the network")
    func unixSocketOnly() async throws {
        #expect(try await LocalCluster.shared.psql("SHOW listen_addresses") == "")
    }
}
