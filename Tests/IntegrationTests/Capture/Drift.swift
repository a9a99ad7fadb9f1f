import Heliograph
import Testing

/// Something that happens to a table that is captured.
struct Drift: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var severity: Finding.Severity
    var check: String
    var words: String
    var script: String
    var options = AttachOptions()
    /// What is found beside it.
    var others: Set<String> = []
    var table = "CREATE TABLE t (id int PRIMARY KEY, v text, secret text); CREATE SCHEMA other;"

    init(
        _ name: String, _ severity: Finding.Severity, _ check: String, _ words: String, _ script: String,
        _ options: AttachOptions = .init(), others: Set<String> = [], table: String? = nil
    ) {
        testDescription = name
        (self.severity, self.check, self.words, self.script) = (severity, check, words, script)
        (self.options, self.others) = (options, others)
        if let table { self.table = table }
    }

    static let hidden = AttachOptions(excludedColumns: ["secret"])
    private static let dropAll = ["insert", "update", "delete", "truncate", "guard"]
        .map { "DROP TRIGGER heliograph_\($0) ON t;" }.joined()
    private static let nothing = """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        """

    static let places = [
        Drift("dropped", .warning, "table-gone", "the table is gone", "DROP TABLE t"),
        Drift(
            "renamed", .note, "renamed", "is called other.u",
            "ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA other"),
        Drift(
            "renamed, and another has its name", .warning, "renamed",
            "another table, which is not captured, has the old one",
            "ALTER TABLE t RENAME TO u; CREATE TABLE t (id int PRIMARY KEY)"),
        Drift(
            "its function on another table", .error, "foreign-triggers", "public.u has its triggers, too",
            """
            CREATE TABLE u (id int PRIMARY KEY);
            CREATE TRIGGER x AFTER INSERT ON u REFERENCING NEW TABLE AS __hg_n EXECUTE FUNCTION heliograph.capture_1()
            """),
        Drift(
            "renumbered", .warning, "renumbered", "takes longer than it must",
            "UPDATE heliograph.attachment SET relid = 4711"),
        Drift(
            "renumbered, columns left out", .error, "renumbered", "recorded as null",
            "UPDATE heliograph.attachment SET relid = 4711", hidden),
        Drift("unlogged", .error, "table-kind", "a crash empties it", "ALTER TABLE t SET UNLOGGED"),
        Drift("a parent", .error, "table-kind", "inheritance", "CREATE TABLE k () INHERITS (t)"),
        Drift(
            "a child", .error, "table-kind", "inheritance",
            "DROP TRIGGER heliograph_guard ON t; CREATE TABLE p (LIKE t); ALTER TABLE t INHERIT p", others: ["triggers"]
        ),
        Drift(
            "a partition", .error, "table-kind", "a partition",
            """
            DROP TRIGGER heliograph_guard ON t; CREATE TABLE p (LIKE t) PARTITION BY LIST (id);
            ALTER TABLE p ATTACH PARTITION t FOR VALUES IN (1)
            """, others: ["triggers"]),
    ]

    static let functions = [
        Drift("no trigger", .error, "triggers", "none of its triggers", dropAll),
        Drift(
            "no function", .error, "triggers", "none of its triggers", "DROP FUNCTION heliograph.capture_1() CASCADE"),
        Drift(
            "a trigger missing", .error, "triggers", "missing: heliograph_delete", "DROP TRIGGER heliograph_delete ON t"
        ),
        Drift(
            "the guard missing", .warning, "triggers", "may become a partition", "DROP TRIGGER heliograph_guard ON t"),
        Drift(
            "triggers disabled", .error, "triggers", "disabled, or does not fire for everybody: heliograph_delete",
            "ALTER TABLE t DISABLE TRIGGER ALL"),
        Drift(
            "a trigger for replicas only", .error, "triggers", "everybody: heliograph_update",
            "ALTER TABLE t ENABLE REPLICA TRIGGER heliograph_update"),
        Drift(
            "a trigger too many", .warning, "triggers", "not wanted any more by how the table is attached: x",
            """
            CREATE TRIGGER x AFTER INSERT ON t REFERENCING NEW TABLE AS __hg_n EXECUTE FUNCTION heliograph.capture_1()
            """, AttachOptions(operations: [.update])),
        Drift(
            "a trigger of our name", .error, "triggers", "that is not ours",
            """
            \(nothing) DROP TRIGGER heliograph_insert ON t;
            CREATE TRIGGER heliograph_insert AFTER INSERT ON t EXECUTE FUNCTION f()
            """),
        Drift(
            "another owner", .error, "owner", "is owned by postgres",
            "ALTER FUNCTION heliograph.capture_1() OWNER TO postgres"),
        Drift(
            "not a definer", .error, "owner", "SECURITY INVOKER",
            "ALTER FUNCTION heliograph.capture_1() SECURITY INVOKER"),
        Drift(
            "everybody's", .warning, "execute", "PUBLIC may put",
            "GRANT EXECUTE ON FUNCTION heliograph.capture_1() TO PUBLIC"),
        Drift("an old segment", .error, "segment", "writes to segment 1", "SELECT heliograph.open_segment()"),
        Drift("not in the registry", .error, "stray", "does not know", "DELETE FROM heliograph.attachment"),
        Drift(
            "changed by hand", .warning, "text", "changed by hand",
            """
            SELECT replace(pg_get_functiondef('heliograph.capture_1'::regproc), 'missed boolean;', 'missed bool;') \\gexec
            """),
        Drift(
            "replaced", .error, "text", "what is recorded cannot be told",
            """
            CREATE OR REPLACE FUNCTION heliograph.capture_1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
            'BEGIN RETURN NULL; /* heliograph.signal_log_1 /* segment */ */ END'
            """),
    ]

    private static let tree = """
        CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY LIST (id);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);
        """

    static let trees = [
        Drift(
            "a partitioned table of another owner", .warning, "execute", "another owner since",
            "ALTER TABLE t OWNER TO pg_database_owner", table: tree),
        Drift(
            "a new partition", .error, "triggers", "missing: heliograph_truncate on public.t3",
            "CREATE TABLE t3 PARTITION OF t FOR VALUES IN (3)", table: tree),
        Drift(
            "a partition without the one before a TRUNCATE", .warning, "triggers", "once more",
            "DROP TRIGGER heliograph_open_truncate ON t1", table: tree),
        Drift(
            "a detached partition", .note, "foreign-triggers", "public.t2 was a partition",
            "ALTER TABLE t DETACH PARTITION t2",
            table: tree),
        Drift(
            "an unlogged partition", .error, "table-kind", "t1 is unlogged", "ALTER TABLE t1 SET UNLOGGED", table: tree),
        Drift(
            "a column more in all of them", .warning, "columns", "column w was added", "ALTER TABLE t ADD w int",
            table: tree),
        Drift(
            "triggers for all, disabled", .error, "triggers", "everybody: heliograph_delete",
            "ALTER TABLE t DISABLE TRIGGER USER", AttachOptions(isAlways: true, maximumRowSize: 1000)),
        Drift(
            "triggers for all, missing", .error, "triggers", "missing: heliograph_insert",
            "DROP TRIGGER heliograph_insert ON t", AttachOptions(isAlways: true)),
        Drift(
            "triggers of its own", .warning, "text", "has triggers of its own since",
            "\(nothing) CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()"),
        Drift(
            "no triggers of its own any more", .warning, "text", "no triggers of its own any more",
            "DROP TRIGGER x ON t",
            table:
                "CREATE TABLE t (id int PRIMARY KEY); \(nothing) CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()"
        ),
        Drift(
            "the begin of a statement not noted", .warning, "triggers", "may be recorded before it",
            "DROP TRIGGER heliograph_open_update ON t",
            table:
                "CREATE TABLE t (id int PRIMARY KEY); \(nothing) CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()"
        ),
        Drift(
            "cascades that delete and change", .warning, "text", "by the statement, does not fit",
            "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES b ON DELETE SET NULL",
            table: """
                CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
                CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE, b int)
                """),
    ]

    static let columns = [
        Drift("a column more", .warning, "columns", "column w was added", "ALTER TABLE t ADD w int"),
        Drift("a column less", .warning, "columns", "column v is gone", "ALTER TABLE t DROP v"),
        Drift("a column renamed", .warning, "columns", "column w was added or renamed", "ALTER TABLE t RENAME v TO w"),
        Drift(
            "a type that needs a setting", .warning, "text", "column v has another type",
            "ALTER TABLE t ALTER v TYPE timestamptz USING NULL"),
        Drift(
            "a type of the user's", .warning, "text", "column v has another type",
            "CREATE TYPE mood AS ENUM ('happy'); ALTER TABLE t ALTER v TYPE mood USING NULL"),
        Drift(
            "columns left out, one more", .error, "columns",
            "w was added or renamed since it was attached, and is NOT recorded",
            "ALTER TABLE t ADD w int", hidden),
        Drift(
            "columns left out, one renamed", .error, "columns", "NOT recorded",
            "ALTER TABLE t RENAME v TO w", hidden),
        Drift(
            "the one left out is gone", .warning, "excluded", "secret is gone", "ALTER TABLE t DROP secret", hidden),
        Drift(
            "a key renamed", .error, "key", "column id of its key is gone", "ALTER TABLE t RENAME id TO number",
            others: ["columns"]),
        Drift(
            "a key deferrable", .error, "key", "deferrable",
            "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY (id) DEFERRABLE"),
        Drift(
            "a key not unique", .warning, "text", "not kept unique", "ALTER TABLE t DROP CONSTRAINT t_pkey"),
        Drift(
            "a key that may be null", .error, "key", "may be NULL", "ALTER TABLE t ALTER id DROP NOT NULL",
            table: "CREATE TABLE t (id int NOT NULL UNIQUE)"),
    ]
}
