import Heliograph

/// A shape's statements. They name every operator with its schema, so that they mean the same under any search path.
struct ParitySQL: Sendable {
    let shape: ParityShape
    /// Where it is written to: the table, or a view of it.
    var target: String
    /// A role that may write to the table, and has no right on the log.
    let stranger: String

    init(_ shape: ParityShape, stranger: String) {
        self.shape = shape
        self.stranger = stranger
        target = shape.target ?? shape.table
    }

    func on(_ target: String) -> ParitySQL {
        var other = self
        other.target = target
        return other
    }

    static func quoted(_ name: String) -> String { SQL.quoted(identifier: name) }

    /// `"a", "b"`, each behind a prefix.
    func list(_ names: [String], _ prefix: String = "") -> String {
        names.map { prefix + Self.quoted($0) }.joined(separator: ", ")
    }

    /// `alias."id" = todo's key`.
    func match(_ alias: String, _ todo: String = "s") -> String {
        shape.key.enumerated()
            .map { "\(alias).\(Self.quoted($1)) OPERATOR(pg_catalog.=) \(todo).\"parity key \($0 + 1)\"" }
            .joined(separator: " AND ")
    }

    func isToDo(_ operation: ParityStep.Operation, _ todo: String = "s") -> String {
        "\(todo).\"parity step\" OPERATOR(pg_catalog.=) '\(operation.rawValue)'"
    }

    var writable: [String] { shape.writable.map(\.name) }
    var changed: [String] { shape.columns.map(\.name).filter(shape.changed(1).keys.contains) }
    var moved: [String] { shape.columns.map(\.name).filter { shape.moved?(1)[$0] != nil } }

    /// `"a" = s."a"`, …
    func assignments(_ names: [String], _ source: String = "s") -> String {
        names.map { "\(Self.quoted($0)) = \(source).\(Self.quoted($0))" }.joined(separator: ", ")
    }

    var insertion: String { "INSERT INTO \(target) (\(list(writable))) OVERRIDING SYSTEM VALUE" }

    // MARK: One row, by its values

    private func condition(_ row: Int) -> String {
        let made = shape.made(row)
        return shape.key.map { "\(Self.quoted($0)) OPERATOR(pg_catalog.=) \(made[$0] ?? "NULL")" }
            .joined(separator: " AND ")
    }

    func values(_ row: Int) -> String {
        let made = shape.made(row)
        return "(" + writable.map { made[$0] ?? "NULL" }.joined(separator: ", ") + ")"
    }

    private func update(_ step: ParityStep) -> String {
        var values: [String: String]
        switch step.operation {
        case .change: values = shape.changed(step.row)
        case .move: values = shape.moved?(step.row) ?? [:]
        default: values = Dictionary(uniqueKeysWithValues: changed.map { ($0, Self.quoted($0)) })
        }
        return "UPDATE \(target) SET "
            + shape.columns.map(\.name).compactMap { name in values[name].map { "\(Self.quoted(name)) = \($0)" } }
            .joined(separator: ", ")
    }

    /// One plain statement.
    /// - Parameter place: finds the row, if not by its key: `CURRENT OF c`.
    func one(_ step: ParityStep, where place: String? = nil) -> String {
        let place = place ?? condition(step.row)
        switch step.operation {
        case .create: return "\(insertion) VALUES \(values(step.row));"
        case .change, .move, .touch: return "\(update(step)) WHERE \(place);"
        case .delete: return "DELETE FROM \(target) WHERE \(place);"
        case .truncate: return "TRUNCATE \(target);"
        case .nothing: return ""
        }
    }

    func select(_ row: Int) -> String { "SELECT * FROM \(target) WHERE \(condition(row))" }

    // MARK: All rows that are to do

    /// One statement for all rows of an operation in `parity.todo`, nothing where there are none.
    func bulk(_ operation: ParityStep.Operation, and more: String = "true") -> String {
        switch operation {
        case .create:
            return
                "\(insertion) SELECT \(list(writable, "s.")) FROM parity.todo AS s WHERE \(isToDo(operation)) AND \(more)"
        case .change, .touch: return update(operation, assignments(changed), and: more)
        case .move: return moved.isEmpty ? "SELECT 1" : update(operation, assignments(moved), and: more)
        case .delete:
            return """
                DELETE FROM \(target) AS "parity t" USING parity.todo AS s
                WHERE \(isToDo(operation)) AND \(more) AND \(match("\"parity t\""))
                """
        case .truncate: return "TRUNCATE \(target)"
        case .nothing: return "SELECT 1"
        }
    }

    func update(_ operation: ParityStep.Operation, _ assignments: String, and more: String = "true") -> String {
        """
        UPDATE \(target) AS "parity t" SET \(assignments) FROM parity.todo AS s
        WHERE \(isToDo(operation)) AND \(more) AND \(match("\"parity t\""))
        """
    }

    /// A statement for each operation that rows can undergo.
    var bulks: [String] {
        ([.create, .change, .move, .delete] as [ParityStep.Operation]).map { bulk($0) }.filter { $0 != "SELECT 1" }
    }

    /// The same as a script.
    var bulkScript: String { bulks.map { $0 + ";" }.joined(separator: "\n") }
}
