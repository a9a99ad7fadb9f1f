import Foundation
import Testing

@testable import HeliographPostgres

@Suite("Values and their binary form")
struct ValueFormTests {
    private func returned<Value: PostgresArrayElement>(_ value: Value) -> Value? {
        value.elementBytes.withUnsafeBytes { Value(elementBytes: $0) }
    }

    @Test("Integers, at both ends", arguments: [Int64.min, -1, 0, 1, Int64.max])
    func integers(value: Int64) {
        #expect(returned(value) == value)
        #expect(returned(Int(value)) == Int(value))
        #expect(returned(Int32(truncatingIfNeeded: value)) == Int32(truncatingIfNeeded: value))
        #expect(returned(Int16(truncatingIfNeeded: value)) == Int16(truncatingIfNeeded: value))
    }

    @Test(
        "Doubles, with NaN and infinities", arguments: [0.0, -0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude])
    func doubles(value: Double) {
        #expect(returned(value)?.bitPattern == value.bitPattern)
        #expect(returned(Double.nan)?.isNaN == true)
        #expect(returned(Float(value))?.bitPattern == Float(value).bitPattern)
    }

    @Test("Moments keep their microseconds")
    func dates() {
        for microseconds in [-1, 0, 1, 1_767_323_045_678_901, -2_208_988_800_000_001] as [Int64] {
            let date = Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
            let same = returned(date)
            #expect(abs((same?.timeIntervalSince1970 ?? 0) - date.timeIntervalSince1970) < 0.000_000_6)
        }
        // 2000-01-01, PostgreSQL's zero.
        #expect(Date(timeIntervalSince1970: 946_684_800).elementBytes == [UInt8](repeating: 0, count: 8))
    }

    @Test("Infinite moments stay infinite; one beyond timestamptz is not sent")
    func infinity() {
        for interval in [Double.infinity, -.infinity] {
            let date = Date(timeIntervalSinceReferenceDate: interval)
            #expect(returned(date) == date)
            #expect(date.invalidReason == nil)
            #expect(date.postgresText == (interval > 0 ? "infinity" : "-infinity"))
        }
        #expect(
            Int64.max.elementBytes.withUnsafeBytes { Date(elementBytes: $0) }?.timeIntervalSinceReferenceDate
                == .infinity)
        if case .invalid = Date.distantFuture.addingTimeInterval(1e15).bind.content {
        } else {
            Issue.record("a date beyond timestamptz was sent")
        }
    }

    @Test("Bytes, truth values, UUIDs and texts")
    func others() {
        let id = UUID()
        #expect(returned(id) == id)
        #expect(returned(true) == true)
        #expect(returned(false) == false)
        #expect(returned(Data([0, 255, 7])) == Data([0, 255, 7]))
        #expect(returned("größer 🌞") == "größer 🌞")
        #expect([0xC3 as UInt8].withUnsafeBytes { String(elementBytes: $0) } == nil)
    }

    @Test("Values that are too short or too long are no values")
    func lengths() {
        for length in [0, 1, 3, 5, 7, 9] {
            let bytes = [UInt8](repeating: 1, count: length)
            bytes.withUnsafeBytes { bytes in
                #expect(Int64(elementBytes: bytes) == nil)
                #expect(Int32(elementBytes: bytes) == nil)
                #expect(Double(elementBytes: bytes) == nil)
                #expect(Date(elementBytes: bytes) == nil)
                #expect(UUID(elementBytes: bytes) == nil)
                #expect(length == 1 || Bool(elementBytes: bytes) == nil)
            }
        }
    }

    @Test("Values of records: what PostgreSQL's to_json writes")
    func json() throws {
        #expect(try Int64(json: .number("9007199254740993")) == 9_007_199_254_740_993)
        #expect(throws: JSONMismatch.self) { try Int64(json: .number("1.5")) }
        #expect(throws: JSONMismatch.self) { try Int16(json: .number("40000")) }
        #expect(try Double(json: .string("NaN")).isNaN)
        #expect(try Data(json: .string("\\x00ff")) == Data([0, 255]))
        #expect(throws: JSONMismatch.self) { try Data(json: .string("\\x0g")) }
        #expect(try [Int64](json: .array([.number("1"), .number("2")])) == [1, 2])
        #expect(try Int64?(json: .null) == nil)
        #expect(throws: JSONMismatch.self) { try String(json: .null) }
    }
}
