public import HeliographPostgres

/// What a value must be like to be written.
///
/// ```swift
/// Column("email", \.email).validated(.required, .email, .unique)
/// Column("age", \.age).validated(.range(0...150))
/// ```
///
/// Rules are looked at before each INSERT and UPDATE that goes through the models, after the `preSave` receivers, and what they refuse comes
/// together with what those refuse. Those that SQL can say, too, can be installed as constraints, which everybody must obey:
/// ``Database/install(rulesOf:)``.
public struct Rule<Value: Sendable>: Sendable {
    /// What it says, whatever the value's type.
    public let declaration: RuleDeclaration
    let holds: @Sendable (Value) -> Bool

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - code: A stable word for programs.
    ///   - message: A sentence for people.
    ///   - condition: The same in SQL, given the column's quoted name; of NULL it must not be false. Default: it cannot be said in SQL.
    ///   - holds: Whether a value passes.
    public init(
        code: String, message: String, condition: (@Sendable (_ column: String) -> String)? = nil,
        holds: @escaping @Sendable (Value) -> Bool
    ) {
        self.init(
            RuleDeclaration(code: code, message: message, condition: condition), holds: holds)
    }

    init(_ declaration: RuleDeclaration, holds: @escaping @Sendable (Value) -> Bool) {
        self.declaration = declaration
        self.holds = holds
    }

    /// Whether a value passes. Of ``unique``, which only the table can say, everything does.
    public func accepts(_ value: Value) -> Bool { holds(value) }

    /// The rule for a value that may be missing: then it passes.
    init<Wrapped>(ifPresent rule: Rule<Wrapped>) where Value == Wrapped? {
        self.init(rule.declaration) { value in value.map(rule.holds) ?? true }
    }

    /// No two rows have the same value. Asked of the table before the row is written, in one statement for all such columns; in between
    /// somebody else may take the value, so the table needs a unique constraint as well, which refuses with the same error.
    public static var unique: Self {
        Self(RuleDeclaration(code: "unique", message: "", isUniqueness: true, condition: nil)) { _ in true }
    }

    /// There is a value: not `nil`.
    public static func present<Wrapped>() -> Self where Value == Wrapped? {
        Self(
            RuleDeclaration(
                code: "required", message: "a value is required", isPresence: true, condition: { "\($0) IS NOT NULL" }),
            holds: { $0 != nil })
    }
}

extension Rule where Value == String {
    /// There is something beside white space (of ASCII).
    public static var required: Self {
        Self(
            code: "required", message: "a value is required",
            condition: { #"btrim(\#($0), E' \t\n\x0b\f\r') <> ''"# },
            holds: { text in text.unicodeScalars.contains { !($0 == " " || ("\t"..."\r").contains($0)) } })
    }

    /// It has so many characters, which are Unicode's scalars, as PostgreSQL's `char_length` counts them.
    ///
    /// - Parameter range: The numbers allowed, both included: `1...40`.
    public static func length(_ range: ClosedRange<Int>) -> Self { length(range.lowerBound, range.upperBound) }

    /// It has at most so many characters, which are Unicode's scalars, as PostgreSQL's `char_length` counts them.
    ///
    /// - Parameter range: The numbers allowed: `...40`.
    public static func length(_ range: PartialRangeThrough<Int>) -> Self { length(0, range.upperBound) }

    /// It has at least so many characters, which are Unicode's scalars, as PostgreSQL's `char_length` counts them.
    ///
    /// - Parameter range: The numbers allowed: `8...`.
    public static func length(_ range: PartialRangeFrom<Int>) -> Self { length(range.lowerBound, nil) }

    private static func length(_ least: Int, _ most: Int?) -> Self {
        let message =
            switch (least, most) {
            case (0, let most?): "it has at most \(most) characters"
            case (_, nil): "it has at least \(least) characters"
            case (_, let most?): least == most ? "it has \(least) characters" : "it has \(least) to \(most) characters"
            }
        return Self(
            code: "length", message: message,
            condition: { column in
                let lower = least > 0 ? "char_length(\(column)) >= \(least)" : nil
                let upper = most.map { "char_length(\(column)) <= \($0)" }
                let both = [lower, upper].compactMap(\.self)
                return both.isEmpty ? "true" : both.joined(separator: " AND ")
            },
            holds: { text in
                let count = text.unicodeScalars.count
                return count >= least && most.map { count <= $0 } ?? true
            })
    }

    /// It is as a regular expression says, from its beginning to its end.
    ///
    /// What Swift and PostgreSQL read in the same way can be installed as a constraint: characters and classes of ASCII (`[a-z0-9_]`), groups, `|`,
    /// `?`, `*`, `+`, `{2,5}`, and a backslash before punctuation. With anything else, such as `\d` and `.`, the rule is the program's alone.
    ///
    /// - Parameters:
    ///   - pattern: The regular expression.
    ///   - message: A sentence for people. Default: one that does not say much.
    public static func pattern(_ pattern: String, message: String = "it does not have the right form") -> Self {
        let matcher = PatternMatcher(pattern)
        let isCommon = matcher.fault == nil && PatternMatcher.isReadAlike(pattern)
        let form = SQLText.literal("^(?:\(pattern))$")
        let declaration = RuleDeclaration(
            code: "pattern", message: message, fault: matcher.fault, isSayable: isCommon,
            condition: { "\($0) ~ \(form)" })
        return Self(declaration) { matcher.matches($0) }
    }

    /// It has the form of an e-mail address: one `@`, up to 64 characters before it, a domain of two or more labels behind it, 254 characters at
    /// most (RFC 5321), no white space. Whether there is a mailbox only a letter to it can say.
    public static var email: Self {
        Self(
            code: "invalid", message: "this is not an e-mail address", condition: EmailAddress.condition(column:),
            holds: EmailAddress.isWellFormed)
    }
}

extension Rule where Value: PostgresCodable & Comparable {
    /// It lies between two values, both included.
    ///
    /// - Parameter range: The values allowed.
    public static func range(_ range: ClosedRange<Value>) -> Self { bounds(range.lowerBound, range.upperBound) }

    /// It is no smaller than a value.
    ///
    /// - Parameter range: The values allowed.
    public static func range(_ range: PartialRangeFrom<Value>) -> Self { bounds(range.lowerBound, nil) }

    /// It is no greater than a value.
    ///
    /// - Parameter range: The values allowed.
    public static func range(_ range: PartialRangeThrough<Value>) -> Self { bounds(nil, range.upperBound) }

    private static func bounds(_ least: Value?, _ most: Value?) -> Self {
        let message =
            switch (least, most) {
            case (let least?, nil): "it is at least \(least)"
            case (nil, let most?): "it is at most \(most)"
            case (let least?, let most?): "it is between \(least) and \(most)"
            case (nil, nil): ""
            }
        let lower = least.map { SQLText.literal($0.bind) }
        let upper = most.map { SQLText.literal($0.bind) }
        // Text is in another order in each collation.
        let isSayable = ![lower, upper].contains { $0 == .some(nil) } && Value.postgresType != .unknown
        // To PostgreSQL NaN is greater than all numbers, here it is in no range.
        let hasNaN = [.float4, .float8, .numeric].contains(Value.postgresType)
        let declaration = RuleDeclaration(code: "range", message: message, isSayable: isSayable) { column in
            let conditions = [
                lower.flatMap(\.self).map { "\(column) >= \($0)" }, upper.flatMap(\.self).map { "\(column) <= \($0)" },
                hasNaN && upper == nil ? "\(column) <> 'NaN'" : nil,
            ]
            return conditions.compactMap(\.self).joined(separator: " AND ")
        }
        return Self(declaration) { value in
            // Written so that NaN lies in no range.
            (least.map { value >= $0 } ?? true) && (most.map { value <= $0 } ?? true)
        }
    }
}

extension Rule where Value: PostgresCodable & Hashable {
    /// It is one of some values.
    ///
    /// - Parameter values: The values allowed.
    public static func oneOf(_ values: [Value]) -> Self {
        let literals = values.map { SQLText.literal($0.bind) }
        let list = literals.compactMap(\.self).joined(separator: ", ")
        let all = Set(values)
        let declaration = RuleDeclaration(
            code: "choice", message: "it is none of the values allowed",
            isSayable: !literals.isEmpty && !literals.contains(nil) && !literals.contains("NULL")
        ) { "\($0) IN (\(list))" }
        return Self(declaration) { all.contains($0) }
    }
}
