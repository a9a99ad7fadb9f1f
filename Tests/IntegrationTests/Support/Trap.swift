/// Code that tells in `trap.sprung` as whom it ran, if it ever does.
///
/// A role puts it into a schema of its own, and that schema in front of `pg_catalog` in its search path.
enum Trap {
    static let base = """
        CREATE SCHEMA trap;
        CREATE TABLE trap.sprung (who text);
        GRANT ALL ON SCHEMA trap TO public; GRANT ALL ON trap.sprung TO public;
        CREATE FUNCTION trap.spring() RETURNS void LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO trap.sprung VALUES (current_user); END $$;

        """

    /// Operators, functions and types under names of PostgreSQL's own.
    static let shadows = operators + functions + types

    private static let operators = [
        ("=", "text"), ("=", "int2"), ("=", "int4"), ("=", "int8"), ("=", "oid"), ("=", "xid8"), ("<>", "text"),
        ("<>", "oid"), ("<>", "int4"), ("<>", "int8"), ("<", "float8"), ("<", "int4"), ("<", "int8"),
        ("<", "timestamptz"), (">", "xid8"), (">=", "xid8"), (">=", "timestamptz"), ("&", "int8"),
    ].enumerated().map { index, entry in
        """
        CREATE FUNCTION trap.op\(index)(\(entry.1), \(entry.1)) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN PERFORM trap.spring(); RETURN true; END $$;
        CREATE OPERATOR trap.\(entry.0) (LEFTARG = \(entry.1), RIGHTARG = \(entry.1), FUNCTION = trap.op\(index));

        """
    }.joined()

    private static let functions = [
        "row_to_json(record)", "to_json(anyelement)", "concat(text, text)", "nextval(regclass)", "clock_timestamp()",
        "pg_notify(text, text)", "current_setting(text, boolean)", "current_setting(text)",
        "hash_record_extended(record, bigint)", "set_config(text, text, boolean)",
        "array_remove(anyarray, anyelement)", "record_ne(record, record)", "hashtext(text)", "unnest(anyarray)",
        "generate_series(int, int)", "max(int8)", "format(text, anyelement)", "now()",
    ].map { function in
        """
        CREATE FUNCTION trap.\(function) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN PERFORM trap.spring(); RETURN ''; END $$;

        """
    }.joined()

    private static let types = """
        CREATE DOMAIN trap.text AS varchar; CREATE DOMAIN trap.json AS varchar; CREATE DOMAIN trap.bool AS int;

        """

    /// Before what is tried: the trap first, and temporary tables with names that could be looked up.
    static let searchPath = """
        SET search_path = trap, public, pg_catalog;
        CREATE TEMPORARY TABLE signal_log (id int); CREATE TEMPORARY TABLE __hg_n (id int);
        CREATE TEMPORARY TABLE pg_class (oid oid); CREATE TEMPORARY TABLE pg_type (oid oid);
        CREATE TEMPORARY TABLE pg_locks (pid int); CREATE TEMPORARY TABLE pg_proc (oid oid);

        """
}
