import Foundation
import Heliograph
import HeliographTesting
import Testing

private enum Mood: String, PostgresCodable, PostgresArrayElement { case happy, sad }

private struct Point: Codable, Hashable { var x: Int, y: String }

/// Each value goes to the server and comes back, alone and in an array, and PostgreSQL's own text and JSON of it say the same.
@Suite("Types on the server")
struct TypeTests {
    /// - Parameters:
    ///   - type: PostgreSQL's name of the type.
    ///   - cases: what PostgreSQL writes as text, and the value.
    private func check<Value: PostgresArrayElement & Equatable>(
        _ type: String, _ cases: [(text: String, value: Value)], on connection: Connection
    ) async throws {
        for (text, value) in cases {
            let rows = try await connection.query(
                """
                SELECT \(value)::\(unsafe: type), \(text)::text::\(unsafe: type), \(value)::\(unsafe: type)::text,
                    to_json(\(value)::\(unsafe: type))::text
                """
            )
            let row = try #require(rows.first)
            #expect(try row.decode(0, as: Value.self) == value, "\(type) \(text), sent")
            #expect(try row.decode(1, as: Value.self) == value, "\(type) \(text), read")
            #expect(try row.decode(2, as: String.self) == text)
            let json = try JSONValue(parsing: row.decode(3, as: String.self))
            #expect(try Value(json: json) == value, "\(type) \(text), from JSON")
        }
        let values = cases.map(\.value)
        let holes = values.flatMap { [$0, nil] }
        let arrays = try await connection.query(
            "SELECT \(values)::\(unsafe: type)[], \(holes)::\(unsafe: type)[], \([Value]())::\(unsafe: type)[], \(Value?.none)::\(unsafe: type)"
        )
        let row = try #require(arrays.first)
        #expect(try row.decode(0, as: [Value].self) == values)
        #expect(try row.decode(1, as: [Value?].self) == holes)
        #expect(throws: PostgresError.self) { try row.decode(1, as: [Value].self) }
        #expect(try row.decode(2, as: [Value].self).isEmpty)
        #expect(try row.decode(3, as: Value?.self) == nil)
    }

    private func with(_ body: (Connection) async throws -> Void) async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("SET timezone = 'UTC'")
                try await body(connection)
            }
        }
    }

    @Test("Numbers")
    func numbers() async throws {
        try await with { connection in
            try await check("int2", [("-32768", Int16.min), ("32767", .max)], on: connection)
            try await check("int4", [("-2147483648", Int32.min), ("2147483647", .max)], on: connection)
            try await check(
                "int8", [("-9223372036854775808", Int64.min), ("9223372036854775807", .max)], on: connection)
            try await check("int8", [("7", 7 as Int)], on: connection)
            try await check(
                "float4", [("1.5", Float(1.5)), ("Infinity", .infinity), ("3.4028235e+38", .greatestFiniteMagnitude)],
                on: connection)
            try await check(
                "float8", [("0.1", 0.1), ("-Infinity", -.infinity), ("5e-324", .leastNonzeroMagnitude)], on: connection)
            try await check("bool", [("true", true), ("false", false)], on: connection)
        }
    }

    @Test("numeric, with all digits")
    func decimals() async throws {
        try await with { connection in
            let texts = [
                "0", "1", "-1", "0.1", "-0.0001", "10000", "99999999", "123456789.000000001", "0.00000000000000000001",
                "12345678901234567890123456789012345678", "1000000000000000000000000000000000000000000",
                "-99999999999999999999.999999999999999999", "10001", "100000000.5",
            ]
            let cases = try texts.map { ($0, try #require(Decimal(string: $0))) }
            try await check("numeric", cases, on: connection)
            // Trailing zeros are PostgreSQL's business; the value is the same.
            let row = try #require(
                try await connection.query(
                    "SELECT 1.500::numeric, 7::int4, '1e40'::numeric + 0.5, 'NaN'::numeric, 'Infinity'::numeric"
                ).first)
            #expect(try row.decode(0, as: Decimal.self) == Decimal(string: "1.5"))
            #expect(try row.decode(0, as: String.self) == "1.500")
            #expect(try row.decode(1, as: Decimal.self) == 7)
            let long = #expect(throws: PostgresError.self) { try row.decode(2, as: Decimal.self) }
            #expect(long?.message.contains("38 digits") == true)
            #expect(try row.decode(2, as: String.self) == "1" + String(repeating: "0", count: 40) + ".5")
            for column in 3...4 {
                let special = #expect(throws: PostgresError.self) { try row.decode(column, as: Decimal.self) }
                #expect(special?.code == .decoding)
            }
            #expect(try row.decode(3, as: String.self) == "NaN")
            let nan = await #expect(throws: PostgresError.self) { try await connection.query("SELECT \(Decimal.nan)") }
            #expect(nan?.code == .invalidValue)
            // Any numeric as text, to the last digit.
            let texts2 = [
                "0.000", "-0.50", "123456789012345678901234567890123456789012345678901234567890.12345678901234567890",
                "1e-50", "100000000000000000000000000000000000000000000000",
            ]
            for text in texts2 {
                let both = try #require(
                    try await connection.query("SELECT \(text)::text::numeric, \(text)::text::numeric::text").first)
                #expect(try both.decode(0, as: String.self) == both.decode(1, as: String.self))
            }
        }
    }

    @Test("Dates, times, moments and intervals, with their infinities")
    func times() async throws {
        try await with { connection in
            let dates = [
                ("2000-01-01", LocalDate(year: 2000, month: 1, day: 1)),
                ("1582-10-10", LocalDate(year: 1582, month: 10, day: 10)),
                ("0044-03-15 BC", LocalDate(year: -43, month: 3, day: 15)),
                ("4714-11-24 BC", LocalDate(year: -4713, month: 11, day: 24)),
                ("5874897-12-31", LocalDate(year: 5_874_897, month: 12, day: 31)), ("infinity", .infinity),
                ("-infinity", .minusInfinity),
            ]
            try await check("date", try dates.map { ($0.0, try #require($0.1)) }, on: connection)
            let times = [
                ("00:00:00", LocalTime(hour: 0, minute: 0)),
                ("23:59:59.999999", LocalTime(hour: 23, minute: 59, second: 59, microsecond: 999_999)),
                ("24:00:00", LocalTime(hour: 24, minute: 0)),
            ]
            try await check("time", try times.map { ($0.0, try #require($0.1)) }, on: connection)
            let day = try #require(LocalDate(year: 2026, month: 11, day: 24))
            let old = try #require(LocalDate(year: -43, month: 3, day: 15))
            let noon = try #require(LocalTime(hour: 12, minute: 0, second: 1, microsecond: 500_000))
            let stamps = [
                ("2026-11-24 12:00:01.5", try #require(LocalDateTime(day, noon))),
                ("0044-03-15 12:00:01.5 BC", try #require(LocalDateTime(old, noon))),
                ("infinity", .infinity), ("-infinity", .minusInfinity),
            ]
            try await check("timestamp", stamps, on: connection)
            let moments = [
                ("2026-01-02 03:04:05.678901+00", Date(timeIntervalSince1970: 1_767_323_045.678901)),
                ("infinity", Date(timeIntervalSinceReferenceDate: .infinity)),
                ("-infinity", Date(timeIntervalSinceReferenceDate: -.infinity)),
            ]
            for (text, moment) in moments {
                let row = try #require(
                    try await connection.query(
                        "SELECT \(moment)::timestamptz::text, \(text)::text::timestamptz, to_json(\(moment)::timestamptz)::text"
                    ).first)
                #expect(try row.decode(0, as: String.self) == text)
                #expect(
                    try row.decode(1, as: Date.self) == moment
                        || abs(row.decode(1, as: Date.self).timeIntervalSince(moment)) < 0.000_001)
                let json = try Date(json: JSONValue(parsing: row.decode(2, as: String.self)))
                #expect(json == moment || abs(json.timeIntervalSince(moment)) < 0.000_001)
            }
            try await check(
                "interval",
                [
                    ("1 year 2 mons 3 days 04:05:06.7", Interval(months: 14, days: 3, microseconds: 14_706_700_000)),
                    (
                        "-1 years -2 mons +3 days -04:05:06",
                        Interval(months: -14, days: 3, microseconds: -14_706_000_000)
                    ),
                    ("00:00:00", Interval()), ("100000:00:00.000001", Interval(microseconds: 360_000_000_000_001)),
                    ("1 day", Interval(days: 1)),
                ], on: connection)
            try await connection.query("SET intervalstyle = 'iso_8601'")
            for interval in [
                Interval(months: 14, days: 3, microseconds: 14_706_700_000), Interval(),
                Interval(months: -1, days: 2, microseconds: -500_000), Interval(microseconds: -61_000_000),
            ] {
                let row = try #require(try await connection.query("SELECT \(interval)::interval::text").first)
                #expect(try row.decode(0, as: String.self) == interval.description)
            }
            #expect(Interval(.milliseconds(1500))?.duration == .milliseconds(1500))
        }
    }

    @Test("Texts, bytes, UUIDs, JSON and enums")
    func others() async throws {
        try await with { connection in
            try await check("text", [("größer 🌞", "größer 🌞"), ("", "")], on: connection)
            try await check("varchar", [("x", "x")], on: connection)
            let id = UUID()
            try await check("uuid", [(id.uuidString.lowercased(), id)], on: connection)
            try await check("bytea", [("\\x00ff07", Data([0, 255, 7])), ("\\x", Data())], on: connection)
            let row = try #require(
                try await connection.query("SELECT \([0, 255] as [UInt8]), \(7 as UInt8), '[1, 2]'::json").first)
            #expect(try row.decode(0, as: [UInt8].self) == [0, 255])
            #expect(try row.decode(0, as: Data.self) == Data([0, 255]))
            #expect(try row.decode(1, as: UInt8.self) == 7)
            #expect(try row.decode(2, as: JSON<[Int]>.self).value == [1, 2])
            try await check("jsonb", [(#"{"x": 1, "y": "ü"}"#, JSON(Point(x: 1, y: "ü")))], on: connection)
            let wrong = try #require(try await connection.query(#"SELECT '{"x": "one"}'::jsonb"#).first)
            let error = #expect(throws: PostgresError.self) { try wrong.decode(0, as: JSON<Point>.self) }
            #expect(error?.message.contains("Point") == true)
            try await connection.query("CREATE TYPE mood AS ENUM ('happy', 'sad', 'other')")
            try await check("mood", [("happy", Mood.happy), ("sad", .sad)], on: connection)
            let other = try #require(try await connection.query("SELECT 'other'::mood AS mood").first)
            let unknown = #expect(throws: PostgresError.self) { try other.decode("mood", as: Mood.self) }
            #expect(unknown?.message.contains("none of its cases") == true)
        }
    }

    @Test("Ranges: both kinds of ends, none, and nothing")
    func ranges() async throws {
        try await with { connection in
            try await check(
                "int4range",
                [
                    ("[1,10)", PostgresRange(Int32(1)..<10)), ("empty", .empty),
                    ("(,5)", PostgresRange(lower: .unbounded, upper: .exclusive(5))),
                    ("(,)", PostgresRange(lower: .unbounded, upper: .unbounded)),
                ], on: connection)
            try await check(
                "int8range", [("[-5,7)", PostgresRange(-5..<7)), ("[-5,7)", PostgresRange(Int(-5)..<7))], on: connection
            )
            let half = try #require(Decimal(string: "0.5"))
            try await check(
                "numrange", [("(0.5,2]", PostgresRange(lower: .exclusive(half), upper: .inclusive(2)))], on: connection)
            let day = try #require(LocalDate(year: 2026, month: 1, day: 2))
            let next = try #require(LocalDate(year: 2026, month: 1, day: 3))
            try await check("daterange", [("[2026-01-02,2026-01-03)", PostgresRange(day..<next))], on: connection)
            let noon = try #require(LocalTime(hour: 12, minute: 0))
            let stamp = try #require(LocalDateTime(day, noon))
            try await check(
                "tsrange", [(#"["2026-01-02 12:00:00",)"#, PostgresRange(lower: .inclusive(stamp), upper: .unbounded))],
                on: connection)
            let moment = Date(timeIntervalSince1970: 1_767_323_045)
            try await check(
                "tstzrange",
                [
                    (
                        #"["2026-01-02 03:04:05+00",infinity)"#,
                        PostgresRange(moment..<Date(timeIntervalSinceReferenceDate: .infinity))
                    )
                ], on: connection)
            let sent = try #require(try await connection.query("SELECT \(PostgresRange(Int64(1)...9))").first)
            let range = try sent.decode(0, as: PostgresRange<Int64>.self)
            #expect(range.range == 1..<10)
            #expect(range.contains(9) && !range.contains(10))
        }
    }

    @Test("A type that does not fit is an error that names column, PostgreSQL's type and Swift's, never a wrong value")
    func mismatches() async throws {
        try await with { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT 1::int8 AS n, 'x'::text AS t, now() AS m, '{1}'::int8[] AS a, '{{1},{2}}'::int4[] AS aa"
                ).first)
            func message<Value: PostgresDecodable>(_ column: String, _ type: Value.Type) -> String {
                #expect(throws: PostgresError.self) { try row.decode(column, as: type) }?.message ?? ""
            }
            #expect(message("n", String.self) == #"column "n" of type int8 cannot be read as String"#)
            #expect(message("n", LocalDate.self) == #"column "n" of type int8 cannot be read as LocalDate"#)
            #expect(message("n", Date.self) == #"column "n" of type int8 cannot be read as Date"#)
            #expect(message("n", [Int64].self) == #"column "n" of type int8 cannot be read as Array<Int64>"#)
            #expect(message("t", [UInt8].self) == #"column "t" of type text cannot be read as Array<UInt8>"#)
            #expect(
                message("m", LocalDateTime.self) == #"column "m" of type timestamptz cannot be read as LocalDateTime"#)
            #expect(message("a", [Int32].self) == #"column "a" of type int8[] cannot be read as Array<Int32>"#)
            #expect(message("a", PostgresRange<Int64>.self).contains("int8[]"))
            #expect(message("aa", [Int32].self).hasSuffix("it has 2 dimensions"))
        }
    }
}
