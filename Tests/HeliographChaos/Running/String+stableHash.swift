extension String {
    /// The same in each process (FNV-1a).
    var stableHash: UInt64 { utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }

    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
