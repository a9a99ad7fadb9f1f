/// A `numeric` with all its digits, as PostgreSQL sends it: groups of four decimal digits.
///
/// The format is that of `numeric_send` in PostgreSQL's `numeric.c`.
struct NumericDigits: Equatable {
    private static let positive: UInt16 = 0x0000
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000
    private static let infinity: UInt16 = 0xD000
    private static let minusInfinity: UInt16 = 0xF000

    /// `NaN`, `Infinity` or `-Infinity`.
    let special: String?
    let isNegative: Bool
    /// The groups, the first one 10,000 to the power of `weight`.
    let groups: [Int16]
    let weight: Int
    /// Digits behind the point.
    let scale: Int

    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let count = reader.int16(), count >= 0, let weight = reader.int16(),
            let sign = reader.int16().map({ UInt16(bitPattern: $0) }), let scale = reader.int16(), scale >= 0,
            reader.count == Int(count) * 2
        else { return nil }
        var groups: [Int16] = []
        groups.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let group = reader.int16(), (0...9_999).contains(group) else { return nil }
            groups.append(group)
        }
        switch sign {
        case Self.positive, Self.negative: special = nil
        case Self.notANumber: special = "NaN"
        case Self.infinity: special = "Infinity"
        case Self.minusInfinity: special = "-Infinity"
        default: return nil
        }
        isNegative = sign == Self.negative
        self.groups = groups
        self.weight = Int(weight)
        self.scale = Int(scale)
    }

    /// Reads `-123.4500`; `nil` for anything else.
    init?(_ text: String) {
        var digits = Substring(text).utf8
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2 else { return nil }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        let zero = UInt8(ascii: "0")
        guard !whole.isEmpty || !fraction.isEmpty, (whole + fraction).allSatisfy({ (zero...zero + 9).contains($0) })
        else {
            return nil
        }
        // Groups are counted from the point in both directions.
        let padding = (4 - whole.count % 4) % 4
        let trailing = (4 - fraction.count % 4) % 4
        let padded =
            [UInt8](repeating: zero, count: padding) + whole + fraction + [UInt8](repeating: zero, count: trailing)
        var groups: [Int16] = []
        for start in stride(from: 0, to: padded.count, by: 4) {
            groups.append(padded[start..<start + 4].reduce(0) { $0 * 10 + Int16($1 - zero) })
        }
        var weight = (whole.count + padding) / 4 - 1
        while groups.first == 0 {
            groups.removeFirst()
            weight -= 1
        }
        while groups.last == 0 { groups.removeLast() }
        guard weight >= Int(Int16.min), weight <= Int(Int16.max), fraction.count <= 16_383 else { return nil }
        special = nil
        self.isNegative = isNegative && !groups.isEmpty
        self.groups = groups
        self.weight = groups.isEmpty ? 0 : weight
        scale = fraction.count
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: Int16) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
        append(Int16(clamping: groups.count))
        append(Int16(clamping: weight))
        append(Int16(bitPattern: isNegative ? Self.negative : Self.positive))
        append(Int16(clamping: scale))
        for group in groups { append(group) }
        return bytes
    }

    /// Digits from the first that is not 0 to the last that is not 0.
    var significantDigits: Int {
        guard let first = groups.first, let last = groups.last else { return 0 }
        var trailingZeros = 0
        var rest = last
        while rest != 0, rest % 10 == 0 {
            trailingZeros += 1
            rest /= 10
        }
        return groups.count * 4 - (4 - String(first).count) - trailingZeros
    }

    /// As PostgreSQL writes it.
    var text: String {
        if let special { return special }
        var digits = isNegative ? "-" : ""
        if weight < 0 { digits += "0" }
        for place in 0..<max(0, weight + 1) {
            let group = place < groups.count ? groups[place] : 0
            digits += place == 0 ? String(group) : CivilTime.padded(Int64(group), 4)
        }
        guard scale > 0 else { return digits }
        var fraction = ""
        var place = weight + 1
        if place < 0 { fraction = String(repeating: "0", count: -place * 4) }
        place = max(0, place)
        while fraction.count < scale {
            fraction += place < groups.count ? CivilTime.padded(Int64(groups[place]), 4) : "0000"
            place += 1
        }
        return digits + "." + fraction.prefix(scale)
    }
}
