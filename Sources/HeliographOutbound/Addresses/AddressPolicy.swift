import NIOCore

/// To which addresses a webhook may connect.
struct AddressPolicy: Sendable {
    /// What kind of address it is, with its article, if it is refused; `nil` if it may be connected to.
    let refusal: @Sendable (SocketAddress) -> String?

    /// Every address.
    static let any = AddressPolicy { _ in nil }

    /// What is on the public internet, and nothing that only this machine or its network can reach, in no disguise.
    static let publicOnly = AddressPolicy { address in
        // Where the system's structures keep the address, on all of them.
        switch address {
        case .v4: refusal(ofIPv4: bytes(of: address).dropFirst(4).prefix(4))
        case .v6: refusal(ofIPv6: Array(bytes(of: address).dropFirst(8).prefix(16)))
        case .unixDomainSocket: "no address of the internet"
        }
    }

    private static func bytes(of address: SocketAddress) -> [UInt8] {
        address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) }
    }

    private static func refusal(ofIPv4 bytes: some Collection<UInt8>) -> String? {
        ipv4Blocks.first { $0.contains(bytes) }?.kind
    }

    private static func refusal(ofIPv6 bytes: [UInt8]) -> String? {
        for (block, start) in embeddings where block.contains(bytes) {
            return refusal(ofIPv4: bytes.dropFirst(start).prefix(4)).map { "\($0) in the form of \(block.kind)" }
        }
        if let block = ipv6Blocks.first(where: { $0.contains(bytes) }) { return block.kind }
        // IPv6 says what is public instead of what is not.
        return publicIPv6.contains(bytes) ? nil : "a reserved address"
    }

    private static let ipv4Blocks = [
        AddressBlock([0], 8, "an unspecified address"),
        AddressBlock([10], 8, "a private address"),
        AddressBlock([100, 64], 10, "a shared address of a carrier"),
        AddressBlock([127], 8, "a loopback address"),
        AddressBlock([169, 254], 16, "a link-local address"),
        AddressBlock([172, 16], 12, "a private address"),
        AddressBlock([192, 0, 0], 24, "a reserved address"),
        AddressBlock([192, 0, 2], 24, "an address for documentation"),
        AddressBlock([192, 168], 16, "a private address"),
        AddressBlock([198, 18], 15, "an address for benchmarks"),
        AddressBlock([198, 51, 100], 24, "an address for documentation"),
        AddressBlock([203, 0, 113], 24, "an address for documentation"),
        AddressBlock([224], 4, "a multicast address"),
        AddressBlock([240], 4, "a reserved address"),
    ]

    /// IPv6 addresses that lead to an IPv4 address, and where in them that starts.
    private static let embeddings = [
        (AddressBlock([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96, "a mapped IPv6 address"), 12),
        (AddressBlock([0x00, 0x64, 0xFF, 0x9B], 96, "a NAT64 address"), 12),
        (AddressBlock([0x20, 0x02], 16, "a 6to4 address"), 2),
    ]

    private static let ipv6Blocks = [
        AddressBlock([], 128, "an unspecified address"),
        AddressBlock([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, "a loopback address"),
        AddressBlock([0xFC], 7, "a private address"),
        AddressBlock([0xFE, 0x80], 10, "a link-local address"),
        AddressBlock([0xFF], 8, "a multicast address"),
        // Among them Teredo, which hides an IPv4 address too.
        AddressBlock([0x20, 0x01], 23, "a reserved address"),
        AddressBlock([0x20, 0x01, 0x0D, 0xB8], 32, "an address for documentation"),
        AddressBlock([0x3F, 0xFF], 20, "an address for documentation"),
    ]

    private static let publicIPv6 = AddressBlock([0x20], 3, "a public address")
}
