import HeliographPostgres

/// By what rows are put in order, and which way.
public struct Ordering: OrderKey {
    let sql: SQL
    let joins: JoinList
    let fault: ModelError?

    init(_ sql: SQL, joins: JoinList) {
        self.sql = sql
        self.joins = joins
        fault = nil
    }

    init<Value>(_ sql: SQL, of expression: SQLExpression<Value>) {
        self.sql = sql
        joins = expression.joins
        fault = expression.fault
    }
}

/// By what rows can be put in order: an expression, or one that says which way.
public protocol OrderKey: Sendable {
    /// By what, and which way.
    var ordering: Ordering { get }
}

extension Ordering {
    /// This.
    public var ordering: Ordering { self }
}

extension SQLExpression: OrderKey {
    /// The smallest first.
    public var ordering: Ordering { ascending() }
}
