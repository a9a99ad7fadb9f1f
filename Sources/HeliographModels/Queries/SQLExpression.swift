public import HeliographPostgres

/// A value that the server works out: a column, or something made of columns and values.
///
/// ```swift
/// User.where { $0.isActive && $0.email.hasSuffix("@example.org") }
/// ```
///
/// Conditions mean what they mean in Swift: `==` and `!=` take two NULLs for equal, and `!` turns what is not true into what is. SQL's third
/// truth value does not get out of them. A comparison (`<` and the like) with NULL is not true.
public struct SQLExpression<Value: Sendable>: Sendable {
    let sql: SQL
    /// Whether it can be NULL.
    let isNullable: Bool
    /// The relations that it goes along.
    let joins: JoinList
    /// Why it cannot be worked out, such as a property without a column; `nil` if it can.
    let fault: ModelError?

    init(sql: SQL, isNullable: Bool, joins: JoinList = JoinList(), fault: ModelError? = nil) {
        self.sql = sql
        self.isNullable = isNullable
        self.joins = joins
        self.fault = fault
    }

    /// An expression that is made of others.
    init<A, B>(_ sql: SQL, of a: SQLExpression<A>, _ b: SQLExpression<B>, isNullable: Bool? = nil) {
        self.init(
            sql: sql, isNullable: isNullable ?? (a.isNullable || b.isNullable), joins: a.joins + b.joins,
            fault: a.fault ?? b.fault)
    }

    /// An expression that is made of another.
    init<A>(_ sql: SQL, of a: SQLExpression<A>, isNullable: Bool? = nil) {
        self.init(sql: sql, isNullable: isNullable ?? a.isNullable, joins: a.joins, fault: a.fault)
    }

    /// An expression in SQL's own words. Columns of the query's model are those of the table `t0`.
    ///
    /// ```swift
    /// Book.where { _ in SQLExpression("to_tsvector(t0.title) @@ to_tsquery(\(words))") }
    /// ```
    ///
    /// - Parameters:
    ///   - sql: The expression.
    ///   - type: What it becomes in Swift. Default: as it is used.
    public init(_ sql: SQL, as type: Value.Type = Value.self) {
        self.init(sql: "(\(sql))", isNullable: true)
    }
}

extension SQLExpression where Value: PostgresEncodable {
    /// A value of the program, sent as a parameter.
    public init(value: Value) {
        let bind = value.bind
        self.init(sql: "\(bind: bind)", isNullable: bind.isNull)
    }
}

extension SQLExpression {
    /// The value, or NULL where a relation leads nowhere.
    public var optional: SQLExpression<Value?> { SQLExpression<Value?>(sql, of: self, isNullable: true) }

    /// The value, or another one where it is NULL.
    ///
    /// - Parameter other: The other one.
    public func or<Wrapped: PostgresEncodable>(_ other: Wrapped) -> SQLExpression<Wrapped> where Value == Wrapped? {
        SQLExpression<Wrapped>("coalesce(\(sql), \(other))", of: self, isNullable: false)
    }

    /// Puts rows in the order of the greatest first.
    ///
    /// - Parameter nullsLast: Whether NULL comes last. Default: it comes first, as in PostgreSQL.
    public func descending(nullsLast: Bool = false) -> Ordering {
        Ordering("\(sql) DESC\(unsafe: nullsLast ? " NULLS LAST" : "")", of: self)
    }

    /// Puts rows in the order of the smallest first.
    ///
    /// - Parameter nullsFirst: Whether NULL comes first. Default: it comes last, as in PostgreSQL.
    public func ascending(nullsFirst: Bool = false) -> Ordering {
        Ordering("\(sql) ASC\(unsafe: nullsFirst ? " NULLS FIRST" : "")", of: self)
    }
}
