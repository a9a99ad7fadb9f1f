import CLibPQ
public import Foundation

/// Where the server is and who connects.
public struct ConnectionConfiguration: Sendable {
    /// Anything libpq takes: `postgres://user@host/database?sslmode=verify-full`, `host=… dbname=…`, `service=…`, or nothing
    /// for libpq's own environment variables (`PGHOST`, `PGDATABASE`, …) and password file.
    public var connectionString: String
    /// What `pg_stat_activity` shows, unless the connection string names it. Default: `heliograph`.
    public var applicationName: String
    /// How long to wait for a connection, unless the connection string or `PGCONNECT_TIMEOUT` says. Default: 10 s; whole
    /// seconds, at least 2.
    public var connectTimeout: Duration
    /// Further libpq keywords. They win over the connection string.
    public var options: [String: String]
    /// How long a statement may run before the server ends it, with SQLSTATE 57014; set anew after a reset. Default: `nil`, what
    /// the server, the role or the connection string says. Zero is no limit.
    public var statementTimeout: Duration?
    /// So many statements, those used most recently, stay prepared on the server. Default: 256. 0 prepares none, for poolers
    /// that hand each transaction to another session.
    public var statementCacheCapacity = 256

    public init(
        _ connectionString: String, applicationName: String = "heliograph", connectTimeout: Duration = .seconds(10),
        options: [String: String] = [:]
    ) {
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.options = options
    }

    /// The server that `DATABASE_URL` or libpq's own variables name.
    /// - Throws: `notConfigured` if none of them is set.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment, applicationName: String = "heliograph"
    ) throws(PostgresError) -> ConnectionConfiguration {
        if let url = environment["DATABASE_URL"], !url.isEmpty {
            return ConnectionConfiguration(url, applicationName: applicationName)
        }
        let ours = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"]
        guard ours.contains(where: { environment[$0]?.isEmpty == false }) else {
            throw PostgresError(
                .notConfigured,
                "no PostgreSQL server is named: set DATABASE_URL, for example postgres://user:password@localhost:5432/database"
            )
        }
        return ConnectionConfiguration("", applicationName: applicationName)
    }

    /// What is to be said to the server in every new or reset session, if anything.
    /// - Throws: `invalidValue` if the time-out cannot be told to the server.
    func sessionSettings() throws(PostgresError) -> String? {
        guard let statementTimeout else { return nil }
        let milliseconds = (statementTimeout / .milliseconds(1)).rounded(.up)
        guard let whole = Int32(exactly: milliseconds), whole >= 0 else {
            throw PostgresError(
                .invalidValue,
                "the statement timeout \(statementTimeout) is out of range: it must be from 0 to \(Int32.max) ms")
        }
        return "SET statement_timeout = \(whole)"
    }

    /// The parameters for libpq; later ones win.
    func keywords() throws(PostgresError) -> [(String, String)] {
        let given = try parsedKeywords()
        var keywords = [("dbname", connectionString), ("fallback_application_name", applicationName)]
        if given["connect_timeout"] == nil, ProcessInfo.processInfo.environment["PGCONNECT_TIMEOUT"] == nil {
            keywords.append(("connect_timeout", String(max(2, connectTimeout.components.seconds))))
        }
        // A network that has gone away is found by the kernel: idle after 15 s and 3 probes, with data under way after 30 s.
        for (name, value) in Self.patience where given[name] == nil && options[name] == nil {
            keywords.append((name, value))
        }
        // The decoders read UTF-8.
        keywords.append(("client_encoding", "UTF8"))
        keywords += options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return keywords
    }

    private static let patience = [
        ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
    ]

    /// libpq's complaint without what it quotes from the string, which may be the password.
    private static func withoutQuotations(_ message: String?) -> String {
        let message = (message ?? "it cannot be parsed").unicodeScalars
        guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\"") else {
            return String(message)
        }
        return String(message[..<first]) + "…" + String(message[message.index(after: last)...])
    }

    /// What the connection string itself says.
    func parsedKeywords() throws(PostgresError) -> [String: String] {
        // As PQconnectdbParams sees it: a plain word is a database name.
        let isPlainName = !connectionString.contains("=") && !connectionString.contains("://")
        if isPlainName { return connectionString.isEmpty ? [:] : ["dbname": connectionString] }
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(connectionString, &message) else {
            defer { PQfreemem(message) }
            throw PostgresError(
                .connectionFailed,
                "the connection string is wrong: \(Self.withoutQuotations(message.map { String(cString: $0) }))"
            )
        }
        defer { PQconninfoFree(parsed) }
        var values: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }
}
