extension ParityShape {
    /// A column of a type, with some of its values. Row by row and change by change it goes from one to the next, and round.
    private struct Values {
        var type: String
        var form = Column.Form.json
        var values: [String]

        init(_ type: String, _ values: String..., form: Column.Form = .json) {
            self.type = type
            self.form = form
            self.values = values
        }

        func value(_ number: Int) -> String { values[number % values.count] }
    }

    /// A table of such columns, under an integer key.
    private static func of(_ name: String, setUp: String = "", _ types: [Values], requirement: String? = nil)
        -> ParityShape
    {
        let columns = types.enumerated().map { Column("c\($0)", $1.type, form: $1.form) }
        return ParityShape(
            name: name, setUp: setUp, columns: [Column("id", "int", "PRIMARY KEY")] + columns, key: ["id"],
            made: { row in
                Dictionary(uniqueKeysWithValues: zip(columns, types).map { ($0.name, $1.value(row - 1)) })
                    .merging(["id": "\(row)"]) { $1 }
            },
            changed: { row in
                Dictionary(uniqueKeysWithValues: zip(columns, types).map { ($0.name, $1.value(row)) })
            },
            moved: { ["id": "\($0 + 10)"] }, requirement: requirement)
    }

    /// Types, each with values that are easily spoilt. They are written so that no session reads them otherwise.
    static let values: [ParityShape] = [
        of(
            "numbers",
            [
                Values("int2", "-32768", "32767"),
                Values("int8", "9223372036854775807", "-9223372036854775808", "NULL"),
                Values(
                    "numeric", "'NaN'", "'123456789012345678901234567890.12345678901234567890'", "'-Infinity'", "1.0",
                    "1.00", "NULL"),
                Values("numeric(10, 2)", "0", "'NaN'", "-99999999.99"),
                Values("float8", "'NaN'", "'-0'", "0", "'-Infinity'", "0.1::float8 + 0.2::float8", "5e-324"),
                Values("float4", "1.1", "'-0'", "'NaN'", "3.4028235e38"),
                Values("money", "'12.34'", "'-92233720368547758.08'", "NULL"), Values("oid", "4294967295", "0"),
                Values("bool", "true", "false", "NULL"),
            ]),
        of(
            "times",
            [
                Values(
                    "timestamptz", "'2026-01-02 03:04:05.678901+00'", "'infinity'", "'-infinity'",
                    "'0044-03-15 12:00:00+00 BC'",
                    "'294276-12-31 23:59:59.999999+00'"),
                Values("timestamp", "'2026-01-02 03:04:05.000001'", "'infinity'", "'4713-01-01 00:00:00 BC'"),
                Values("date", "'2026-12-31'", "'-infinity'", "'5874897-12-31'", "'0001-01-01 BC'"),
                Values("time", "'24:00:00'", "'00:00:00.000001'"),
                Values("timetz", "'03:04:05.5+02:30'", "'24:00:00-15:59'"),
                Values(
                    "interval", "'P1Y2M3DT4H5M6.7S'", "'P1D'", "'PT24H'", "'P-1Y2M-3DT-4H5M-6.7S'", "'PT0S'", "'P30D'",
                    "'P1M'"
                ),
                Values("timestamptz(0)", "'2026-06-30 23:59:59.9+00'", "NULL"),
                Values("interval day to second", "'P1DT1S'"),
            ]),
        of(
            "texts and bytes",
            [
                Values(
                    "text", "''", "E'line\\nquote\"back\\\\slash\\ttab\\x01\\x7f'", "'größe Ключ 😀 \u{2028}'", "NULL",
                    "'null'"),
                Values("char(5)", "'ab'", "''", "'äöüßé'"), Values("varchar(3)", "'abc'", "'  '"),
                Values("name", "'a name'", "''"), Values("\"char\"", "'x'", "''"),
                Values("bytea", "'\\x00ff5c27'", "''", "NULL", "'\\x4142'"),
                Values("bit(3)", "B'101'", "B'000'"), Values("bit varying", "B'1010'", "B''", "NULL"),
                Values("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "NULL"),
            ]),
        of(
            "documents",
            [
                Values(
                    "json", #"'{"a" : [1, "\u0000"]}'"#, #"'{"a":1,"a":1.0}'"#, "'null'", "NULL", "'1e400'", #"' [ ] '"#
                ),
                Values(
                    "jsonb", #"'{"b":1, "a":9007199254740993}'"#, "'1.0'", "'1.00'", "'null'", "NULL",
                    #"'"\ud83d\ude00"'"#),
                Values("jsonpath", "'$.a[*] ? (@ > 1)'", "NULL"),
                Values("tsvector", "$$a:1A b:2 'it''s':3$$", "''"), Values("tsquery", "'a & !b | c <-> d:*'", "NULL"),
            ]),
        of(
            "xml", [Values("xml", "'<a b=\"c\">&amp;</a>'", "'text <b/>'", "NULL"), Values("xml[]", "'{<a/>,NULL}'")],
            // Some builds of PostgreSQL have none.
            requirement: "SELECT '<a/>'::xml"),
        of(
            "ranges",
            [
                Values("int4range", "'[1,5]'", "'empty'", "'(,)'", "NULL"),
                Values("int8range", "'(1,9223372036854775807)'", "'[7,7]'"),
                Values("numrange", "'[1.0,2.00)'", "'[1.00,2.00)'", "'(,1]'"),
                Values("daterange", "'[2026-01-02,2026-02-03]'", "'[-infinity,infinity)'"),
                Values("tsrange", "'[2026-01-02 00:00,2026-01-03 00:00:00.5)'", "'empty'"),
                Values("tstzrange", "'[2026-01-02 00:00+00,2026-01-03 00:00+00)'", "'(,infinity]'", "NULL"),
                Values("int4multirange", "'{[1,2],[5,6)}'", "'{}'", "NULL"),
                Values(
                    "tstzmultirange", "'{[2026-01-02 00:00+00,2026-01-03 00:00+00),(2027-01-01 00:00+00,)}'", "'{}'"),
                Values("nummultirange", "'{[1.0,2.0)}'", "'{[1.00,2.0)}'"),
                Values("datemultirange", "'{[2026-01-01,2026-01-02]}'"),
            ]),
        of(
            "addresses, figures, numbers of the system",
            [
                Values("inet", "'192.168.0.1/24'", "'::1'", "'10.0.0.1'"),
                Values("cidr", "'10.0.0.0/8'", "'2001:db8::/32'"),
                Values("macaddr", "'08:00:2b:01:02:03'", "NULL"), Values("macaddr8", "'08:00:2b:01:02:03:04:05'"),
                Values("point", "'(0.1,-0)'", "'(1e300,NaN)'"), Values("line", "'{1,-1,0.1}'"),
                Values("lseg", "'[(0.1,2),(3,4)]'"),
                Values("box", "'(3.3,4),(1,2)'"), Values("path", "'[(1,2),(3,4.4)]'", "'((1,2),(3,4))'"),
                Values("polygon", "'((1,2),(3,4),(5.5,6))'"), Values("circle", "'<(0.1,2),3>'", "NULL"),
                Values("pg_lsn", "'16/B374D848'"), Values("xid8", "'18446744073709551615'"), Values("tid", "'(1,2)'"),
                Values("regclass", "'pg_catalog.pg_class'", "'public.t'", "NULL"),
                Values("regtype", "'pg_catalog.int4'"),
                Values("pg_snapshot", "'10:20:10,14,15'"), Values("oidvector", "'1 2 3'"),
                Values("int2vector", "'1 2'"),
            ]),
        of(
            "arrays",
            [
                Values("int4[]", "'{1,NULL,3}'", "'{{1,2},{3,NULL}}'", "'{}'", "'[2:3]={1,2}'", "NULL"),
                Values("text[]", #"'{"a\"b",NULL,"NULL","","x,y","{z}"}'"#, "'{}'", #"'{"back\\slash"}'"#),
                Values("timestamptz[]", "'{2026-01-02 03:04:05+00,infinity,NULL}'"),
                Values("bytea[]", #"'{"\\x00ff",NULL}'"#),
                Values("float8[]", "'{NaN,-0,0.1}'", "'{Infinity}'"),
                Values("numeric[]", "'{1.0,NaN}'", "'{1.00,NaN}'"),
                Values("json[]", #"'{"{\"a\" : 1}",null}'"#), Values("interval[]", "'{P1D,PT24H}'"),
                Values("bool[]", "'{t,f,NULL}'"),
                Values("tstzrange[]", #"'{"[2026-01-02 00:00+00,2026-01-03 00:00+00)",NULL}'"#),
                Values("date[]", "'{2026-01-02}'"),
                Values("box[]", "'{(1.5,1),(0,0);(2,2),(1,1)}'"), Values("money[]", #"'{"1.00"}'"#, "NULL"),
            ]),
        of(
            "types of one's own",
            setUp: """
                CREATE TYPE mood AS ENUM ('happy', 'so ''so''', '', 'a,b"c');
                CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
                CREATE DOMAIN even_again AS even NOT NULL DEFAULT 0;
                CREATE DOMAIN my_mood AS mood;
                CREATE DOMAIN moods AS mood[];
                CREATE DOMAIN few AS int[] CHECK (cardinality(VALUE) < 9);
                CREATE DOMAIN instant AS timestamptz;
                CREATE TYPE pair AS (a int, b timestamptz);
                CREATE TYPE nested AS (p pair, ps pair[], m mood, i interval, f float4, b bytea);
                CREATE DOMAIN my_pair AS pair;
                CREATE TYPE moodrange AS RANGE (subtype = mood);
                CREATE TYPE floatrange AS RANGE (subtype = float8);
                """,
            [
                Values("mood", "'happy'", "'so ''so'''", "''", "NULL", "'a,b\"c'", form: .text),
                Values("mood[]", #"'{happy,"so ''so''"}'"#, "'{happy,NULL}'", #"'{""}'"#, form: .texts),
                Values("even", "4", "NULL", "-2"), Values("even_again", "0", "2"),
                Values("my_mood", "'happy'", "NULL", form: .text),
                Values("moods", "'{happy}'", "'{}'", form: .texts), Values("few", "'{1,NULL}'", "'{}'"),
                Values("instant", "'2026-01-02 00:00+00'", "'infinity'"),
                Values("pair", "'(1,\"2026-01-02 00:00+00\")'", "'(,)'", "NULL", form: .text),
                Values("pair[]", "ARRAY['(1,)'::public.pair, NULL]", "'{}'", form: .texts),
                Values(
                    "nested",
                    """
                    ROW('(1,"2026-01-02 00:00+00")'::public.pair, ARRAY['(2,infinity)'::public.pair], 'happy'::public.mood,
                        'P1DT1S'::interval, 1.1::float4, '\\x00ff'::bytea)::public.nested
                    """, "NULL", form: .text),
                Values("my_pair", "'(3,-infinity)'", "NULL", form: .text),
                Values("moodrange", "'[happy,\"a,b\"\"c\"]'", "'empty'", form: .text),
                Values("floatrange", "'[0.1,0.3)'", "'(,)'", "NULL", form: .text),
            ]),
    ]
}
