import HeliographPostgres
public import HeliographSignals

/// What a mapping says about its table, whatever the model's type.
public struct TableDescription: Sendable {
    /// The model's name in Swift, for messages.
    public let model: String
    /// The schema's name, unquoted; `nil` leaves it to the search path.
    public let schema: String?
    /// The table's name, unquoted.
    public let name: String
    /// Columns that are unique together.
    public struct UniqueGroup: Sendable, Hashable {
        /// The constraint's name; `nil` for the one that PostgreSQL would choose.
        public let name: String?
        /// Places among the table's columns; -1 for a property that has no column, which ``Database/verify(_:)`` says.
        public let columns: [Int]
    }

    /// The mapped columns, in the order of the model's initialiser.
    public let columns: [ColumnDescription]
    /// The name as it stands in SQL, quoted, with the schema if one was given: `"shop"."users"`.
    public let qualifiedName: String
    /// The name by which the signal log and receivers know the table: `public.users`, with quotes only where PostgreSQL's
    /// `quote_ident` puts them.
    public let sender: SignalSender

    /// Columns that are unique together, apart from the key and columns that are by themselves.
    public internal(set) var uniqueGroups: [UniqueGroup] = []
    /// Conditions on several columns.
    public internal(set) var checks: [ColumnDescription.Check] = []

    init(model: String, schema: String?, name: String, columns: [ColumnDescription]) {
        self.model = model
        self.schema = schema
        self.name = name
        self.columns = columns
        qualifiedName = [schema, name].compactMap { $0 }.map(SQL.quoted(identifier:)).joined(separator: ".")
        sender = SignalSender([schema ?? "public", name].map(WireName.quoted).joined(separator: "."))
    }
}
