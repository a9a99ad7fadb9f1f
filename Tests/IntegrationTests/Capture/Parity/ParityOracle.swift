import Heliograph

/// What the records of a shape must be, found without capture: from the rows as they are before and after each step.
struct ParityOracle: Sendable {
    private let lines: [ParityStep: [ParityLine]]

    subscript(step: ParityStep) -> [ParityLine] { lines[step] ?? [] }

    /// - Parameter connection: in a session whose settings are those of a record.
    init(_ shape: ParityShape, on connection: Connection) async throws {
        var lines: [ParityStep: [ParityLine]] = [:]
        for row in try await connection.query(SQL(unsafe: Self.query(shape))) {
            let operation = try row.decode("step", as: String.self)
            guard let operation = ParityStep.Operation(rawValue: operation) else { continue }
            let step = try ParityStep(operation: operation, row: Int(row.decode("row", as: Int32.self)))
            func line(
                _ operation: String, _ state: String, was: String? = nil, previous: String? = nil,
                changed: [String]? = nil
            ) throws -> ParityLine {
                try ParityLine(
                    sender: shape.sender,
                    partition: shape.partition(state == "old" ? .nothing : step.operation, step.row),
                    operation: operation, key: row.decode("key_\(state)"), previousKey: was,
                    instance: row.decode("image_\(state)"), previous: previous, changed: changed,
                    lane: Int(row.decode("lane_\(state)", as: Int32.self)))
            }
            lines[step] =
                switch operation {
                case .change where shape.crossing.contains(.change), .move where shape.crossing.contains(.move):
                    [try line("delete", "old"), try line("insert", "new")]
                case .create: [try line("insert", "new")]
                case .change, .touch:
                    [try line("update", "new", previous: row.decode("previous"), changed: row.decode("changed"))]
                case .move: [try line("delete", "old"), try line("insert", "new", was: row.decode("key_old"))]
                case .delete: [try line("delete", "old")]
                case .nothing, .truncate: []
                }
        }
        let lane = try await connection.number(
            """
            SELECT ((hash_record(ROW(\(shape.sender)::text)) & 2147483647) % \(Int32(ParityLine.lanes)))::int8
            """
        )
        lines[ParityStep(operation: .truncate, row: 1)] = [
            ParityLine(sender: shape.sender, partition: shape.target, operation: "truncate", lane: lane)
        ]
        self.lines = lines
    }

    private static func query(_ shape: ParityShape) -> String {
        let quoted = { (name: String) in SQL.quoted(identifier: name) }
        func object(_ columns: [ParityShape.Column], _ state: String) -> String {
            let values = columns.map { "\(state).\(quoted($0.name))\($0.form.rawValue) AS \(quoted($0.name))" }
            return """
                row_to_json((SELECT "parity r" FROM (SELECT \(values.joined(separator: ", "))) AS "parity r"))::text
                """
        }
        let key = shape.key.compactMap { name in shape.columns.first { $0.name == name } }
        func image(_ state: String) -> String {
            let usual = object(shape.recorded, state)
            guard let other = shape.otherOrder else { return usual }
            let columns = other.columns.compactMap { name in shape.columns.first { $0.name == name } }
            return """
                CASE WHEN n."parity row" BETWEEN \(other.rows.lowerBound) AND \(other.rows.upperBound)
                THEN \(object(columns, state)) ELSE \(usual) END
                """
        }
        func lane(_ state: String) -> String {
            let keys = key.map { ", \(state).\(quoted($0.name))" }.joined()
            return
                "(hash_record(ROW(\(Quoted.literal(shape.sender))::text\(keys))) & 2147483647) % \(ParityLine.lanes)"
        }
        let differing = shape.recorded.map { column in
            // By what they look like: 1.0 and 1.00 are equal, and not the same.
            "o.\(quoted(column.name))::text IS DISTINCT FROM n.\(quoted(column.name))::text"
        }
        let changed = zip(differing, shape.recorded).map { "CASE WHEN \($0) THEN \(Quoted.literal($1.name)) END" }
        let previous = zip(differing, shape.recorded).map { differs, column in
            """
            CASE WHEN \(differs) THEN to_json(\(Quoted.literal(column.name))::text)::text || ':' \
            || coalesce(to_json(o.\(quoted(column.name))\(column.form.rawValue))::text, 'null') END
            """
        }
        return """
            SELECT n."parity step" AS step, n."parity row" AS row,
                \(object(key, "o")) AS key_old, \(object(key, "n")) AS key_new,
                \(image("o")) AS image_old, \(image("n")) AS image_new,
                \(lane("o")) AS lane_old, \(lane("n")) AS lane_new,
                array_remove(ARRAY[\(changed.joined(separator: ", "))]::text[], NULL) AS changed,
                '{' || array_to_string(ARRAY[\(previous.joined(separator: ", "))]::text[], ',') || '}' AS previous
            FROM parity.state AS o JOIN parity.state AS n ON n."parity row" = o."parity row"
            WHERE o."parity step" = 'create'
            """
    }

    private enum Quoted {
        static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
    }
}
