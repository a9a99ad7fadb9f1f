import Foundation
import Heliograph

struct IntegerKeyModel: ParityModel {
    var id: Int32
    var v: String?

    static let mapping = Mapping("t", IntegerKeyModel.init) {
        Key("id", \.id)
        Column("v", \.v)
    }

    static func made(_ row: Int) -> Self { Self(id: Int32(row), v: "v\(row)") }
    mutating func change(_ row: Int) { v = row == 2 ? nil : "w\(row)" }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}

struct TextKeyModel: ParityModel {
    var id: String
    var v: Int32

    static let mapping = Mapping("t", TextKeyModel.init) {
        Key("id", \.id)
        Column("v", \.v)
    }

    private static let keys = [
        "", "it's \"quoted\", \\ with a slash", "größe\n\tКлюч 😀 \u{1}", String(repeating: "long ", count: 200),
    ]

    static func made(_ row: Int) -> Self { Self(id: keys[row - 1], v: Int32(row)) }
    mutating func change(_ row: Int) { v = Int32(row + 1) }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}

struct UUIDKeyModel: ParityModel {
    var id: UUID
    var v: Bool

    static let mapping = Mapping("t", UUIDKeyModel.init) {
        Key("id", \.id)
        Column("v", \.v)
    }

    static func made(_ row: Int) -> Self {
        Self(id: UUID(uuidString: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A1\(row)") ?? UUID(), v: true)
    }
    mutating func change(_ row: Int) { v = false }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}

struct CompositeKeyModel: ParityModel {
    var a: String
    var b: Int32
    var v: String

    static let mapping = Mapping("t", CompositeKeyModel.init) {
        Key("a", \.a)
        Key("b", \.b)
        Column("v", \.v)
    }

    static func made(_ row: Int) -> Self { Self(a: "k", b: Int32(row), v: "v") }
    mutating func change(_ row: Int) { v = "w\(row)" }
    func isSameRow(as other: Self) -> Bool { a == other.a && b == other.b }
}

struct IdentityModel: ParityModel {
    var id: Int64?
    var v: String

    static let mapping = Mapping("t", IdentityModel.init) {
        Key("id", \.id)
        Column("v", \.v)
    }

    static func made(_ row: Int) -> Self { Self(id: nil, v: "v\(row)") }
    mutating func change(_ row: Int) { v = "w\(row)" }
    func isSameRow(as other: Self) -> Bool { v == other.v }
}

struct OtherSchemaModel: ParityModel {
    var id: Int32
    var v: String

    static let mapping = Mapping("orders", schema: "shop", OtherSchemaModel.init) {
        Key("id", \.id)
        Column("v", \.v)
    }

    static func made(_ row: Int) -> Self { Self(id: Int32(row), v: "v\(row)") }
    mutating func change(_ row: Int) { v = "w\(row)" }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}

struct QuotedNamesModel: ParityModel {
    var id: Int32
    var a: String
    var select = "s"
    var x = "b"
    var its: Int32? = 1
    var dollar: Int32 = 2
    var percent: Int32 = 3
    var smile: Int32 = 4
    var m = "m"
    var long: Int32 = 5

    static let mapping = Mapping("größe ' $capture$ %s", schema: "My \"Shop\"", QuotedNamesModel.init) {
        Key("Ключ", \.id)
        Column("a\"b", \.a)
        Column("select", \.select)
        Column("x y\\z", \.x)
        Column("it's", \.its)
        Column("$1", \.dollar)
        Column("%I", \.percent)
        Column("😀", \.smile)
        Column("a:b,c{d}", \.m)
        Column(String(repeating: "n", count: 63), \.long)
    }

    static func made(_ row: Int) -> Self { Self(id: Int32(row), a: "q") }
    mutating func change(_ row: Int) {
        a = "z\(row)"
        its = nil
        m = "{\"a\":1}"
        long = 6
    }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}

struct ExcludedColumnsModel: ParityModel {
    var id: Int32
    var secret: String?
    var hidden: [UInt8]?
    var v: String
    var w: Date

    static let mapping = Mapping("t", ExcludedColumnsModel.init) {
        Key("id", \.id)
        Column("secret", \.secret)
        Column("hidden", \.hidden)
        Column("v", \.v)
        Column("w", \.w)
    }

    static func made(_ row: Int) -> Self {
        Self(id: Int32(row), secret: "hush", hidden: [1], v: "v", w: Date(timeIntervalSince1970: 1_767_323_045.678901))
    }
    mutating func change(_ row: Int) {
        secret = "more"
        v = row % 2 == 0 ? "v" : "w"
        hidden = nil
    }
    func isSameRow(as other: Self) -> Bool { id == other.id }
}
