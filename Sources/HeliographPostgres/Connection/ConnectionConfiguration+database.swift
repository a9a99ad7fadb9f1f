import CLibPQ
import Foundation

extension ConnectionConfiguration {
    /// The same server and role, another database: a connection string that other programs understand as well.
    ///
    /// What libpq takes from its own variables (`PGHOST`, …) is written out, but not passwords from `PGPASSWORD` or the
    /// password file.
    /// - Parameter database: the database's name.
    /// - Throws: `connectionFailed` when the connection string is wrong.
    public func connectionString(database: String) throws(PostgresError) -> String {
        var keywords = Self.environmentDefaults()
        keywords.merge(try parsedKeywords()) { _, given in given }
        keywords.merge(options) { _, given in given }
        keywords["dbname"] = database
        return Self.text(of: keywords)
    }

    /// Where libpq would connect to by its own variables.
    private static func environmentDefaults() -> [String: String] {
        var values: [String: String] = [:]
        let variables = [
            ("host", "PGHOST"), ("hostaddr", "PGHOSTADDR"), ("port", "PGPORT"), ("user", "PGUSER"),
            ("service", "PGSERVICE"),
        ]
        for (keyword, variable) in variables {
            if let value = ProcessInfo.processInfo.environment[variable], !value.isEmpty { values[keyword] = value }
        }
        return values
    }

    /// The connection string without a password, for a command line, which everybody can read; and the password.
    package func splittingPassword() throws(PostgresError) -> (connectionString: String, password: String?) {
        var keywords = try parsedKeywords()
        guard let password = keywords.removeValue(forKey: "password") else { return (connectionString, nil) }
        return (Self.text(of: keywords), password)
    }

    private static func text(of keywords: [String: String]) -> String {
        keywords.sorted { $0.key < $1.key }.map { "\($0.key)=\(Quoting.connectionValue($0.value))" }.joined(
            separator: " ")
    }
}
