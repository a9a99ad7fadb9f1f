import Heliograph

extension ParityPath {
    /// Code in the database that writes: functions, triggers, rules.
    static let programs: [ParityPath] = [
        .scripts(
            "a function", .together,
            around: .init(prepare: { sql in
                """
                CREATE FUNCTION parity.act() RETURNS void LANGUAGE plpgsql AS $act$ BEGIN
                \(sql.bulkScript)
                END $act$;
                """
            })
        ) { _, _ in ["SELECT parity.act()"] },
        .scripts(
            "a function in SQL", .together,
            around: .init(prepare: { sql in
                """
                CREATE FUNCTION parity.act_in_sql() RETURNS void LANGUAGE sql AS $act$ \(sql.bulkScript) SELECT; $act$;
                """
            })
        ) { _, _ in ["SELECT parity.act_in_sql()"] },
        .scripts("DO and EXECUTE", .together) { sql, _ in
            let statements = sql.bulks.map { "EXECUTE $statement$ \($0) $statement$;" }
            return ["DO $act$ BEGIN \(statements.joined(separator: "\n")) END $act$"]
        },
        .scripts("a block that fails and is done again", .together) { sql, _ in
            [
                """
                DO $act$ BEGIN
                    BEGIN \(sql.bulkScript) RAISE EXCEPTION 'undone';
                    EXCEPTION WHEN raise_exception THEN NULL; END;
                    BEGIN \(sql.bulkScript) EXCEPTION WHEN raise_exception THEN NULL; END;
                END $act$
                """
            ]
        },
        .scripts(
            "a procedure that commits", .together,
            around: .init(prepare: { sql in
                """
                CREATE PROCEDURE parity.act_and_commit() LANGUAGE plpgsql AS $act$ BEGIN
                \(sql.bulks.map { "\($0); COMMIT;" }.joined(separator: "\n"))
                END $act$;
                """
            })
        ) { _, _ in ["CALL parity.act_and_commit()"] },
        trigger("a row trigger of another table", "AFTER INSERT ON parity.%@ FOR EACH ROW"),
        trigger("a row trigger before another table's insert", "BEFORE INSERT ON parity.%@ FOR EACH ROW"),
        trigger("a statement trigger of another table", "AFTER INSERT ON parity.%@ FOR EACH STATEMENT"),
        trigger(
            "a deferred constraint trigger", "AFTER INSERT ON parity.%@ DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
            kind: "CONSTRAINT TRIGGER"),
        .scripts(
            "a rule", .together,
            around: .init(prepare: { sql in
                """
                CREATE TABLE parity.ruled (n int);
                CREATE RULE act AS ON INSERT TO parity.ruled DO ALSO (\(sql.bulks.joined(separator: "; ")));
                """
            })
        ) { _, _ in ["INSERT INTO parity.ruled VALUES (1)"] },
        .scripts(
            "a view with INSTEAD OF triggers", .together,
            around: .init(prepare: { sql in
                // With OFFSET the view is none that PostgreSQL could write through.
                """
                CREATE VIEW parity.front AS SELECT * FROM \(sql.target) OFFSET 0;
                CREATE FUNCTION parity.instead() RETURNS trigger LANGUAGE plpgsql AS $act$ BEGIN
                    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
                        \(sql.insertion) VALUES (\(sql.list(sql.writable, "NEW.")));
                    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
                        UPDATE \(sql.target) AS "parity t" SET \(sql.assignments(sql.changed + sql.moved.filter { !sql.changed.contains($0) }, "NEW"))
                        WHERE \(sql.row("\"parity t\"", is: "OLD"));
                    ELSE
                        DELETE FROM \(sql.target) AS "parity t" WHERE \(sql.row("\"parity t\"", is: "OLD"));
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                END $act$;
                CREATE TRIGGER act INSTEAD OF INSERT OR UPDATE OR DELETE ON parity.front
                    FOR EACH ROW EXECUTE FUNCTION parity.instead();
                """
            })
        ) { sql, mix in
            Set(mix.map(\.operation)).map { sql.on("parity.front").bulk($0) }
        },
        .scripts(
            "a BEFORE ROW trigger that fills the row in", [.each(.create), .each(.change)], suits: \.isInOnePiece,
            around: .init(
                prepare: { sql in
                    """
                    CREATE FUNCTION parity.fill() RETURNS trigger LANGUAGE plpgsql AS $act$
                    #variable_conflict use_column
                    BEGIN
                        SELECT \(sql.list(sql.writable, "s.")) INTO \(sql.list(sql.writable, "NEW."))
                        FROM parity.todo AS s WHERE \(sql.match("NEW"));
                        RETURN NEW;
                    END $act$;
                    CREATE TRIGGER parity_fill BEFORE INSERT OR UPDATE ON \(sql.target)
                        FOR EACH ROW EXECUTE FUNCTION parity.fill();
                    """
                },
                finish: { "DROP TRIGGER parity_fill ON \($0.target);" })
        ) { sql, mix in
            let keys = sql.list(sql.shape.key)
            let todo = sql.shape.key.indices.map { "s.\"parity key \($0 + 1)\"" }.joined(separator: ", ")
            return switch mix[0].operation {
            case .create:
                ["INSERT INTO \(sql.target) (\(keys)) OVERRIDING SYSTEM VALUE SELECT \(todo) FROM parity.todo AS s"]
            // Each column to what it is; the trigger knows better.
            default: [sql.update(.change, sql.assignments(sql.changed, "\"parity t\""))]
            }
        },
        .scripts(
            "a BEFORE ROW trigger that suppresses the write", [.each(.nothing)],
            around: .init(
                prepare: { sql in
                    """
                    CREATE FUNCTION parity.suppress() RETURNS trigger LANGUAGE plpgsql AS
                        $act$ BEGIN RETURN NULL; END $act$;
                    CREATE TRIGGER parity_suppress BEFORE INSERT OR UPDATE OR DELETE ON \(sql.target)
                        FOR EACH ROW EXECUTE FUNCTION parity.suppress();
                    """
                },
                finish: { "DROP TRIGGER parity_suppress ON \($0.target);" })
        ) { sql, _ in
            [
                sql.insertion + " VALUES " + sql.values(4), sql.on(sql.target).touchAll,
                "DELETE FROM \(sql.target)",
            ]
        },
    ]

    /// A trigger of a table of its own that does what is to do.
    private static func trigger(_ name: String, _ event: String, kind: String = "TRIGGER") -> ParityPath {
        let table = "\"\(name)\""
        return .scripts(
            name, .together,
            around: .init(prepare: { sql in
                """
                CREATE TABLE parity.\(table) (n int);
                CREATE FUNCTION parity.\(table)() RETURNS trigger LANGUAGE plpgsql AS $act$ BEGIN
                \(sql.bulkScript)
                RETURN NEW;
                END $act$;
                CREATE \(kind) act \(event.replacing("%@", with: table)) EXECUTE FUNCTION parity.\(table)();
                """
            })
        ) { _, _ in ["INSERT INTO parity.\(table) VALUES (1)"] }
    }
}

extension ParitySQL {
    /// One row's key is that of another, both of the table.
    fileprivate func row(_ alias: String, is other: String) -> String {
        shape.key
            .map { "\(alias).\(Self.quoted($0)) OPERATOR(pg_catalog.=) \(other).\(Self.quoted($0))" }
            .joined(separator: " AND ")
    }

    /// Every row, to what it is.
    fileprivate var touchAll: String {
        "UPDATE \(target) SET \(changed.map { "\(Self.quoted($0)) = \(Self.quoted($0))" }.joined(separator: ", "))"
    }
}
