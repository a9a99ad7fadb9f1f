public import HeliographPostgres

extension SQLExpression where Value: PostgresEncodable {
    /// Whether it is a value; `nil` is NULL.
    public static func == (left: Self, right: Value) -> SQLExpression<Bool> {
        let bind = right.bind
        return bind.isNull
            ? SQLExpression<Bool>("\(left.sql) IS NULL", of: left, isNullable: false)
            : SQLExpression<Bool>("\(left.sql) = \(bind: bind)", of: left)
    }

    /// Whether it is anything but a value; `nil` is NULL.
    public static func != (left: Self, right: Value) -> SQLExpression<Bool> {
        let bind = right.bind
        if bind.isNull { return SQLExpression<Bool>("\(left.sql) IS NOT NULL", of: left, isNullable: false) }
        return left.isNullable
            ? SQLExpression<Bool>("\(left.sql) IS DISTINCT FROM \(bind: bind)", of: left, isNullable: false)
            : SQLExpression<Bool>("\(left.sql) <> \(bind: bind)", of: left)
    }

    /// Whether it is less than a value.
    public static func < (left: Self, right: Value) -> SQLExpression<Bool> { compare(left, "<", right) }
    /// Whether it is at most a value.
    public static func <= (left: Self, right: Value) -> SQLExpression<Bool> { compare(left, "<=", right) }
    /// Whether it is greater than a value.
    public static func > (left: Self, right: Value) -> SQLExpression<Bool> { compare(left, ">", right) }
    /// Whether it is at least a value.
    public static func >= (left: Self, right: Value) -> SQLExpression<Bool> { compare(left, ">=", right) }

    private static func compare(_ left: Self, _ sign: String, _ right: Value) -> SQLExpression<Bool> {
        let bind = right.bind
        return SQLExpression<Bool>(
            "\(left.sql) \(unsafe: sign) \(bind: bind)", of: left, isNullable: left.isNullable || bind.isNull)
    }
}

extension SQLExpression {
    /// Whether two are the same.
    public static func == (left: Self, right: Self) -> SQLExpression<Bool> { equal(left, right) }
    /// Whether two are not the same.
    public static func != (left: Self, right: Self) -> SQLExpression<Bool> { !equal(left, right) }
    /// Whether two are the same, and not NULL.
    public static func == (left: Self, right: SQLExpression<Value?>) -> SQLExpression<Bool> { equal(left, right) }
    /// Whether two are the same, and not NULL.
    public static func == (left: SQLExpression<Value?>, right: Self) -> SQLExpression<Bool> { equal(left, right) }
    /// Whether one is less than another.
    public static func < (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(left.sql) < \(right.sql)", of: left, right)
    }
    /// Whether one is at most another.
    public static func <= (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(left.sql) <= \(right.sql)", of: left, right)
    }
    /// Whether one is greater than another.
    public static func > (left: Self, right: Self) -> SQLExpression<Bool> { right < left }
    /// Whether one is at least another.
    public static func >= (left: Self, right: Self) -> SQLExpression<Bool> { right <= left }

    private static func equal<One, Other>(
        _ left: SQLExpression<One>, _ right: SQLExpression<Other>
    ) -> SQLExpression<Bool> {
        left.isNullable && right.isNullable
            ? SQLExpression<Bool>("\(left.sql) IS NOT DISTINCT FROM \(right.sql)", of: left, right, isNullable: false)
            : SQLExpression<Bool>("\(left.sql) = \(right.sql)", of: left, right)
    }
}

extension SQLExpression where Value: PostgresEncodable {
    /// Whether it is one of some values. Of no values it is none.
    ///
    /// - Parameter values: The values, sent as a parameter each.
    public func isIn(_ values: some Sequence<Value>) -> SQLExpression<Bool> {
        isOne(of: values.map(\.bind))
    }

    fileprivate func isOne(of binds: [Bind]) -> SQLExpression<Bool> {
        guard !binds.isEmpty else { return SQLExpression<Bool>("false", of: self, isNullable: false) }
        return SQLExpression<Bool>("\(sql) IN (\(.joined(binds.map { "\(bind: $0)" }, by: ", ")))", of: self)
    }
}

extension SQLExpression where Value: PostgresArrayElement {
    /// Whether it is one of some values. Of no values it is none.
    ///
    /// - Parameter values: The values, sent as one parameter if their type is known.
    public func isIn(_ values: some Sequence<Value>) -> SQLExpression<Bool> {
        let values = Array(values)
        // Text fits enums and types of one's own where it has no type, and an array has one.
        return Value.postgresType == .unknown
            ? isOne(of: values.map(\.bind)) : SQLExpression<Bool>("\(sql) = ANY(\(values))", of: self)
    }
}

extension SQLExpression where Value: PostgresEncodable & Comparable {
    /// Whether it lies between two values, both included.
    ///
    /// - Parameter range: The values.
    public func isIn(_ range: ClosedRange<Value>) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) BETWEEN \(range.lowerBound) AND \(range.upperBound)", of: self)
    }
}

extension SQLExpression {
    /// Whether it lies between two values, both included.
    ///
    /// - Parameter range: The values.
    public func isIn<Wrapped: PostgresEncodable & Comparable>(_ range: ClosedRange<Wrapped>) -> SQLExpression<Bool>
    where Value == Wrapped? {
        SQLExpression<Bool>("\(sql) BETWEEN \(range.lowerBound) AND \(range.upperBound)", of: self)
    }

    /// Whether it is one of the values that another query selects.
    ///
    /// - Parameter query: A query of one value.
    public func isIn<Other: Model>(_ query: Query<Other, Value>) -> SQLExpression<Bool> {
        let (list, fault) = query.subquery()
        return SQLExpression<Bool>(
            sql: "\(sql) IN (\(list))", isNullable: true, joins: joins, fault: self.fault ?? fault)
    }
}

extension SQLExpression<Bool> {
    /// Whether both are true.
    public static func && (left: Self, right: Self) -> Self { Self("(\(left.sql) AND \(right.sql))", of: left, right) }
    /// Whether one of them is true.
    public static func || (left: Self, right: Self) -> Self { Self("(\(left.sql) OR \(right.sql))", of: left, right) }
    /// Whether it is not true.
    public static prefix func ! (operand: Self) -> Self {
        operand.isNullable
            ? Self("((\(operand.sql)) IS NOT TRUE)", of: operand, isNullable: false)
            : Self("(NOT (\(operand.sql)))", of: operand)
    }
}
