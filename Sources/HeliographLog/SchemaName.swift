import HeliographPostgres

/// The name of the schema that holds the signal log. Default: `heliograph`.
///
/// The same word names the NOTIFY channel of the bell and the prefix of the transaction's context setting.
public struct SchemaName: Sendable, Hashable, CustomStringConvertible {
    /// The name, usable in SQL without quotes.
    public let name: String

    /// `heliograph`.
    public static let standard = SchemaName(unchecked: "heliograph")

    /// - Throws: ``LogError`` when the name would need quotes in SQL or belongs to PostgreSQL.
    public init(_ name: String) throws(LogError) {
        let isPlain =
            name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95 }
            && name.utf8.first.map { $0 >= 97 || $0 == 95 } == true && name.utf8.count <= 40
        guard isPlain, !name.hasPrefix("pg_") else {
            throw LogError(
                .badArgument,
                "\"\(name)\" cannot be the schema: use lower-case letters, digits and underscores, at most 40, not starting with pg_"
            )
        }
        self.name = name
    }

    private init(unchecked name: String) { self.name = name }

    public var description: String { name }

    /// The name for use in statements.
    var sql: SQL { SQL(unsafe: name) }

    /// A script written for the schema `heliograph`, for this schema.
    func adapt(_ script: String) -> String {
        if self == .standard { return script }
        // Simple boundaries: by Unicode's own there is none in `heliograph.bell`.
        return script.replacing(#/\bheliograph\b/#.wordBoundaryKind(.simple), with: name)
    }
}
