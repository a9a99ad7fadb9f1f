import BookshopClient
import Heliograph
import HeliographTesting
import Testing

/// What a worker process answers to whoever watches over it.
@Suite("Worker processes: probes and metrics")
struct ProbeTests {
    /// Where a program says that it is asked.
    private func client(of program: RunningProgram) async throws -> BookshopClient {
        let line = try await program.line(containing: "answers probes on")
        guard let url = line.split(separator: " ").last, let client = BookshopClient(url: String(url)) else {
            throw UnknownAddress(line: line)
        }
        return client
    }

    /// Waits until it is ready, or not, and says so.
    private func until(_ status: Int, _ words: String, _ client: BookshopClient) async throws {
        try await eventually("\(status) \(words)") {
            let answer = try await client.send("GET", "/health/ready")
            #expect(answer.body.hasSuffix("\n") && answer.body.dropLast().contains("\n") == false, "\(answer.body)")
            return answer.status == status && answer.body.contains(words)
        }
    }

    @Test(
        "Ready with its lanes; not ready, but live, while the server is down; ready when it is back",
        .timeLimit(.minutes(10)))
    func server() async throws {
        try await Fixture.onOwnServer(.bookshop) { fixture in
            try await fixture.withBookshopWorker("worker", ["--health-port", "0"]) { program in
                let client = try await client(of: program)
                try await until(200, "ok", client)
                #expect(try await client.send("GET", "/health/live").body == "ok\n")
                try await fixture.psql("INSERT INTO users (username, email) VALUES ('a', 'a@example.org')")
                let wanted = [
                    #"heliograph_worker_lanes_held{subscription="create-profile"} 32"#,
                    #"heliograph_worker_lanes_held{subscription="create-summary"} 32"#,
                    #"heliograph_worker_records_total{subscription="create-profile",outcome="committed"} 1"#,
                    #"heliograph_subscription_lag_records{subscription="create-profile"} 0"#, "heliograph_up 1",
                ]
                try await eventually("its metrics") {
                    let metrics = try await client.send("GET", "/metrics")
                    #expect(metrics.status == 200)
                    let lines = metrics.body.split(separator: "\n").map(String.init)
                    return wanted.allSatisfy(lines.contains)
                }
                // It has no stream of signals.
                #expect(try await client.send("GET", "/signals/stream").status == 404)

                try await fixture.cluster.halt()
                try await until(503, "subscription create-profile: has no session", client)
                try await until(503, "subscription create-summary: has no session", client)
                let live = try await client.send("GET", "/health/live")
                #expect(live.status == 200 && live.body == "ok\n")
                let metrics = try await client.send("GET", "/metrics")
                #expect(metrics.status == 200 && metrics.body.contains("heliograph_up 0\n"))
                try await fixture.cluster.resume()
                try await until(200, "ok", client)
            }
        }
    }

    @Test("Paused, or superseded by a newer revision, it is ready, and says so", .timeLimit(.minutes(10)))
    func standingBy() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withBookshopWorker("worker", ["--health-port", "0"]) { program in
                let client = try await client(of: program)
                try await until(200, "ok", client)
                #expect(try await fixture.heliograph(["subscriptions", "pause", "create-profile"]).status == 0)
                try await until(200, "subscription create-profile: stands by, it is paused", client)
                try await fixture.psql(
                    "UPDATE heliograph.subscription SET revision = revision + 1 WHERE name = 'create-summary'")
                try await until(200, "subscription create-summary: stands by, a newer revision", client)
                #expect(try await client.send("GET", "/health/live").status == 200)
                #expect(try await fixture.heliograph(["subscriptions", "resume", "create-profile"]).status == 0)
                try await eventually("only the other one to stand by") {
                    try await client.send("GET", "/health/ready").body
                        == "subscription create-summary: stands by, a newer revision is in force\n"
                }
            }
        }
    }

    @Test("heliograph run answers as well", .timeLimit(.minutes(10)))
    func run() async throws {
        try await Effects.with { effects in
            try await withProgram(
                programPath("heliograph"),
                ["run", "out", "--on", "t", "--exec", "cat", "--health-port", "0", "--until-end-of-input"],
                environment: ["DATABASE_URL": effects.fixture.database.connectionString]
            ) { program in
                let client = try await client(of: program)
                try await until(200, "ok", client)
                try await eventually("its lanes") {
                    try await client.send("GET", "/metrics").body
                        .contains(#"heliograph_worker_lanes_held{subscription="out"} 32"#)
                }
                program.send(.terminate)
                try await program.ended()
            }
            let once = ["run", "out", "--on", "t", "--exec", "cat", "--once", "--health-port", "0"]
            let ended = try await effects.fixture.heliograph(once)
            #expect(ended.status == 0 && ended.lines.contains { $0.contains("answers probes on") }, "\(ended)")
        }
    }

    @Test(
        "A port is opened only where one is wanted; one that is none, or another's, is said", .timeLimit(.minutes(10)))
    func ports() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withBookshopWorker { program in
                try await eventually("its sessions") {
                    try await fixture.count("SELECT heliograph.subscription_workers('create-profile')") == 1
                }
                program.send(.terminate)
                try await program.ended()
                #expect(!program.lines.contains { $0.contains("probes") }, "\(program.lines)")
            }
            try await fixture.withBookshopWorker("one", ["--health-port", "0"]) { program in
                let url = try await program.line(containing: "answers probes on").split(separator: ":").last ?? ""
                let attempts: [(port: String, status: Int32, words: String)] = [
                    ("65536", 2, "HEALTH_PORT takes a number"), ("http", 2, "HEALTH_PORT takes a number"),
                    (String(url), 1, "in use"),
                ]
                for attempt in attempts {
                    let outcome = try await withProgram(
                        programPath("bookshop-worker"), ["--until-end-of-input"],
                        environment: [
                            "DATABASE_URL": fixture.database.connectionString, "HEALTH_PORT": attempt.port,
                        ]
                    ) { program in
                        try await program.ended()
                        return program.lines
                    }
                    #expect(outcome.status == attempt.status, "\(attempt) \(outcome)")
                    #expect(outcome.value.last?.contains(attempt.words) == true, "\(attempt) \(outcome)")
                }
            }
        }
    }
}
