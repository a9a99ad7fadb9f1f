extension TestDatabase {
    /// What a test's database holds at the start: prepared once per process, then copied for each test.
    ///
    /// ```swift
    /// extension TestDatabase.Template {
    ///     static let library = Self("library") { database in
    ///         try await LocalCluster.shared.psql("CREATE TABLE books (id bigint PRIMARY KEY)", database: database.name)
    ///     }
    /// }
    /// ```
    public struct Template: Sendable {
        /// Tells templates apart: the first one prepared under a key is used for all of that key.
        public let key: String

        /// Fills the template's database.
        public let prepare: @Sendable (TestDatabase) async throws -> Void

        /// Describes a template.
        ///
        /// - Parameters:
        ///   - key: A name, unique among the templates of the process.
        ///   - prepare: Fills an empty database, for example with migrations. It must have closed its connections when
        ///     it returns, because a database in use cannot be copied.
        public init(_ key: String, prepare: @escaping @Sendable (TestDatabase) async throws -> Void) {
            self.key = key
            self.prepare = prepare
        }
    }
}
