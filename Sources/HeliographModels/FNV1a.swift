/// A hash that is the same in each process and version, for names that are put together of others: FNV-1a of 64 bits
/// (Fowler, Noll, Vo; draft-eastlake-fnv).
enum FNV1a {
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
