public import HeliographPostgres

extension SQLExpression where Value: PostgresEncodable & Numeric {
    /// The sum of two.
    public static func + (left: Self, right: Self) -> Self { Self("(\(left.sql) + \(right.sql))", of: left, right) }
    /// The sum of it and a value.
    public static func + (left: Self, right: Value) -> Self { Self("(\(left.sql) + \(right))", of: left) }
    /// The difference of two.
    public static func - (left: Self, right: Self) -> Self { Self("(\(left.sql) - \(right.sql))", of: left, right) }
    /// The difference of it and a value.
    public static func - (left: Self, right: Value) -> Self { Self("(\(left.sql) - \(right))", of: left) }
    /// The product of two.
    public static func * (left: Self, right: Self) -> Self { Self("(\(left.sql) * \(right.sql))", of: left, right) }
    /// The product of it and a value.
    public static func * (left: Self, right: Value) -> Self { Self("(\(left.sql) * \(right))", of: left) }
    /// The quotient of two; of integers, without what is left.
    public static func / (left: Self, right: Self) -> Self { Self("(\(left.sql) / \(right.sql))", of: left, right) }
    /// The quotient of it and a value; of an integer, without what is left.
    public static func / (left: Self, right: Value) -> Self { Self("(\(left.sql) / \(right))", of: left) }
}

extension SQLExpression where Value: SummableValue {
    /// The sum over all rows, or over those of a group; 0 if there are none. NULL counts as nothing.
    public func sum() -> SQLExpression<Value.Sum> {
        SQLExpression<Value.Sum>(
            "coalesce(sum(\(sql)), 0)::\(unsafe: Value.sumType)", of: self, isNullable: false)
    }

    /// The mean over all rows, or over those of a group; `nil` if there are none. NULL is left out.
    public func average() -> SQLExpression<Double?> {
        SQLExpression<Double?>("avg(\(sql))::double precision", of: self, isNullable: true)
    }
}

extension SQLExpression {
    /// How many rows, or rows of a group, have a value there that is not NULL.
    ///
    /// - Parameter isDistinct: Whether the same value counts once. Default: each row counts.
    public func count(distinct isDistinct: Bool = false) -> SQLExpression<Int> {
        SQLExpression<Int>("count(\(unsafe: isDistinct ? "DISTINCT " : "")\(sql))", of: self, isNullable: false)
    }

    /// The smallest value of all rows, or of those of a group; `nil` if there are none.
    public func min() -> SQLExpression<Value?> { SQLExpression<Value?>("min(\(sql))", of: self, isNullable: true) }

    /// The greatest value of all rows, or of those of a group; `nil` if there are none.
    public func max() -> SQLExpression<Value?> { SQLExpression<Value?>("max(\(sql))", of: self, isNullable: true) }
}
