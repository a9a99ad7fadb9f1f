/// Up to eight bytes that need no memory of their own.
struct WordBytes: Sendable, Hashable {
    /// The bytes, first to last as they lie in memory.
    private let word: UInt64
    let count: Int

    /// An integer's bytes in network order; `nil` if it has more than eight.
    init?(_ value: some FixedWidthInteger) {
        let size = value.bitWidth / 8
        guard size <= 8 else { return nil }
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { target in
            withUnsafeBytes(of: value.bigEndian) {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<size]))
            }
        }
        self.word = word
        count = size
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: word) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
