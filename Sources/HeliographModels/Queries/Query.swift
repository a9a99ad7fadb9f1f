public import HeliographPostgres

/// Which rows of a model are wanted, in which order, and what of them.
///
/// ```swift
/// let query = User.where { $0.isActive && $0.email.hasSuffix("@example.org") }.order { $0.username }.limit(20)
/// let users = try await database.all(query)
/// ```
///
/// It is a value: each step makes a new one, nothing is sent before it is given to a ``Database`` or ``Transaction``.
///
/// ## Topics
/// ### Which rows
/// - ``where(_:)``
/// - ``order(_:)``
/// - ``limit(_:)``
/// - ``offset(_:)``
/// - ``distinct()``
/// - ``forUpdate(skipLocked:noWait:)``
/// - ``forShare(skipLocked:noWait:)``
/// ### What of them
/// - ``select(_:)``
/// - ``group(_:)``
/// - ``having(_:)``
/// - ``including(_:by:)``
/// - ``prefetching(_:_:)``
public struct Query<M: Model, Output: Sendable>: Sendable {
    private(set) var condition: SQLExpression<Bool>?
    private var orders: [Ordering] = []
    private var groups: [Ordering] = []
    private var filter: SQLExpression<Bool>?
    private(set) var limit: Int?
    private var offset: Int?
    private var isDistinct = false
    private var lock: RowLock?
    let selection: Selection<Output>
    /// Which fields are its own: those of another query would be taken for them, since both call their table the same.
    let scope: Int

    init(_ selection: Selection<Output>, scope: Int) {
        self.selection = selection
        self.scope = scope
    }

    /// A query of the same rows that returns something else of them.
    init<Other>(_ query: Query<M, Other>, _ selection: Selection<Output>) {
        condition = query.condition
        orders = query.orders
        groups = query.groups
        filter = query.filter
        limit = query.limit
        offset = query.offset
        isDistinct = query.isDistinct
        lock = query.lock
        scope = query.scope
        self.selection = selection
    }

    private func changing(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }

    /// Only rows of which a condition is true, as well as those before it.
    public func `where`(_ condition: (Fields<M>) -> SQLExpression<Bool>) -> Self {
        let given = condition(fields)
        return changing { $0.condition = $0.condition.map { $0 && given } ?? given }
    }

    /// Puts rows in order, the smallest first or as it says: `order { $0.createdAt.descending() }`. A second one orders what is the same by the
    /// first.
    public func order<Key: OrderKey>(_ key: (Fields<M>) -> Key) -> Self {
        let key = key(fields)
        return changing { $0.orders.append(key.ordering) }
    }

    /// At most so many rows.
    public func limit(_ count: Int) -> Self { changing { $0.limit = max(0, count) } }

    /// Leaves the first rows out.
    public func offset(_ count: Int) -> Self { changing { $0.offset = max(0, count) } }

    /// Returns what is the same once.
    public func distinct() -> Self { changing { $0.isDistinct = true } }

    /// Locks the rows against change, deletion and other locks, until the transaction ends.
    ///
    /// - Parameters:
    ///   - skipLocked: Leaves rows out that others have locked. Default: waits for them.
    ///   - noWait: Throws when others have locked a row. Default: waits for them.
    public func forUpdate(skipLocked: Bool = false, noWait: Bool = false) -> Self {
        locking("UPDATE", skipLocked, noWait)
    }

    /// Locks the rows against change and deletion, until the transaction ends.
    ///
    /// - Parameters:
    ///   - skipLocked: Leaves rows out that others have locked. Default: waits for them.
    ///   - noWait: Throws when others have locked a row. Default: waits for them.
    public func forShare(skipLocked: Bool = false, noWait: Bool = false) -> Self {
        locking("SHARE", skipLocked, noWait)
    }

    func locking(_ strength: String, _ skipLocked: Bool = false, _ noWait: Bool = false) -> Self {
        changing {
            $0.lock = RowLock(strength: strength, patience: skipLocked ? "SKIP LOCKED" : noWait ? "NOWAIT" : "")
        }
    }

    /// Returns values in the place of instances.
    ///
    /// ```swift
    /// let counts = Book.query.group { $0.authorID }.select { ($0.authorID, $0.count()) }
    /// ```
    public func select<each Value: PostgresDecodable>(
        _ values: (Fields<M>) -> (repeat SQLExpression<each Value>)
    ) -> Query<M, (repeat each Value)> {
        let values = values(fields)
        var list: [SQL] = []
        var joins = JoinList()
        var fault: ModelError?
        for value in repeat each values {
            list.append(value.sql)
            joins = joins + value.joins
            fault = fault ?? value.fault
        }
        let width = list.count
        return Query<M, (repeat each Value)>(
            self,
            Selection(
                list: .joined(list, by: ", "), joins: joins, width: width,
                decode: { row, offset in
                    var column = offset - 1
                    func next<T: PostgresDecodable>(_ type: T.Type) throws -> T {
                        column += 1
                        return try row.decode(column, as: type)
                    }
                    return (repeat try next((each Value).self))
                }, fault: fault))
    }

    /// Puts rows together that have the same value, so that ``select(_:)`` can count them or add them up; a second one divides groups further.
    public func group<Value>(_ key: (Fields<M>) -> SQLExpression<Value>) -> Self {
        let key = key(fields)
        return changing { $0.groups.append(Ordering("\(key.sql)", of: key)) }
    }

    /// Only groups of which a condition is true: `having { $0.count() > 3 }`.
    public func having(_ condition: (Fields<M>) -> SQLExpression<Bool>) -> Self {
        let given = condition(fields)
        return changing { $0.filter = $0.filter.map { $0 && given } ?? given }
    }

    /// Returns, beside each row, the row of another model that it refers to.
    ///
    /// ```swift
    /// for (book, author) in try await database.all(Book.query.including(Author.self, by: \.authorID)) { … }
    /// ```
    ///
    /// - Parameters:
    ///   - target: The other model.
    ///   - path: The property that refers to it, whose column the mapping declares by `references`.
    public func including<Target: Model, Value>(
        _ target: Target.Type, by path: KeyPath<M, Value>
    ) -> Query<M, (Output, Target)> {
        Query<M, (Output, Target)>(
            self, selection.with(.instances(fields.related(target, by: path))))
    }

    /// Returns, beside each row, the row of another model that it refers to, or `nil`.
    ///
    /// - Parameters:
    ///   - target: The other model.
    ///   - path: The property that may refer to it, whose column the mapping declares by `references`.
    public func including<Target: Model, Value>(
        _ target: Target.Type, by path: KeyPath<M, Value?>
    ) -> Query<M, (Output, Target?)> {
        Query<M, (Output, Target?)>(
            self, selection.with(.optionalInstances(fields.related(target, by: path))))
    }

    /// Its own fields.
    var fields: Fields<M> { Fields(scope: scope) }

    private var joins: JoinList {
        ([condition?.joins, filter?.joins, selection.joins] + orders.map(\.joins) + groups.map(\.joins))
            .compactMap(\.self).reduce(JoinList(), +)
    }

    /// The first thing that is wrong with it.
    var fault: ModelError? {
        if !joins.scopes.isSubset(of: [scope]) {
            return ModelError(
                .wrongQuery,
                "a query of \(M.self) uses a field of the query around it, or of another: say it with exists(…), or with SQL"
            )
        }
        return ([condition?.fault, filter?.fault, selection.fault] + orders.map(\.fault) + groups.map(\.fault))
            .compactMap(\.self).first
    }

    /// The statement.
    /// - Throws: ``ModelError`` with `wrongQuery`.
    func statement() throws(ModelError) -> SQL { try statement(selecting: selection.list) }

    func statement(selecting list: SQL, forExistence: Bool = false) throws(ModelError) -> SQL {
        if let fault { throw fault }
        var sql: SQL =
            "SELECT \(unsafe: isDistinct ? "DISTINCT " : "")\(list) FROM \(unsafe: M.mapping.table.qualifiedName) AS \(unsafe: QueryNames.root)\(joins.sql)"
        if let condition { sql = "\(sql) WHERE \(condition.sql)" }
        if !groups.isEmpty { sql = "\(sql) GROUP BY \(.joined(groups.map(\.sql), by: ", "))" }
        if let filter { sql = "\(sql) HAVING \(filter.sql)" }
        if !orders.isEmpty, !forExistence { sql = "\(sql) ORDER BY \(.joined(orders.map(\.sql), by: ", "))" }
        if let limit = forExistence ? min(limit ?? 1, 1) : limit { sql = "\(sql) LIMIT \(limit)" }
        if let offset { sql = "\(sql) OFFSET \(offset)" }
        if let lock, !forExistence { sql = "\(sql)\(unsafe: lock.text)" }
        return sql
    }

    /// It as a part of another statement. Its table has the name of the outer one, which it has no need to see.
    func subquery() -> (SQL, ModelError?) {
        do { return (try statement(), nil) } catch { return ("NULL", error) }
    }

    /// Whether anything is returned: a statement that returns a row then.
    /// - Throws: ``ModelError`` with `wrongQuery`.
    func existence() throws(ModelError) -> SQL {
        // What is put together, once or behind an offset can only be told by all of it.
        if isDistinct || offset != nil || !groups.isEmpty || filter != nil {
            return "SELECT 1 FROM (\(try statement())) AS found LIMIT 1"
        }
        return try statement(selecting: "1", forExistence: true)
    }

    /// The condition alone, for UPDATE and DELETE: by the key, if joins, an order, a limit or a lock have to be heeded.
    ///
    /// Then the rows are locked where they are looked for: one that somebody else has changed meanwhile is looked at again there. And it is done once,
    /// which a subquery in IN is not always.
    /// - Parameter strength: how the rows are locked, `UPDATE` or `NO KEY UPDATE`.
    /// - Throws: ``ModelError`` with `wrongQuery`.
    func restriction(_ strength: String) throws(ModelError) -> SQL? {
        if let fault { throw fault }
        guard groups.isEmpty, filter == nil, !isDistinct else {
            throw ModelError(.wrongQuery, "groups of \(M.self), and what is distinct, cannot be updated or deleted")
        }
        if joins.joins.isEmpty, limit == nil, offset == nil, lock == nil { return condition?.sql }
        let keys = M.mapping.keyColumns.map { "\(Fields<M>().qualified($0.name))" }.joined(separator: ", ")
        guard !keys.isEmpty else { throw ModelError(.wrongKey, "the mapping of \(M.self) has no key") }
        var picking = self
        picking.lock = RowLock(strength: strength, patience: lock?.patience ?? "")
        let statement = try picking.statement(selecting: SQL(unsafe: keys))
        return "(\(unsafe: keys)) IN (WITH picked AS MATERIALIZED (\(statement)) SELECT * FROM picked)"
    }
}

extension Model {
    /// All rows.
    public static var query: Query<Self, Self> {
        let fields = Fields<Self>()
        return Query(.instances(fields), scope: fields.scope)
    }

    /// Rows of which a condition is true.
    ///
    /// ```swift
    /// User.where { $0.isActive && $0.email.hasSuffix("@example.org") }
    /// ```
    public static func `where`(_ condition: (Fields<Self>) -> SQLExpression<Bool>) -> Query<Self, Self> {
        query.where(condition)
    }
}
