import HeliographPostgres
public import HeliographSignals

/// What a mapping says about its table, whatever the model's type.
public struct TableDescription: Sendable {
    /// The schema's name, unquoted; `nil` leaves it to the search path.
    public let schema: String?
    /// The table's name, unquoted.
    public let name: String
    /// The mapped columns, in the order of the model's initialiser.
    public let columns: [ColumnDescription]
    /// The name as it stands in SQL, quoted, with the schema if one was given: `"shop"."users"`.
    public let qualifiedName: String
    /// The name by which the signal log and receivers know the table: `public.users`, with quotes only where PostgreSQL's
    /// `quote_ident` puts them.
    public let sender: SignalSender

    init(schema: String?, name: String, columns: [ColumnDescription]) {
        self.schema = schema
        self.name = name
        self.columns = columns
        qualifiedName = [schema, name].compactMap { $0 }.map(SQL.quoted(identifier:)).joined(separator: ".")
        sender = SignalSender([schema ?? "public", name].map(WireName.quoted).joined(separator: "."))
    }
}
