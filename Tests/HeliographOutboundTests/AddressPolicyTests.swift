import NIOCore
import Testing

@testable import HeliographOutbound

@Suite("Which addresses a webhook may lead to")
struct AddressPolicyTests {
    private func kind(_ address: String) throws -> String? {
        AddressPolicy.publicOnly.refusal(try SocketAddress(ipAddress: address, port: 443))
    }

    @Test(
        "Refused, whatever form it is in",
        arguments: [
            ("127.0.0.1", "loopback"), ("127.255.255.254", "loopback"), ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"), ("10.0.0.1", "private"), ("10.255.255.255", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"), ("192.168.0.1", "private"), ("169.254.169.254", "link-local"),
            ("100.64.0.1", "carrier"), ("100.127.255.255", "carrier"), ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
            ("192.0.0.192", "reserved"), ("192.0.2.1", "documentation"), ("198.18.0.1", "benchmarks"),
            ("198.19.255.255", "benchmarks"), ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"),
            ("::1", "loopback"), ("::", "unspecified"), ("fe80::1", "link-local"), ("febf::1", "link-local"),
            ("fc00::1", "private"), ("fdff::1", "private"), ("ff02::1", "multicast"), ("fec0::1", "reserved"),
            ("::127.0.0.1", "reserved"), ("2001::1", "reserved"), ("2001:db8::1", "documentation"),
            ("3fff::1", "documentation"), ("::ffff:127.0.0.1", "loopback address in the form of a mapped"),
            ("::ffff:169.254.169.254", "link-local address in the form of a mapped"),
            ("64:ff9b::10.0.0.1", "private address in the form of a NAT64"), ("64:ff9b:1::1", "reserved"),
            ("2002:7f00:1::1", "loopback address in the form of a 6to4"),
            ("2002:c0a8:1::1", "private address in the form of a 6to4"),
        ])
    func refused(address: String, word: String) throws {
        #expect(try kind(address)?.contains(word) == true)
    }

    @Test(
        "Allowed, up to the edges of what is refused",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
            "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:200::1", "2001:db7::1",
            "3ffe::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1",
        ])
    func allowed(address: String) throws {
        #expect(try kind(address) == nil)
    }

    @Test("A path in the file system is no address")
    func path() throws {
        #expect(AddressPolicy.publicOnly.refusal(try SocketAddress(unixDomainSocketPath: "/run/x")) != nil)
    }

    @Test("The system finds this machine, under its name and in the old ways to write its address")
    func system() async throws {
        for host in ["localhost", "127.1", "2130706433", "0x7f000001"] {
            let addresses = try await SystemResolver().addresses(of: host, port: 80)
            #expect(!addresses.isEmpty)
            #expect(addresses.allSatisfy { AddressPolicy.publicOnly.refusal($0)?.contains("loopback") == true })
            #expect(addresses.allSatisfy { $0.port == 80 })
        }
    }
}
