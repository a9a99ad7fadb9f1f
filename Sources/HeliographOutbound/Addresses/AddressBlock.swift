/// A block of IP addresses, such as 10.0.0.0/8, and what it is set apart for.
struct AddressBlock: Sendable {
    /// What an address of it is, with its article.
    let kind: String
    private let prefix: [UInt8]
    private let length: Int

    /// - Parameters:
    ///   - prefix: The bytes that addresses of it begin with; zeros at the end may be left out.
    ///   - length: How many bits of them count.
    ///   - kind: What an address of it is, with its article.
    init(_ prefix: [UInt8], _ length: Int, _ kind: String) {
        self.prefix = prefix
        self.length = length
        self.kind = kind
    }

    /// - Parameter address: 4 or 16 bytes, the most significant first.
    func contains(_ address: some Collection<UInt8>) -> Bool {
        var bits = length
        var expected = prefix.makeIterator()
        for byte in address {
            guard bits > 0 else { return true }
            let mask: UInt8 = bits >= 8 ? 0xFF : ~(0xFF >> UInt8(bits))
            guard byte & mask == (expected.next() ?? 0) & mask else { return false }
            bits -= 8
        }
        return bits <= 0
    }
}
