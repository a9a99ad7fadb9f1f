import HeliographPostgres

extension SQLExpression where Value: TextValue {
    /// Whether it begins with a text.
    public func hasPrefix(_ text: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) LIKE \(Self.literally(text) + "%")", of: self)
    }

    /// Whether it ends with a text.
    public func hasSuffix(_ text: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) LIKE \("%" + Self.literally(text))", of: self)
    }

    /// Whether there is a text in it.
    public func contains(_ text: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) LIKE \("%" + Self.literally(text) + "%")", of: self)
    }

    /// Whether it is like a pattern of SQL: `%` stands for anything, `_` for one character.
    ///
    /// - Parameters:
    ///   - pattern: The pattern. A backslash before a character takes it literally.
    ///   - ignoringCase: Whether capitals are the same as small letters. Default: they are not.
    public func like(_ pattern: String, ignoringCase: Bool = false) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) \(unsafe: ignoringCase ? "ILIKE" : "LIKE") \(pattern)", of: self)
    }

    /// Whether there is something in it that a regular expression of PostgreSQL matches.
    public func matches(_ pattern: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>("\(sql) ~ \(pattern)", of: self)
    }

    /// In small letters.
    public func lowercased() -> Self { Self("lower(\(sql))", of: self) }

    /// In capitals.
    public func uppercased() -> Self { Self("upper(\(sql))", of: self) }

    private static func literally(_ text: String) -> String {
        var pattern = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.append("\\") }
            pattern.append(scalar)
        }
        return String(pattern)
    }
}

extension SQLExpression<String> {
    /// How many characters it has (Unicode's scalars).
    public var count: SQLExpression<Int> { SQLExpression<Int>("char_length(\(sql))", of: self) }

    /// One text behind another.
    public static func + (left: Self, right: Self) -> Self { Self("(\(left.sql) || \(right.sql))", of: left, right) }

    /// One text behind another.
    public static func + (left: Self, right: String) -> Self { Self("(\(left.sql) || \(right))", of: left) }
}
