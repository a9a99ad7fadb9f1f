import Testing

@testable import HeliographPostgres

@Suite("Where to connect to")
struct ConfigurationTests {
    @Test("DATABASE_URL comes before libpq's own variables, and without any nothing is guessed")
    func environment() throws {
        let url = try ConnectionConfiguration.fromEnvironment(["DATABASE_URL": "postgres://h/d", "PGHOST": "other"])
        #expect(url.connectionString == "postgres://h/d")
        #expect(try ConnectionConfiguration.fromEnvironment(["PGHOST": "h"]).connectionString == "")
        let error = #expect(throws: PostgresError.self) {
            try ConnectionConfiguration.fromEnvironment(["DATABASE_URL": "", "HOME": "/"])
        }
        #expect(error?.code == .notConfigured)
        #expect(error?.description.contains("set DATABASE_URL") == true)
    }

    @Test("The application's name and the time-out give way to the connection string")
    func keywords() throws {
        let plain = try ConnectionConfiguration("host=h", applicationName: "me", connectTimeout: .seconds(7)).keywords()
        #expect(plain.contains { $0 == ("fallback_application_name", "me") })
        #expect(plain.contains { $0 == ("connect_timeout", "7") })
        let given = try ConnectionConfiguration("postgres://h/d?connect_timeout=3").keywords()
        #expect(!given.contains { $0.0 == "connect_timeout" })
    }

    @Test("A wrong connection string says so, and does not repeat a password")
    func wrongString() {
        let error = #expect(throws: PostgresError.self) {
            try ConnectionConfiguration("postgres://u:secret@h/d?nonsense=1").keywords()
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.description == "the connection string is wrong: invalid URI query parameter: …")
        for secret in [
            "postgres://app:pa%ss@h/d", "postgres://app:pa@[::1]x/d", "host=h password=pa ss", "host=h password='pa",
        ] {
            let error = #expect(throws: PostgresError.self) { try ConnectionConfiguration(secret).keywords() }
            #expect(error?.description.contains("pa") == false, "\(error?.description ?? "")")
        }
    }

    @Test("A password is kept apart from what goes on a command line")
    func splitPassword() throws {
        let (target, password) = try ConnectionConfiguration("postgres://app:s%27cret@h/d").splittingPassword()
        #expect(password == "s'cret")
        #expect(target == "dbname='d' host='h' user='app'")
    }

    @Test("Another database on the same server, with awkward characters quoted")
    func otherDatabase() throws {
        let text = try ConnectionConfiguration("postgres://u:p%27w@h:5433/d").connectionString(database: #"o'ne\two"#)
        #expect(text.contains(#"dbname='o\'ne\\two'"#))
        #expect(text.contains("host='h'") && text.contains("port='5433'") && text.contains(#"password='p\'w'"#))
    }

    @Test("Waits grow, are capped, and differ")
    func backoff() {
        let backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
        for attempt in 1...60 {
            let delay = backoff.delay(afterAttempt: attempt)
            let full = min(Duration.milliseconds(100) * (1 << min(attempt - 1, 20)), .seconds(5))
            #expect(delay <= full && delay >= full / 2)
        }
        #expect(Set((0..<20).map { _ in backoff.delay(afterAttempt: 10) }).count > 1)
    }
}
