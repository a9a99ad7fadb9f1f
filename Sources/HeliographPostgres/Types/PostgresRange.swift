/// A range of PostgreSQL: `int4range`, `int8range`, `numrange`, `tstzrange`, `tsrange`, `daterange`.
///
/// Unlike Swift's ranges it may be empty, have no end, or leave either end out.
public struct PostgresRange<Bound: PostgresRangeBound>: Sendable {
    public enum End: Sendable {
        case inclusive(Bound)
        case exclusive(Bound)
        case unbounded
    }

    /// Both ends; `nil` for the empty range.
    public let ends: (lower: End, upper: End)?

    public init(lower: End, upper: End) { ends = (lower, upper) }

    private init(ends: (lower: End, upper: End)?) { self.ends = ends }

    /// The range that holds nothing.
    public static var empty: Self { Self(ends: nil) }
    public var isEmpty: Bool { ends == nil }
}

extension PostgresRange where Bound: Comparable {
    /// From the lower bound up to but not with the upper one, as PostgreSQL keeps ranges of integers and dates.
    public init(_ range: Range<Bound>) {
        self = range.isEmpty ? .empty : Self(lower: .inclusive(range.lowerBound), upper: .exclusive(range.upperBound))
    }

    public init(_ range: ClosedRange<Bound>) {
        self.init(lower: .inclusive(range.lowerBound), upper: .inclusive(range.upperBound))
    }

    /// The same as one of Swift's; `nil` if it is empty, has no end, or leaves out the lower or contains the upper one.
    public var range: Range<Bound>? {
        guard case (.inclusive(let lower), .exclusive(let upper))? = ends, lower <= upper else { return nil }
        return lower..<upper
    }

    /// Whether a value lies in it.
    public func contains(_ value: Bound) -> Bool {
        guard let ends else { return false }
        switch ends.lower {
        case .inclusive(let bound) where value < bound: return false
        case .exclusive(let bound) where value <= bound: return false
        default: break
        }
        switch ends.upper {
        case .inclusive(let bound) where value > bound: return false
        case .exclusive(let bound) where value >= bound: return false
        default: return true
        }
    }
}

extension PostgresRange.End: Equatable where Bound: Equatable {}

extension PostgresRange: Equatable where Bound: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left.ends, right.ends) {
        case (nil, nil): true
        case (let left?, let right?): left == right
        default: false
        }
    }
}

extension PostgresRange: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { Bound.postgresRangeType }
    public static var postgresElementType: PostgresType { Bound.postgresRangeType }
    public static var postgresArrayType: PostgresType { Bound.postgresRangeArrayType }

    public var elementBytes: [UInt8] {
        guard let ends else { return [RangeFlags.empty] }
        var flags: UInt8 = 0
        var bytes: [UInt8] = []
        func append(_ end: End, inclusive: UInt8, infinite: UInt8) {
            switch end {
            case .inclusive(let bound), .exclusive(let bound):
                if case .inclusive = end { flags |= inclusive }
                let value = bound.elementBytes
                bytes += Int32(clamping: value.count).elementBytes + value
            case .unbounded: flags |= infinite
            }
        }
        append(ends.lower, inclusive: RangeFlags.lowerInclusive, infinite: RangeFlags.lowerInfinite)
        append(ends.upper, inclusive: RangeFlags.upperInclusive, infinite: RangeFlags.upperInfinite)
        return [flags] + bytes
    }

    public var invalidReason: String? {
        guard let ends else { return nil }
        for end in [ends.lower, ends.upper] {
            switch end {
            case .inclusive(let bound), .exclusive(let bound):
                if let reason = bound.invalidReason { return reason }
            case .unbounded: continue
            }
        }
        return nil
    }

    public var bind: Bind {
        invalidReason.map { .invalid($0, as: Self.postgresType) } ?? .binary(elementBytes, as: Self.postgresType)
    }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(elementBytes)
        guard let flags = reader.uint8() else { return nil }
        if flags & RangeFlags.empty != 0 {
            guard reader.count == 0 else { return nil }
            self = .empty
            return
        }
        func next(inclusive: UInt8, infinite: UInt8) -> End? {
            if flags & infinite != 0 { return .unbounded }
            guard let length = reader.int32(), let bytes = reader.bytes(Int(length)),
                let bound = Bound(elementBytes: bytes)
            else { return nil }
            return flags & inclusive != 0 ? .inclusive(bound) : .exclusive(bound)
        }
        guard let lower = next(inclusive: RangeFlags.lowerInclusive, infinite: RangeFlags.lowerInfinite),
            let upper = next(inclusive: RangeFlags.upperInclusive, infinite: RangeFlags.upperInfinite),
            reader.count == 0
        else { return nil }
        self.init(lower: lower, upper: upper)
    }

    public init(postgres cell: Cell) throws { self = try Self.element(of: cell) }

    /// `[1,10)`, `(,"2026-01-02 03:04:05+00"]` or `empty`, as PostgreSQL writes it.
    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let range = Self(postgresText: text) else {
            throw JSONMismatch(Self.self)
        }
        self = range
    }

    private init?(postgresText text: String) {
        if text == "empty" {
            self = .empty
            return
        }
        let form = #/(?<open>[\[(])(?<lower>"[^"]*"|[^",]*),(?<upper>"[^"]*"|[^",]*)(?<close>[\])])/#
        guard let match = text.wholeMatch(of: form) else { return nil }
        func end(_ text: Substring, isInclusive: Bool) -> End? {
            if text.isEmpty { return .unbounded }
            let plain = String(text.hasPrefix("\"") ? text.dropFirst().dropLast() : text)
            guard let bound = Bound(rangeText: plain) else { return nil }
            return isInclusive ? .inclusive(bound) : .exclusive(bound)
        }
        guard let lower = end(match.lower, isInclusive: match.open == "["),
            let upper = end(match.upper, isInclusive: match.close == "]")
        else { return nil }
        self.init(lower: lower, upper: upper)
    }
}

/// The first byte of a range, from PostgreSQL's `rangetypes.h`.
private enum RangeFlags {
    static let empty: UInt8 = 0x01
    static let lowerInclusive: UInt8 = 0x02
    static let upperInclusive: UInt8 = 0x04
    static let lowerInfinite: UInt8 = 0x08
    static let upperInfinite: UInt8 = 0x10
}
