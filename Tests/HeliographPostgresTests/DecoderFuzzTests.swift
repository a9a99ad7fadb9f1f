import CLibPQ
import Foundation
import HeliographTesting
import Testing

@testable import HeliographPostgres

/// Truncated, changed and random bytes in every column type, read as every Swift type: a value or a clear error, never a crash.
///
/// Short in `make test`; `make fuzz` gives it as many seconds as are wanted, with new seeds.
@Suite("Decoders against bytes that no server sends")
struct DecoderFuzzTests {
    private static let decoders: [@Sendable (Cell) throws -> Void] = {
        func all<Value: PostgresArrayElement>(_ type: Value.Type) -> [@Sendable (Cell) throws -> Void] {
            [
                { _ = try Value(postgres: $0) }, { _ = try Value?(postgres: $0) }, { _ = try [Value](postgres: $0) },
                { _ = try [Value?](postgres: $0) },
            ]
        }
        func range<Value: PostgresRangeBound>(_ type: Value.Type) -> [@Sendable (Cell) throws -> Void] {
            all(type) + all(PostgresRange<Value>.self)
        }
        let plain = all(Bool.self) + all(Int16.self) + all(UInt8.self) + all(Float.self) + all(Double.self)
        let texts = all(String.self) + all(Data.self) + all(UUID.self) + all(JSON<[String: Int]>.self)
        let times =
            all(LocalTime.self) + all(Interval.self) + range(Date.self) + range(LocalDate.self)
            + range(LocalDateTime.self)
        return plain + texts + times + range(Int32.self) + range(Int64.self) + range(Int.self) + range(Decimal.self)
    }()

    /// Bytes that a server might send, to be changed.
    private static let seeds: [[UInt8]] =
        [
            true.elementBytes, Int16.min.elementBytes, Int32.max.elementBytes, Int64.min.elementBytes, 1.5.elementBytes,
            "größer".elementBytes, UUID().elementBytes, Date().elementBytes, Decimal(-12.5).elementBytes,
            Interval(months: 1, days: 2, microseconds: 3).elementBytes, PostgresRange(Int32(1)..<5).elementBytes,
            PostgresRange(Decimal(1)..<5).elementBytes, JSON(["a": 1]).elementBytes,
        ]
        + [
            [Int64(1), 2].bind, [Int32?(1), nil].bind, ["a", "b"].bind, [Decimal(7)].bind,
            [PostgresRange(Int32(1)..<5)].bind,
        ].compactMap {
            if case .binary(let bytes) = $0.content { bytes } else { nil }
        }

    private static let types: [UInt32] = [
        0, 16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142, 199, 700, 701, 705, 1000, 1001, 1005, 1007, 1009, 1015, 1016,
        1021, 1022,
        1042, 1043, 1082, 1083, 1114, 1182, 1184, 1185, 1186, 1231, 1700, 2950, 3802, 3807, 3904, 3906, 3908, 3910,
        3912, 3926,
        3927, 20_000,
    ]

    private func bytes(_ generator: inout SeededGenerator) -> [UInt8] {
        if Bool.random(using: &generator) {
            return (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
        }
        var bytes = Self.seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            bytes[place] = Bool.random(using: &generator) ? UInt8.random(in: .min ... .max, using: &generator) : 0xFF
        }
        if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
        return bytes
    }

    /// A result with one value, made by libpq itself.
    private func cell(_ bytes: [UInt8], type: UInt32, format: Int32) throws -> Cell {
        let result = try #require(PQmakeEmptyPGresult(nil, PGRES_TUPLES_OK))
        let storage = ResultStorage.self
        let made = "column".withCString { name -> Bool in
            var attribute = PGresAttDesc(
                name: UnsafeMutablePointer(mutating: name), tableid: 0, columnid: 0, format: format, typid: type,
                typlen: -1, atttypmod: -1)
            return PQsetResultAttrs(result, 1, &attribute) == 1
        }
        try #require(made)
        var content = bytes.map { CChar(bitPattern: $0) } + [0]
        try #require(PQsetvalue(result, 0, 0, &content, Int32(bytes.count)) == 1)
        return Cell(storage: storage.init(taking: result), row: 0, column: 0)
    }

    private func run(seed: UInt64, rounds: Int) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<rounds {
            let bytes = bytes(&generator)
            let type = Self.types.randomElement(using: &generator) ?? 0
            let cell = try cell(bytes, type: type, format: Int.random(in: 0..<20, using: &generator) == 0 ? 0 : 1)
            for decode in Self.decoders {
                do {
                    try decode(cell)
                } catch {
                    let error = error as? PostgresError
                    if error?.code != .decoding || error?.message.contains(#"column "column""#) != true {
                        Issue.record("seed \(seed), type \(type), bytes \(bytes): \(error?.message ?? "another error")")
                    }
                }
            }
        }
    }

    @Test("Short, from fixed seeds", arguments: 1...8 as ClosedRange<UInt64>)
    func short(seed: UInt64) throws { try run(seed: seed, rounds: 500) }

    @Test("As long as HELIOGRAPH_FUZZ_SECONDS says, from new seeds")
    func long() throws {
        guard let seconds = ProcessInfo.processInfo.environment["HELIOGRAPH_FUZZ_SECONDS"].flatMap(Double.init) else {
            return
        }
        let end = Date(timeIntervalSinceNow: seconds)
        while Date() < end {
            let seed = UInt64.random(in: .min ... .max)
            print("seed \(seed)")
            try run(seed: seed, rounds: 1_000)
        }
    }
}
