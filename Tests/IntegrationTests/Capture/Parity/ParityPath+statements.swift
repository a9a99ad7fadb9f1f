import Heliograph

extension ParityPath {
    /// One statement, written in one way or another.
    static let statements: [ParityPath] = [
        model,
        .scripts("one-row statements", .singly + [.each(.touch), [.init(operation: .truncate, row: 1)]]) { sql, mix in
            mix.map { sql.one($0) }
        },
        .scripts("one-row statements in one transaction", .all) { sql, mix in
            [mix.map { sql.one($0) }.joined()]
        },
        .scripts("statements of several rows") { sql, mix in
            switch mix[0].operation {
            case .create: ["\(sql.insertion) VALUES \(mix.map { sql.values($0.row) }.joined(separator: ", "))"]
            case .change: [sql.subselects(sql.changed)]
            case .move: [sql.subselects(sql.moved)]
            default: ["DELETE FROM \(sql.target)"]
            }
        },
        .scripts("INSERT … SELECT, UPDATE … FROM, DELETE … USING", .all) { sql, mix in
            Set(mix.map(\.operation)).map { sql.bulk($0) }
        },
        .scripts("as the first statements of a session", session: .new) { sql, mix in [sql.bulk(mix[0].operation)] },
        .scripts(
            "ON CONFLICT DO UPDATE", [.each(.create), .each(.change), .of(.create, .change, .create, .change)],
            suits: \.isUnique
        ) { sql, _ in
            [
                """
                \(sql.insertion) SELECT \(sql.list(sql.writable, "s.")) FROM parity.todo AS s
                ON CONFLICT (\(sql.list(sql.shape.key))) DO UPDATE SET \(sql.assignments(sql.changed, "excluded"))
                """
            ]
        },
        .scripts("ON CONFLICT DO NOTHING", [.of(.create, .nothing, .create, .nothing)], suits: \.isUnique) { sql, _ in
            [
                """
                \(sql.insertion) SELECT \(sql.list(sql.writable, "s.")) FROM parity.todo AS s ON CONFLICT DO NOTHING
                """
            ]
        },
        .scripts("writable CTE", .all) { sql, _ in
            let parts = sql.bulks.enumerated().map { "w\($0) AS (\($1) RETURNING 1)" }
            return ["WITH \(parts.joined(separator: ", ")) SELECT 1"]
        },
        .scripts("MERGE", .all) { sql, _ in
            let move = sql.moved.isEmpty ? "" : sql.whenMatched(.move, "UPDATE SET \(sql.assignments(sql.moved))")
            return [
                """
                MERGE INTO \(sql.target) AS "parity t" USING parity.todo AS s ON \(sql.match("\"parity t\""))
                \(sql.whenMatched(.delete, "DELETE"))
                \(sql.whenMatched(.change, "UPDATE SET \(sql.assignments(sql.changed))")) \(move)
                WHEN NOT MATCHED THEN INSERT (\(sql.list(sql.writable))) OVERRIDING SYSTEM VALUE
                    VALUES (\(sql.list(sql.writable, "s.")))
                """
            ]
        },
        .scripts(
            "a cursor's current row", [.each(.change), .each(.move), .each(.delete), .each(.touch)],
            suits: \.isInOnePiece
        ) { sql, mix in
            mix.map { step in
                """
                BEGIN; DECLARE c CURSOR FOR \(sql.select(step.row)) FOR UPDATE; FETCH c;
                \(sql.one(step, where: "CURRENT OF c")) CLOSE c; COMMIT;
                """
            }
        },
        .scripts("PREPARE and EXECUTE") { sql, mix in
            [
                """
                SET plan_cache_mode = force_generic_plan;
                PREPARE p (int) AS \(sql.bulk(mix[0].operation, and: "s.\"parity row\" OPERATOR(pg_catalog.=) $1"));
                \(mix.map { "EXECUTE p (\($0.row));" }.joined())
                DEALLOCATE p; RESET plan_cache_mode;
                """
            ]
        },
        extended, pipelined, copy("text"), copy("csv"), copy("binary"),
        .scripts(
            "a view that PostgreSQL writes through", .all,
            around: .init(prepare: { "CREATE VIEW parity.view AS SELECT * FROM \($0.target);" })
        ) { sql, mix in
            Set(mix.map(\.operation)).map { sql.on("parity.view").bulk($0) }
        },
    ]

    /// The model layer: ``Transaction/save(_:)``, `insert` and `delete`.
    private static let model = ParityPath(
        name: "a model", mixes: [.each(.create), .each(.change), .each(.delete), .of(.create, .change, .delete)],
        suits: \.hasModel, around: .init(arrange: { $0.shape.beforeModel })
    ) { rig, mix in
        guard let model = rig.shape.model else { return }
        try await apply(mix, of: model, in: rig)
    }

    private static func apply<M: ParityModel>(_ mix: ParityMix, of _: M.Type, in rig: ParityRig) async throws {
        for step in mix {
            var instance = M.made(step.row)
            switch step.operation {
            // Two ways to the same; where the database draws the key, `save` decides by its absence.
            case .create where step.row % 2 == 0: try await rig.database.transaction { try await $0.insert(&instance) }
            case .create: try await rig.database.save(&instance)
            case .change:
                // As a program does it: found, changed, saved.
                guard let found = try await rig.found(instance) else { continue }
                var changed = found
                changed.change(step.row)
                try await rig.database.save(&changed)
            default:
                guard let found = try await rig.found(instance) else { continue }
                try await rig.database.delete(found)
            }
        }
    }

    /// Values as parameters of the protocol, each in its text.
    private static let extended = ParityPath(name: "values as parameters") { rig, mix in
        let (sql, shape) = (rig.sql, rig.shape)
        func value(_ name: String, _ step: ParityStep) async throws -> SQL {
            let type = shape.columns.first { $0.name == name }?.type ?? "text"
            let text = try await rig.texts(
                """
                SELECT s.\(ParitySQL.quoted(name))::text FROM parity.state AS s
                WHERE "parity step" = '\(step.operation.rawValue)' AND "parity row" = \(step.row)
                """
            )[0]
            return "\(text)::text::\(unsafe: type)"
        }
        func key(_ row: Int) async throws -> SQL {
            var conditions: [SQL] = []
            for name in shape.key {
                let value = try await value(name, ParityStep(operation: .create, row: row))
                conditions.append("\(identifier: name) = \(value)")
            }
            return .joined(conditions, by: " AND ")
        }
        for step in mix {
            switch step.operation {
            case .create:
                var values: [SQL] = []
                for name in sql.writable { values.append(try await value(name, step)) }
                try await rig.writer.query("\(unsafe: sql.insertion) VALUES (\(.joined(values, by: ", ")))")
            case .change, .move:
                var assignments: [SQL] = []
                for name in step.operation == .move ? sql.moved : sql.changed {
                    assignments.append("\(identifier: name) = \(try await value(name, step))")
                }
                try await rig.writer.query(
                    "UPDATE \(unsafe: sql.target) SET \(.joined(assignments, by: ", ")) WHERE \(try await key(step.row))"
                )
            default: try await rig.writer.query("DELETE FROM \(unsafe: sql.target) WHERE \(try await key(step.row))")
            }
        }
    }

    private static let pipelined = ParityPath(name: "a pipeline", mixes: .all) { rig, mix in
        try await rig.writer.pipeline(
            mix.map { step in SQL(unsafe: String(rig.sql.one(step).dropLast())) })
    }

    private static func copy(_ format: String) -> ParityPath {
        ParityPath(name: "COPY, \(format)", mixes: [.each(.create)]) { rig, _ in
            let columns = rig.sql.list(rig.sql.writable)
            let pieces = try await rig.writer.copyOut(
                "COPY (SELECT \(unsafe: columns) FROM parity.todo) TO STDOUT (FORMAT \(unsafe: format))"
            ) { out in
                try await out.reduce(into: [[UInt8]]()) { $0.append($1) }
            }
            try await rig.writer.copyIn(
                "COPY \(unsafe: rig.sql.target) (\(unsafe: columns)) FROM STDIN (FORMAT \(unsafe: format))"
            ) { copy in
                for piece in pieces { try await copy.write(piece) }
            }
        }
    }
}

extension ParityRig {
    /// The instance as it is in the table.
    fileprivate func found<M: ParityModel>(_ instance: M) async throws -> M? {
        try await database.all(M.self).first { $0.isSameRow(as: instance) }
    }
}

extension ParitySQL {
    /// All rows at once, each from a subquery.
    fileprivate func subselects(_ names: [String]) -> String {
        """
        UPDATE \(target) AS "parity t" SET (\(list(names))) = (
            SELECT \(list(names, "s.")) FROM parity.todo AS s WHERE \(match("\"parity t\"")))
        """
    }

    fileprivate func whenMatched(_ operation: ParityStep.Operation, _ action: String) -> String {
        "WHEN MATCHED AND \(isToDo(operation)) THEN \(action)"
    }
}
