/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A number from 0 up to, and without, a bound; 0 where the bound leaves nothing.
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(truncatingIfNeeded: next() >> 1) % bound : 0 }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// A hash that spreads neighbours.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
