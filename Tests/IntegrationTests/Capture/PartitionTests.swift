import Heliograph
import HeliographTesting
import Testing

@Suite("Capture: partitioned tables")
struct PartitionTests {
    /// By range, one of the partitions with its columns in another order, one with partitions of its own.
    private static let tree = """
        CREATE TABLE t (id int, r int, v text, PRIMARY KEY (id, r)) PARTITION BY RANGE (r);
        CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
        CREATE TABLE middle (junk int, v text, r int NOT NULL, id int NOT NULL);
        ALTER TABLE middle DROP junk;
        ALTER TABLE t ATTACH PARTITION middle FOR VALUES FROM (10) TO (20);
        CREATE TABLE high PARTITION OF t FOR VALUES FROM (20) TO (30) PARTITION BY HASH (id);
        CREATE TABLE high_0 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE high_1 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        """

    /// All records of a script, each with sender and partition before it.
    private func expect(
        _ script: String, in t: Captured, gives expected: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let last = try await t.fixture.count("SELECT coalesce(max(id), 0) FROM heliograph.signal_log")
        try await t.write(script)
        let found = try await t.fixture.withConnection { connection in
            try await connection.texts(
                """
                SELECT concat_ws(' ', sender, partition, operation, key, 'was ' || previous_key::text, changed)
                FROM heliograph.signal_log WHERE id > \(last) ORDER BY id
                """
            )
        }
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    @Test(
        "The whole tree under one name, through the table and through its partitions; each record names the partition")
    func paths() async throws {
        try await Captured.with(Self.tree) { t in
            try await expect(
                "INSERT INTO t VALUES (1, 1, 'a'), (2, 11, 'b'), (3, 21, 'c')", in: t,
                gives: [
                    #"public.t public.low insert {"id":1,"r":1}"#, #"public.t public.middle insert {"id":2,"r":11}"#,
                    #"public.t public.high_1 insert {"id":3,"r":21}"#,
                ]
            )
            try await expect(
                """
                INSERT INTO low VALUES (4, 2, 'direct');
                INSERT INTO high VALUES (5, 22, 'half way');
                COPY t FROM stdin;
                6	3	copied
                \\.
                UPDATE t SET v = 'x' WHERE id IN (2, 4);
                DELETE FROM high WHERE id = 5;
                """, in: t,
                gives: [
                    #"public.t public.low insert {"id":4,"r":2}"#, #"public.t public.high_1 insert {"id":5,"r":22}"#,
                    #"public.t public.low insert {"id":6,"r":3}"#, #"public.t public.low update {"id":4,"r":2} {v}"#,
                    #"public.t public.middle update {"id":2,"r":11} {v}"#,
                    #"public.t public.high_1 delete {"id":5,"r":22}"#,
                ]
            )
        }
    }

    @Test("A row that moves to another partition is deleted in the one and created in the other, in this order")
    func moved() async throws {
        try await Captured.with(Self.tree) { t in
            try await expect(
                "INSERT INTO t VALUES (1, 1, 'a'); UPDATE t SET r = 12 WHERE id = 1; UPDATE t SET id = 7", in: t,
                gives: [
                    #"public.t public.low insert {"id":1,"r":1}"#, #"public.t public.low delete {"id":1,"r":1}"#,
                    #"public.t public.middle insert {"id":1,"r":12}"#,
                    #"public.t public.middle delete {"id":1,"r":12}"#,
                    #"public.t public.middle insert {"id":7,"r":12} was {"id":1,"r":12}"#,
                ]
            )
        }
    }

    @Test(
        "A partition that comes later is captured at once, by CREATE as by ATTACH; its TRUNCATE from the next refresh on"
    )
    func newPartitions() async throws {
        try await Captured.with(Self.tree) { t in
            try await expect(
                """
                CREATE TABLE next PARTITION OF t FOR VALUES FROM (30) TO (40);
                CREATE TABLE own (id int NOT NULL, r int NOT NULL, v text);
                ALTER TABLE t ATTACH PARTITION own FOR VALUES FROM (40) TO (50);
                INSERT INTO next VALUES (1, 30); INSERT INTO own VALUES (2, 40); INSERT INTO t VALUES (3, 31);
                TRUNCATE next;
                """, in: t,
                gives: [
                    #"public.t public.next insert {"id":1,"r":30}"#, #"public.t public.own insert {"id":2,"r":40}"#,
                    #"public.t public.next insert {"id":3,"r":31}"#,
                ]
            )
            try await expect(
                "SELECT heliograph.attach('t'); TRUNCATE next", in: t, gives: ["public.t public.next truncate"])
        }
    }

    @Test("TRUNCATE: one record of the highest table that was named, one of each partition that was named by itself")
    func truncate() async throws {
        try await Captured.with(Self.tree) { t in
            try await expect("TRUNCATE t", in: t, gives: ["public.t truncate"])
            try await expect(
                "TRUNCATE low; TRUNCATE high; TRUNCATE high_0, middle", in: t,
                gives: [
                    "public.t public.low truncate", "public.t public.high truncate", "public.t public.high_0 truncate",
                    "public.t public.middle truncate",
                ]
            )
            // The statements of one message, and the partition before the table.
            try await expect(
                #"TRUNCATE t \; TRUNCATE low"# + ";", in: t,
                gives: ["public.t truncate", "public.t public.low truncate"])
            try await expect("TRUNCATE low, t", in: t, gives: ["public.t truncate"])
            #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.truncation") == 0)
        }
    }

    @Test("A detached partition is a table of its own, and can be captured as one; a captured table cannot be attached")
    func detached() async throws {
        try await Captured.with(Self.tree) { t in
            try await expect(
                """
                ALTER TABLE t DETACH PARTITION middle;
                INSERT INTO middle (id, r) VALUES (1, 1); TRUNCATE middle;
                SELECT heliograph.attach('middle');
                INSERT INTO middle (id, r) VALUES (2, 2); TRUNCATE middle;
                """, in: t,
                gives: [#"public.middle insert {"id":2,"r":2}"#, "public.middle truncate"]
            )
            let error = await #expect(throws: LocalClusterError.self) {
                try await t.write("ALTER TABLE t ATTACH PARTITION middle FOR VALUES FROM (10) TO (20)")
            }
            #expect(error?.message.contains("heliograph_guard") == true, "\(error?.message ?? "")")
            #expect(try await t.fixture.withConnection { try await Attachments().detach("t", on: $0) })
            #expect(
                try await t.fixture.count(
                    "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'heliograph%' AND tgrelid <> 'middle'::regclass")
                    == 0)
        }
    }

    @Test("Columns that come and go are recorded in the session that saw them come, whatever the partition")
    func drift() async throws {
        try await Captured.with(Self.tree) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 1, 'a'), (2, 11, 'b');
                ALTER TABLE t ADD COLUMN w numeric DEFAULT 1.50;
                UPDATE t SET v = 'x';
                ALTER TABLE t DROP COLUMN v;
                DELETE FROM t;
                """,
                gives: [
                    #"insert {"id":1,"r":1} {"id":1,"r":1,"v":"a"}"#,
                    #"insert {"id":2,"r":11} {"v":"b","r":11,"id":2}"#,
                    #"update {"id":1,"r":1} changed {v} from {"v":"a"} {"id":1,"r":1,"v":"x","w":1.50}"#,
                    #"update {"id":2,"r":11} changed {v} from {"v":"b"} {"v":"x","r":11,"id":2,"w":1.50}"#,
                    #"delete {"id":1,"r":1} {"id":1,"r":1,"w":1.50}"#,
                    #"delete {"id":2,"r":11} {"r":11,"id":2,"w":1.50}"#,
                ]
            )
        }
    }

    @Test("Excluded columns stay out in every partition, also renamed ones")
    func excluded() async throws {
        try await Captured.with(Self.tree, AttachOptions(excludedColumns: ["v"])) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 1, 'secret'), (2, 11, 'secret');
                ALTER TABLE t RENAME COLUMN v TO w;
                UPDATE t SET w = 'other secret', r = r + 1;
                """,
                gives: [
                    #"insert {"id":1,"r":1} {"id":1,"r":1}"#, #"insert {"id":2,"r":11} {"id":2,"r":11}"#,
                    #"delete {"id":1,"r":1} {"id":1,"r":1}"#,
                    #"insert {"id":1,"r":2} was {"id":1,"r":1} {"id":1,"r":2}"#,
                    #"delete {"id":2,"r":11} {"id":2,"r":11}"#,
                    #"insert {"id":2,"r":12} was {"id":2,"r":11} {"id":2,"r":12}"#,
                ]
            )
        }
    }

    @Test("A column called as a trigger's variables are says nothing about the partition")
    func variableNames() async throws {
        let script = """
            CREATE TABLE t (id int PRIMARY KEY, tg_table_name text, tg_table_schema text, tg_relid text) PARTITION BY HASH (id);
            CREATE TABLE p PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);
            """
        try await Captured.with(script) { t in
            try await expect(
                "INSERT INTO t VALUES (1, 'forged', 'forged', 'forged'); UPDATE t SET tg_relid = 'x'", in: t,
                gives: [#"public.t public.p insert {"id":1}"#, #"public.t public.p update {"id":1} {tg_relid}"#]
            )
        }
    }
}
