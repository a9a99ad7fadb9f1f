import Foundation
import Heliograph
import HeliographTesting
import Testing

/// `heliograph run`: records to a command or a webhook.
@Suite("Command line: run")
struct RunTests {
    private struct Folder: ~Copyable {
        let path = FileManager.default.temporaryDirectory.appending(path: "heliograph-run-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func lines(_ name: String) -> [String] {
            let text = (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }
    }

    private func ids(_ lines: [String]) throws -> [Int64] {
        try lines.map { try Int64(json: try JSONValue(parsing: $0)["key"]?["id"] ?? .null) }
    }

    @Test("--exec --once: all that is there, as JSON lines, in batches; then it ends", .timeLimit(.minutes(10)))
    func execOnce() async throws {
        try await Effects.with { effects in
            let folder = try Folder()
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 250); UPDATE t SET v = 1 WHERE id = 5")
            let arguments = [
                "run", "out", "--on", "t:created", "--start", "beginning", "--batch", "40", "--once", "--exec",
                "echo $HELIOGRAPH_BATCH_ID $HELIOGRAPH_ATTEMPT >> \(folder.path)/batches; cat >> \(folder.path)/records",
            ]
            let ended = try await effects.fixture.heliograph(arguments)
            #expect(ended.status == 0, "\(ended.lines)")
            #expect(try ids(folder.lines("records")).sorted() == Array(1...250))
            let batches = folder.lines("batches")
            #expect(batches.count == 7 && Set(batches).count == 7)
            // Drained, it has nothing to do.
            #expect(try await effects.fixture.heliograph(arguments).status == 0)
            #expect(folder.lines("batches").count == 7)
        }
    }

    @Test(
        "--start backfill: rows that were there before the table was captured; a command that fails keeps them",
        .timeLimit(.minutes(10)))
    func backfill() async throws {
        try await Effects.with { effects in
            let folder = try Folder()
            try await effects.fixture.psql("SELECT heliograph.detach('t'); INSERT INTO t SELECT generate_series(1, 30)")
            try await effects.fixture.psql("SELECT heliograph.attach('t')")
            let arguments = ["run", "out", "--on", "t", "--start", "backfill", "--once", "--exec"]
            let failed = try await effects.fixture.heliograph(arguments + ["echo no >&2; exit 3"])
            #expect(failed.status == 1)
            #expect(failed.lines.last?.contains("everything fails") == true, "\(failed.lines)")
            let done = try await effects.fixture.heliograph(arguments + ["cat >> \(folder.path)/records"])
            // Those that were parked before the outage was noticed are tried again, or wait.
            #expect(done.status == 0, "\(done.lines)")
            try await eventually("all of them") {
                _ = try await effects.fixture.heliograph(arguments + ["cat >> \(folder.path)/records"])
                return try ids(folder.lines("records")).sorted() == Array(1...30)
            }
            #expect(
                folder.lines("records").allSatisfy { $0.contains(#""id":null"#) && $0.contains(#""backfill":true"#) })
        }
    }

    @Test("It runs on, and SIGTERM ends it with status 0", .timeLimit(.minutes(10)))
    func follows() async throws {
        try await Effects.with { effects in
            let folder = try Folder()
            let environment = ["DATABASE_URL": effects.fixture.database.connectionString]
            let outcome = try await withProgram(
                programPath("heliograph"), ["run", "out", "--on", "t", "--exec", "cat >> \(folder.path)/records"],
                environment: environment
            ) { program in
                try await program.line(containing: "hears of public.t")
                try await eventually("its lanes") {
                    try await effects.fixture.count("SELECT heliograph.subscription_workers('out')") == 1
                }
                try await effects.fixture.psql("INSERT INTO t VALUES (1); UPDATE t SET v = 1; DELETE FROM t")
                try await eventually("three records") { folder.lines("records").count == 3 }
                program.send(.terminate)
                try await program.ended()
            }
            #expect(outcome.status == 0)
            let operations = try folder.lines("records").map { try JSONValue(parsing: $0)["operation"]?.string }
            #expect(operations == ["insert", "update", "delete"])
        }
    }

    private static let python = "/usr/bin/python3"

    /// Writes each request's body and signature to a file; the first one is told to come back later.
    private static let server = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            count = 0
            def do_POST(self):
                body = self.rfile.read(int(self.headers['content-length'])).decode()
                Handler.count += 1
                if Handler.count == 1:
                    self.send_response(503); self.send_header('Retry-After', '1')
                else:
                    open(sys.argv[1], 'a').write(self.headers['webhook-signature'] + ' ' + body + '\\n')
                    self.send_response(204)
                self.send_header('Content-Length', '0'); self.end_headers()
            def log_message(self, *_): pass
        server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
        print('port', server.server_port, flush=True)
        server.serve_forever()
        """

    @Test(
        "--webhook: signed, posted as an array; Retry-After is heeded; a private address takes a word",
        .enabled(if: FileManager.default.isExecutableFile(atPath: Self.python), "python3 is the server"),
        .timeLimit(.minutes(10)))
    func webhook() async throws {
        try await Effects.with { effects in
            let folder = try Folder()
            let path = folder.path
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await withProgram(Self.python, ["-c", Self.server, "\(path)/requests"]) { server in
                let port = try await server.line(containing: "port ").dropFirst(5)
                let arguments = [
                    "run", "out", "--on", "t", "--start", "beginning", "--webhook", "http://127.0.0.1:\(port)/hook",
                ]
                let secret = ["HELIOGRAPH_WEBHOOK_SECRET": "0123456789abcdef0123456789abcdef"]
                let insecure = try await effects.fixture.heliograph(arguments, environment: secret)
                #expect(insecure.status == 2 && insecure.lines.last?.contains("http") == true, "\(insecure.lines)")
                let unsigned = try await effects.fixture.heliograph(arguments + ["--allow-http", "--allow-private"])
                #expect(unsigned.status == 2 && unsigned.lines.last?.contains("secret") == true, "\(unsigned.lines)")
                try await withProgram(
                    programPath("heliograph"), arguments + ["--allow-http", "--allow-private"],
                    environment: secret.merging(["DATABASE_URL": effects.fixture.database.connectionString]) { $1 }
                ) { program in
                    try await eventually("all of them") {
                        let requests = (try? String(contentsOfFile: "\(path)/requests", encoding: .utf8)) ?? ""
                        var seen: Set<Int64> = []
                        for line in requests.split(separator: "\n") {
                            #expect(line.hasPrefix("v1,"))
                            let body = line.drop { $0 != "[" }
                            guard case .array(let records) = try JSONValue(parsing: String(body)) else { continue }
                            for record in records { seen.insert(try Int64(json: record["key"]?["id"] ?? .null)) }
                        }
                        return seen == Set(1...20)
                    }
                    #expect(program.lines.contains { $0.contains("asks to wait") }, "\(program.lines)")
                    #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.attempt") == 0)
                }
            }
        }
    }

    @Test("What cannot be meant is said, with status 2", .timeLimit(.minutes(10)))
    func usage() async throws {
        try await Effects.with { effects in
            for arguments in [
                ["run", "x", "--on", "t"], ["run", "x", "--on", "t", "--exec", "cat", "--webhook", "https://x"],
                ["run", "x", "--on", "t:inserted", "--exec", "cat"], ["run", "x", "--exec", "cat"],
                ["run", "x", "--on", "t", "--exec", "cat", "--batch", "0"],
            ] {
                let ended = try await effects.fixture.heliograph(arguments)
                #expect(ended.status == 2, "\(arguments) \(ended)")
            }
            try await effects.fixture.psql("CREATE TABLE other (id int PRIMARY KEY)")
            let ended = try await effects.fixture.heliograph(["run", "x", "--on", "other", "--exec", "cat"])
            #expect(ended.status == 3 && ended.lines.last?.contains("heliograph attach other") == true, "\(ended)")
        }
    }
}
