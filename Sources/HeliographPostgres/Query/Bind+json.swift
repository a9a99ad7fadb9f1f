import Foundation

extension Bind {
    /// The value in words, for types that need no server for it: as PostgreSQL's `to_json`, but of a time always six digits of a second.
    /// - Throws: ``PostgresError`` with `invalidValue` for others.
    package var json: JSONValue {
        get throws(PostgresError) {
            switch content {
            case .null: return .null
            case .invalid(let reason): throw PostgresError(.invalidValue, reason)
            case .text(let text): return try json(of: text)
            case .binary(let bytes): return try json(of: bytes)
            case .word(let word):
                return try json(of: word.withBytes { Array($0) })
            }
        }
    }

    private func json(of text: String) throws(PostgresError) -> JSONValue {
        switch type {
        case .json, .jsonb:
            do { return try JSONValue(parsing: text) } catch { throw unsupported }
        case .numeric, .int2, .int4, .int8, .float4, .float8: return .number(text)
        default: return .string(text)
        }
    }

    private func json(of bytes: [UInt8]) throws(PostgresError) -> JSONValue {
        func integer<I: FixedWidthInteger>(_ type: I.Type) -> I {
            I(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: I.self) })
        }
        switch (type, bytes.count) {
        case (.bool, 1): return .bool(bytes[0] != 0)
        case (.int2, 2): return .number("\(integer(Int16.self))")
        case (.int4, 4): return .number("\(integer(Int32.self))")
        case (.int8, 8): return .number("\(integer(Int64.self))")
        case (.float4, 4):
            return Self.json(
                of: Double(Float(bitPattern: integer(UInt32.self))), "\(Float(bitPattern: integer(UInt32.self)))")
        case (.float8, 8):
            return Self.json(
                of: Double(bitPattern: integer(UInt64.self)), "\(Double(bitPattern: integer(UInt64.self)))")
        case (.uuid, 16):
            return .string(
                UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) }).uuidString.lowercased())
        case (.text, _), (.varchar, _), (.bpchar, _), (.name, _): return .string(String(decoding: bytes, as: UTF8.self))
        case (.numeric, _):
            guard let numeric = bytes.withUnsafeBytes({ NumericDigits($0) }) else { throw unsupported }
            return numeric.special == nil ? .number(numeric.text) : .string(numeric.text)
        case (.jsonb, 2...):
            // One byte of format version stands before the text.
            return try json(of: String(decoding: bytes.dropFirst(), as: UTF8.self))
        case (.bytea, _):
            return .string("\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        case (.timestamptz, 8):
            // Microseconds since 2000-01-01 00:00 UTC.
            let (seconds, rest) = integer(Int64.self).quotientAndRemainder(dividingBy: 1_000_000)
            let whole = rest < 0 ? (seconds - 1, rest + 1_000_000) : (seconds, rest)
            let date = Date(timeIntervalSinceReferenceDate: TimeInterval(whole.0 - 31_622_400))
            let fraction = String(whole.1 + 1_000_000).dropFirst()
            return .string(date.formatted(.iso8601).dropLast() + ".\(fraction)+00:00")
        default: return try array(of: bytes)
        }
    }

    /// JSON has no number for what is none, or has no end.
    private static func json(of number: Double, _ digits: String) -> JSONValue {
        if number.isNaN { return .string("NaN") }
        return number.isFinite ? .number(digits) : .string(number > 0 ? "Infinity" : "-Infinity")
    }

    /// Of an array with one dimension: flags, the elements' type, their count, and each with its length before it.
    private func array(of bytes: [UInt8]) throws(PostgresError) -> JSONValue {
        func word(at place: Int) -> Int? {
            guard place + 4 <= bytes.count else { return nil }
            return Int(
                Int32(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Int32.self) }))
        }
        guard Self.arrays.contains(type), let dimensions = word(at: 0), let element = word(at: 8) else {
            throw unsupported
        }
        guard dimensions > 0 else { return .array([]) }
        guard dimensions == 1, let count = word(at: 12) else { throw unsupported }
        var values: [JSONValue] = []
        var place = 20
        for _ in 0..<count {
            guard let length = word(at: place) else { throw unsupported }
            place += 4
            guard length >= 0 else {
                values.append(.null)
                continue
            }
            guard place + length <= bytes.count else { throw unsupported }
            values.append(
                try Bind.binary(
                    Array(bytes[place..<place + length]),
                    as: PostgresType(rawValue: UInt32(truncatingIfNeeded: element))
                ).json)
            place += length
        }
        return .array(values)
    }

    private static let arrays: [PostgresType] = [
        .boolArray, .int2Array, .int4Array, .int8Array, .float4Array, .float8Array, .textArray, .varcharArray,
        .uuidArray,
        .timestamptzArray, .byteaArray,
    ]

    private var unsupported: PostgresError {
        PostgresError(.invalidValue, "a value of the type \(type) cannot be put into words without a server")
    }
}

extension SQL {
    /// Its values, in order, as JSON; of a type that only a server can put into words, `null`.
    /// - Throws: ``PostgresError`` with `invalidValue` for what no server would be sent.
    package var values: [JSONValue] {
        get throws(PostgresError) {
            try validate()
            var values: [JSONValue] = []
            forEachValue { _, bind in values.append((try? bind.json) ?? .null) }
            return values
        }
    }
}
