/// A database of its own for one test.
///
/// See ``withTestDatabase(template:_:)``.
public struct TestDatabase: Hashable, Sendable {
    /// The database's name.
    public let name: String

    /// How to reach it, for libpq and every program that uses it.
    public let connectionString: String

    /// Names a database that exists.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - connectionString: How to reach it.
    public init(name: String, connectionString: String) {
        self.name = name
        self.connectionString = connectionString
    }
}
