import Heliograph

extension ParityPath {
    /// Whose session it is, and what it is set to.
    static let sessions: [ParityPath] = [
        foreign(
            "a session that writes values in other ways",
            """
            SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard';
            SET bytea_output = 'escape'; SET extra_float_digits = -3; SET lc_monetary = 'POSIX';
            SET quote_all_identifiers = on; SET array_nulls = off; SET xmlbinary = hex; SET xmloption = content;
            SET row_security = on; SET transform_null_equals = on; SET standard_conforming_strings = on;
            """),
        foreign(
            "a session with other plans",
            """
            SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_sort = off; SET jit_above_cost = 0;
            SET plan_cache_mode = force_custom_plan; SET from_collapse_limit = 1; SET work_mem = '64kB';
            SET default_statistics_target = 1; SET check_function_bodies = off; SET default_tablespace = '';
            """),
        foreign("an empty search path", "SET search_path = '';"),
        .scripts(
            "a search path with false functions and operators first", .together, session: .new,
            around: .init(prepare: { _ in hostile })
        ) { sql, mix in
            ["SET search_path = hostile, pg_catalog, public;"] + Set(mix.map(\.operation)).map { sql.bulk($0) }
        },
        .scripts(
            "temporary tables under the names of the catalog's", .together, session: .new
        ) { sql, mix in
            [
                """
                CREATE TEMPORARY TABLE IF NOT EXISTS pg_class (oid int); CREATE TEMPORARY TABLE IF NOT EXISTS pg_attribute (attrelid int);
                CREATE TEMPORARY TABLE IF NOT EXISTS pg_type (oid int); CREATE TEMPORARY TABLE IF NOT EXISTS pg_trigger (oid int);
                """
            ] + Set(mix.map(\.operation)).map { sql.bulk($0) }
        },
        .scripts("a role without any right on the log", .together, session: .stranger) { sql, mix in
            Set(mix.map(\.operation)).map { sql.bulk($0) }
        },
        .scripts("SET ROLE", .together, session: .new) { sql, mix in
            ["SET ROLE \(sql.stranger)"] + Set(mix.map(\.operation)).map { sql.bulk($0) }
        },
        .scripts(
            "row-level security",
            [
                .of(.delete, .nothing, .delete, .nothing), .of(.change, .nothing, .change, .nothing),
                .of(.create, .nothing, .create, .nothing),
            ],
            session: .stranger,
            around: .init(
                prepare: { sql in
                    // What is not to be done is not seen.
                    """
                    ALTER TABLE \(sql.target) ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                    CREATE POLICY parity ON \(sql.target) TO \(sql.stranger) USING (EXISTS (
                        SELECT FROM parity.todo AS s WHERE \(sql.match(sql.target)) AND NOT \(sql.isToDo(.nothing))));
                    """
                },
                finish: { sql in
                    """
                    DROP POLICY parity ON \(sql.target);
                    ALTER TABLE \(sql.target) DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
                    """
                })
        ) { sql, mix in
            switch mix[0].operation {
            case .create: [sql.bulk(.create)]
            case .delete: ["DELETE FROM \(sql.target)"]
            default:
                [
                    """
                    UPDATE \(sql.target) AS "parity t" SET \(sql.assignments(sql.changed)) FROM parity.state AS s
                    WHERE \(sql.isToDo(.change)) AND \(sql.match("\"parity t\""))
                    """
                ]
            }
        },
        .scripts(
            "a SECURITY DEFINER function with settings of its own", .together, session: .stranger,
            around: .init(prepare: { sql in
                """
                CREATE FUNCTION parity.act_as_owner() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = 'pg_temp' SET TimeZone = 'Asia/Kathmandu' SET bytea_output = 'escape' AS $act$ BEGIN
                \(sql.bulkScript)
                END $act$;
                """
            })
        ) { _, _ in ["SELECT parity.act_as_owner()"] },
    ]

    private static func foreign(_ name: String, _ settings: String) -> ParityPath {
        .scripts(name, .together, session: .new) { sql, mix in
            [settings] + Set(mix.map(\.operation)).map { sql.bulk($0) }
        }
    }

    /// Stand-ins for all that a capture function could look up in the search path. Whoever calls one fails. (Were the capture role
    /// not to use the schema, it would not look there.)
    private static let hostile: String = {
        let functions = [
            "to_json(anyelement)", "row_to_json(record)", "format(text, anyelement)", "concat(text, text)",
            "array_to_string(anyarray, text)", "array_remove(anyarray, anyelement)", "unnest(anyarray)",
            "hash_record(record)", "record_image_ne(record, record)", "record_ne(record, record)",
            "num_nulls(anyelement)",
            "current_setting(text)", "current_setting(text, boolean)", "set_config(text, text, boolean)",
            "pg_notify(text, text)", "clock_timestamp()", "nextval(regclass)", "pg_current_xact_id()",
            "pg_sequence_last_value(regclass)", "pg_notification_queue_usage()", "starts_with(text, text)",
            "cardinality(anyarray)", "hashtext(text)", "concat_ws(text, text, text)",
        ]
        let types = ["int4", "int8", "text", "name", "oid", "bool", "numeric", "uuid", "record"]
        let script =
            functions.map {
                """
                CREATE FUNCTION hostile.\($0) RETURNS int LANGUAGE plpgsql AS
                    $f$ BEGIN RAISE EXCEPTION 'called by the search path'; END $f$;
                """
            }
            + types.flatMap { type in
                ["=", "<>", "<", "%", "&", "||"].enumerated().map { index, name in
                    """
                    CREATE FUNCTION hostile.op_\(type)_\(index)(pg_catalog.\(type), pg_catalog.\(type)) RETURNS boolean
                        LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'called by the search path'; END $f$;
                    CREATE OPERATOR hostile.\(name) (LEFTARG = pg_catalog.\(type), RIGHTARG = pg_catalog.\(type),
                        FUNCTION = hostile.op_\(type)_\(index));
                    """
                }
            }
        return "CREATE SCHEMA hostile; GRANT USAGE ON SCHEMA hostile TO PUBLIC; \(script.joined(separator: "\n"))"
    }()
}
