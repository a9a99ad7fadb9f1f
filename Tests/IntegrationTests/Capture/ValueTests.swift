import Heliograph
import HeliographTesting
import Testing

@Suite("Capture: values")
struct ValueTests {
    /// Column type, value, and what stands in the record.
    private static let values: [(type: String, value: String, json: String)] = [
        ("int8", "9223372036854775807", "9223372036854775807"),
        (
            "numeric", "'123456789012345678901234567890.12345678901234567890'",
            "123456789012345678901234567890.12345678901234567890"
        ),
        ("numeric", "'NaN'", #""NaN""#),
        ("float8", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
        ("float4", "'1.1'", "1.1"),
        ("float8", "'-Infinity'", #""-Infinity""#),
        ("timestamptz", "'2026-01-02 03:04:05.678901+00'", #""2026-01-02T03:04:05.678901+00:00""#),
        ("timestamptz", "'infinity'", #""infinity""#),
        ("timestamp", "'2026-01-02 03:04:05.000001'", #""2026-01-02T03:04:05.000001""#),
        ("date", "'2026-12-31'", #""2026-12-31""#),
        ("timetz", "'03:04:05+02'", #""03:04:05+02""#),
        ("interval", "'1 year 2 mons 3 days 04:05:06.7'", #""P1Y2M3DT4H5M6.7S""#),
        ("bytea", "'\\x00ff'", #""\\x00ff""#),
        (
            "tstzrange", "'[2026-01-02 00:00+00,2026-01-03 00:00+00)'",
            #""[\"2026-01-02 00:00:00+00\",\"2026-01-03 00:00:00+00\")""#
        ),
        ("daterange", "'[2026-01-02,2026-02-03)'", #""[2026-01-02,2026-02-03)""#),
        ("money", "'12.34'", #""$12.34""#),
        ("regclass", "'pg_catalog.pg_class'", #""pg_class""#),
        ("regclass", "'public.t'", #""public.t""#),
        ("json", "'{\"a\" : [1, \"\\u0000\"]}'", #"{"a" : [1, "\u0000"]}"#),
        ("jsonb", "'{\"b\":1, \"a\":9007199254740993}'", #"{"a": 9007199254740993, "b": 1}"#),
        ("text", "E'line\\nquote\"back\\\\slash\\ttab'", #""line\nquote\"back\\slash\ttab""#),
        ("char(5)", "'ab'", #""ab   ""#),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", #""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#),
        ("int4[]", "'{{1,2},{3,NULL}}'", "[[1,2],[3,null]]"),
        ("timestamptz[]", "'{2026-01-02 03:04:05+00}'", #"["2026-01-02T03:04:05+00:00"]"#),
        ("inet", "'192.168.0.1/24'", #""192.168.0.1/24""#),
        ("point", "'(0.1,2)'", #""(0.1,2)""#),
        ("bit varying", "B'1010'", #""1010""#),
        ("xml", "'<a b=\"c\"/>'", #""<a b=\"c\"/>""#),
        ("tsvector", "'a:1 b:2'", #""'a':1 'b':2""#),
        ("mood", "'so ''so'''", #""so 'so'""#),
        ("mood[]", "'{happy,\"so ''so''\"}'", #"["happy","so 'so'"]"#),
        ("mood[]", "'{happy,NULL}'", #"["happy",null]"#),
        ("even", "4", "4"),
        ("pair", "'(1,\"2026-01-02 00:00+00\")'", #""(1,\"2026-01-02 00:00:00+00\")""#),
        ("pair[]", "ARRAY['(1,)'::pair]", #"["(1,)"]"#),
        ("mood", "NULL", "null"),
    ]

    private static let types = """
        CREATE TYPE mood AS ENUM ('happy', 'so ''so''');
        CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
        CREATE TYPE pair AS (a int, b timestamptz);
        """

    /// Settings of a writer's session that change how values look, each far from the default.
    private static let oddSession = """
        SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard';
        SET bytea_output = 'escape'; SET extra_float_digits = -3; SET quote_all_identifiers = on; SET array_nulls = off;
        SET xmloption = content; SET standard_conforming_strings = on;
        """

    @Test("Every type keeps all it holds, whatever the writer's session is set to")
    func types() async throws {
        // Some builds of PostgreSQL have no XML.
        let hasXML = (try? await LocalCluster.shared.psql("SELECT '<a/>'::xml")) != nil
        let all = Self.values.filter { $0.type != "xml" || hasXML }
        let values = all.map(\.value).joined(separator: ", ")
        let row = all.enumerated().map { "\"c\($0.offset)\":\($0.element.json)" }.joined(separator: ",")
        // A table of its own each, for a type must get what it needs also where nothing else asks for it.
        let single = all.enumerated().map {
            "CREATE TABLE t\($0.offset) (id int PRIMARY KEY, c\($0.offset) \($0.element.type));"
        }
        let script =
            "CREATE TABLE t (id int PRIMARY KEY);" + Self.types
            + "ALTER TABLE t \(all.enumerated().map { "ADD c\($0.offset) \($0.element.type)" }.joined(separator: ", "));"
            + single.joined()
        let tables = ["t"] + all.indices.map { "t\($0)" }
        try await Captured.with(script, attaching: tables) { t in
            for session in ["", Self.oddSession] {
                // The values are written under the usual settings, into a table that nobody mirrors.
                try await t.write(
                    """
                    DROP TABLE IF EXISTS given; CREATE TABLE given (LIKE t); INSERT INTO given VALUES (1, \(values));
                    """
                )
                let single = all.indices.map { "INSERT INTO t\($0) SELECT id, c\($0) FROM given;" }.joined()
                let records = try await t.records(
                    of: "\(session) INSERT INTO t SELECT * FROM given; \(single) DELETE FROM t; "
                        + all.indices.map { "DELETE FROM t\($0);" }.joined()
                )
                #expect(records.first == #"insert {"id":1} {"id":1,\#(row)}"#)
                for (index, value) in all.enumerated() {
                    #expect(
                        records[1 + index] == #"insert {"id":1} {"id":1,"c\#(index)":\#(value.json)}"#, "\(value.type)")
                    #expect(
                        records[2 + all.count + index]
                            == #"delete {"id":1} {"id":1,"c\#(index)":\#(value.json)}"#,
                        "\(value.type)"
                    )
                }
            }
        }
    }

    @Test("Old values of an update are as exact as new ones")
    func oldValues() async throws {
        let table = "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n numeric, j json, m mood);"
        try await Captured.with(Self.types + table) { t in
            try await t.write(#"INSERT INTO t VALUES (1, '2026-01-02 00:00+00', 1.0, '{"a": 1}', 'happy')"#)
            try await t.expect(
                #"\#(Self.oddSession) UPDATE t SET at = at + '1us'::interval, n = 1.00, j = '{"a":1}', m = NULL"#,
                gives: [
                    #"update {"id":1} changed {at,n,j,m} from {"at":"2026-01-02T00:00:00+00:00","n":1.0,"j":{"a": 1},"m":"happy"} "#
                        + #"{"id":1,"at":"2026-01-02T00:00:00.000001+00:00","n":1.00,"j":{"a":1},"m":null}"#
                ]
            )
        }
    }

    @Test("A row of many megabytes is mirrored whole")
    func largeRow() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text);") { t in
            try await t.write(
                "INSERT INTO t SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 300000) AS g")
            #expect(
                try await t.fixture.count(
                    "SELECT count(*) FROM heliograph.signal_log, t WHERE instance ->> 'v' = t.v AND length(t.v) = 9600000"
                ) == 1
            )
        }
    }
}
