/// A PostgreSQL type by its object identifier; those of the built-in types are fixed for ever.
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The server infers the type from where the value stands.
    public static let unknown = Self(rawValue: 0)
    public static let bool = Self(rawValue: 16)
    public static let bytea = Self(rawValue: 17)
    public static let char = Self(rawValue: 18)
    public static let name = Self(rawValue: 19)
    public static let int8 = Self(rawValue: 20)
    public static let int2 = Self(rawValue: 21)
    public static let int4 = Self(rawValue: 23)
    public static let text = Self(rawValue: 25)
    public static let oid = Self(rawValue: 26)
    public static let json = Self(rawValue: 114)
    public static let xml = Self(rawValue: 142)
    public static let float4 = Self(rawValue: 700)
    public static let float8 = Self(rawValue: 701)
    /// An untyped literal in a result.
    public static let unknownLiteral = Self(rawValue: 705)
    public static let boolArray = Self(rawValue: 1000)
    public static let byteaArray = Self(rawValue: 1001)
    public static let int2Array = Self(rawValue: 1005)
    public static let int4Array = Self(rawValue: 1007)
    public static let textArray = Self(rawValue: 1009)
    public static let int8Array = Self(rawValue: 1016)
    public static let float4Array = Self(rawValue: 1021)
    public static let float8Array = Self(rawValue: 1022)
    public static let bpchar = Self(rawValue: 1042)
    public static let varchar = Self(rawValue: 1043)
    public static let timestamptz = Self(rawValue: 1184)
    public static let timestamptzArray = Self(rawValue: 1185)
    public static let numeric = Self(rawValue: 1700)
    public static let uuid = Self(rawValue: 2950)
    public static let uuidArray = Self(rawValue: 2951)
    public static let jsonb = Self(rawValue: 3802)
    public static let xid8 = Self(rawValue: 5069)

    public static let interval = Self(rawValue: 1186)
    public static let date = Self(rawValue: 1082)
    public static let time = Self(rawValue: 1083)
    public static let timestamp = Self(rawValue: 1114)
    public static let timetz = Self(rawValue: 1266)
    public static let int4range = Self(rawValue: 3904)
    public static let numrange = Self(rawValue: 3906)
    public static let tsrange = Self(rawValue: 3908)
    public static let tstzrange = Self(rawValue: 3910)
    public static let daterange = Self(rawValue: 3912)
    public static let int8range = Self(rawValue: 3926)
    public static let varcharArray = Self(rawValue: 1015)
    public static let bpcharArray = Self(rawValue: 1014)
    public static let nameArray = Self(rawValue: 1003)
    public static let charArray = Self(rawValue: 1002)
    public static let jsonArray = Self(rawValue: 199)
    public static let jsonbArray = Self(rawValue: 3807)
    public static let xmlArray = Self(rawValue: 143)
    public static let oidArray = Self(rawValue: 1028)
    public static let numericArray = Self(rawValue: 1231)
    public static let dateArray = Self(rawValue: 1182)
    public static let timeArray = Self(rawValue: 1183)
    public static let timestampArray = Self(rawValue: 1115)
    public static let intervalArray = Self(rawValue: 1187)
    public static let int4rangeArray = Self(rawValue: 3905)
    public static let numrangeArray = Self(rawValue: 3907)
    public static let tsrangeArray = Self(rawValue: 3909)
    public static let tstzrangeArray = Self(rawValue: 3911)
    public static let daterangeArray = Self(rawValue: 3913)
    public static let int8rangeArray = Self(rawValue: 3927)

    /// Types made by CREATE TYPE and extensions have identifiers from here on, different in each database.
    package var isUserDefined: Bool { rawValue >= 16_384 }

    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4",
        .text: "text", .oid: "oid", .json: "json", .xml: "xml", .float4: "float4", .float8: "float8",
        .unknownLiteral: "unknown", .boolArray: "bool[]", .byteaArray: "bytea[]", .int2Array: "int2[]",
        .int4Array: "int4[]", .textArray: "text[]", .int8Array: "int8[]", .float4Array: "float4[]",
        .float8Array: "float8[]", .bpchar: "bpchar", .varchar: "varchar", .timestamptz: "timestamptz",
        .timestamptzArray: "timestamptz[]", .numeric: "numeric", .uuid: "uuid", .uuidArray: "uuid[]", .jsonb: "jsonb",
        .xid8: "xid8", .interval: "interval", .date: "date", .time: "time", .timestamp: "timestamp", .timetz: "timetz",
        .int4range: "int4range", .numrange: "numrange", .tsrange: "tsrange", .tstzrange: "tstzrange",
        .daterange: "daterange", .int8range: "int8range", .varcharArray: "varchar[]", .bpcharArray: "bpchar[]",
        .nameArray: "name[]", .charArray: "char[]", .jsonArray: "json[]", .jsonbArray: "jsonb[]", .xmlArray: "xml[]",
        .oidArray: "oid[]", .numericArray: "numeric[]", .dateArray: "date[]", .timeArray: "time[]",
        .timestampArray: "timestamp[]", .intervalArray: "interval[]", .int4rangeArray: "int4range[]",
        .numrangeArray: "numrange[]", .tsrangeArray: "tsrange[]", .tstzrangeArray: "tstzrange[]",
        .daterangeArray: "daterange[]", .int8rangeArray: "int8range[]",
    ]

    /// The built-in types that have a name here, with those of arrays' elements.
    package static let builtIn: [(type: PostgresType, element: PostgresType?)] = names.map { type, name in
        (type, name.hasSuffix("[]") ? names.first { $0.value == name.dropLast(2) }?.key : nil)
    }.sorted { $0.type.rawValue < $1.type.rawValue }

    /// Whether it is built in and no array, so that its bytes are not to be taken for one.
    var isKnownScalar: Bool { Self.names[self].map { !$0.hasSuffix("[]") } ?? false }

    /// The name by which SQL and `format_type` know it; of a type of unknown name `text`, as which its values are sent.
    public var sqlName: String {
        switch self {
        case .unknown: "text"
        case .int2: "smallint"
        case .int4: "integer"
        case .int8: "bigint"
        case .float4: "real"
        case .float8: "double precision"
        case .bool: "boolean"
        case .bpchar: "character"
        case .varchar: "character varying"
        case .timestamptz: "timestamp with time zone"
        case .timestamp: "timestamp without time zone"
        case .time: "time without time zone"
        case .timetz: "time with time zone"
        default:
            if let name = Self.names[self], name.hasSuffix("[]") {
                (Self.names.first { $0.value == String(name.dropLast(2)) }?.key.sqlName ?? "text") + "[]"
            } else {
                Self.names[self] ?? "text"
            }
        }
    }

    public var description: String { Self.names[self] ?? "with OID \(rawValue)" }
}
