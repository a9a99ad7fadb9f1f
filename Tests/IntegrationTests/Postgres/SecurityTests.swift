import Foundation
import Heliograph
import HeliographTesting
import Testing

/// TLS up to verify-full, SCRAM, the service and the password file: all of it libpq's, so that it must only not stand in its way.
@Suite("TLS and passwords")
struct SecurityTests {
    /// A server with a certificate of its own authority, for 127.0.0.1, and a role with a SCRAM password.
    /// - Parameter needsTLS: a server that was built without it is not tested then.
    private func withSecureServer(
        needsTLS: Bool, _ body: (LocalCluster, _ folder: String) async throws -> Void
    ) async throws {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.start(network: .loopback)
            let folder = NSTemporaryDirectory() + "heliograph-tls-\(UUID().uuidString)"
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let hasTLS = try await cluster.psql("SHOW ssl_library") != ""
                if needsTLS, !hasTLS { try Test.cancel("the server has been built without TLS") }
                if hasTLS { try await certify(cluster, in: folder) }
                try await restrict(cluster, to: hasTLS ? "hostssl" : "host")
                try await body(cluster, folder)
                try await cluster.stop()
            } catch {
                try? await cluster.stop()
                throw error
            }
        }
    }

    private func certify(_ cluster: LocalCluster, in folder: String) async throws {
        let script = """
            set -e; cd "$0"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
                -keyout root.key -out root.crt
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server -keyout server.key -out server.csr
            printf 'subjectAltName=IP:127.0.0.1' >names
            openssl x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 -extfile names -out server.crt
            """
        let made = try await withProgram("/bin/sh", ["-c", script, folder]) { program in
            try await program.ended()
            return program.lines
        }
        #expect(made.status == 0, "\(made.value)")
        for name in ["server.crt", "server.key"] {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            // The server writes them itself: so they belong to its account, with the rights it asks for.
            try await cluster.psql(
                """
                CREATE TABLE lines (number serial, line text);
                INSERT INTO lines (line) SELECT unnest(string_to_array(trim(E'\\n' FROM $text$\(text)$text$), E'\\n'));
                COPY (SELECT line FROM lines ORDER BY number) TO PROGRAM 'umask 077; cat > \(name)';
                DROP TABLE lines;
                """
            )
        }
        try await cluster.psql("ALTER SYSTEM SET ssl = on")
        try await cluster.psql("SELECT pg_reload_conf()")
        try await eventually("the server to use its certificate") { try await cluster.psql("SHOW ssl") == "on" }
    }

    /// One rule for the network: this kind of connection, this role, its password.
    private func restrict(_ cluster: LocalCluster, to kind: String) async throws {
        try await cluster.psql(
            """
            SET password_encryption = 'scram-sha-256';
            CREATE ROLE locked LOGIN PASSWORD 'right';
            COPY (SELECT unnest(ARRAY['local all all trust', '\(kind) all locked all scram-sha-256']))
                TO PROGRAM 'cat > pg_hba.conf';
            SELECT pg_reload_conf();
            """
        )
        try await eventually("the server to read its new rules") {
            try await cluster.psql("SELECT count(*) FROM pg_hba_file_rules WHERE 'locked' = ANY (user_name)") == "1"
        }
    }

    private func target(_ cluster: LocalCluster, _ more: String) -> ConnectionConfiguration {
        ConnectionConfiguration("host=127.0.0.1 port=\(cluster.port) dbname=postgres user=locked \(more)")
    }

    @Test(
        "verify-full takes the right authority and refuses another; large answers and cancellation work in TLS",
        .timeLimit(.minutes(10)))
    func tls() async throws {
        try await withSecureServer(needsTLS: true) { cluster, folder in
            let secure = target(cluster, "password=right sslmode=verify-full sslrootcert=\(folder)/root.crt")
            let connection = try await Connection.connect(secure)
            let row = try #require(
                try await connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").first)
            #expect(try row.decode(0, as: Bool.self))
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            for _ in 0..<5 {
                let rows = try await connection.query("SELECT \(text)::text FROM generate_series(1, 8)")
                #expect(try rows.allSatisfy { try $0.decode(0, as: String.self) == text })
            }
            var count = 0
            try await connection.stream("SELECT repeat('x', 20000) FROM generate_series(1, 500)") { rows in
                for try await _ in rows { count += 1 }
            }
            #expect(count == 500)
            let sleeper = Task { try await connection.query("SELECT pg_sleep(600)") }
            try await eventually("the statement to run") {
                try await cluster.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep' AND state = 'active'")
                    == "1"
            }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
            let one = try await connection.number("SELECT 1::int8")
            #expect(one == 1)
            await connection.close()

            try FileManager.default.copyItem(atPath: "\(folder)/server.crt", toPath: "\(folder)/other.crt")
            let refused = [
                ("password=right sslmode=verify-full sslrootcert=\(folder)/other.crt", "certificate verify failed"),
                ("password=right sslmode=disable", "pg_hba.conf"),
            ]
            for (more, message) in refused {
                let error = await #expect(throws: PostgresError.self) {
                    try await Connection.connect(target(cluster, more))
                }
                #expect(error?.code == .connectionFailed)
                #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
                #expect(error?.description.contains("right") == false)
            }
        }
    }

    @Test(
        "Passwords by SCRAM, from the password file and a service; a wrong one in one line without it",
        .timeLimit(.minutes(10)))
    func passwords() async throws {
        try await withSecureServer(needsTLS: false) { cluster, folder in
            let files = ["pass": "127.0.0.1:\(cluster.port):*:locked:right\n", "wrongpass": "*:*:*:*:guess\n"]
            for (name, text) in files {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
            }
            let connection = try await Connection.connect(target(cluster, "sslmode=prefer passfile=\(folder)/pass"))
            let user = try await connection.texts("SELECT current_user::text")
            #expect(user == ["locked"])
            await connection.close()
            let error = await #expect(throws: PostgresError.self) {
                try await Connection.connect(target(cluster, "sslmode=prefer passfile=\(folder)/wrongpass"))
            }
            #expect(error?.description.contains("password authentication failed") == true)
            #expect(error?.description.contains("guess") == false)
            #expect(error?.description.contains("\n") == false)

            // libpq finds the service file by a variable: in a program of its own, so that no other test sees it.
            let service =
                "[shop]\nhost=127.0.0.1\nport=\(cluster.port)\ndbname=postgres\nuser=locked\npassword=right\nsslmode=prefer\n"
            try Data(service.utf8).write(to: URL(fileURLWithPath: "\(folder)/services"))
            let status = try await withProgram(
                programPath("heliograph"), ["status"],
                environment: ["PGSERVICEFILE": "\(folder)/services", "DATABASE_URL": "service=shop"]
            ) { program in
                try await program.ended()
                return program.lines
            }
            #expect(status.value.last?.contains("is not installed") == true, "\(status.value)")
        }
    }
}
