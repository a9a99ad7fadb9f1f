import CLibCurl
import NIOCore

extension EasyHandle {
    /// Has the handle connect to an address, whatever its URL names.
    ///
    /// - Returns: Whether the connection may serve others that go to the same address and port.
    func setTarget(_ address: SocketAddress) throws(TransferFault) -> Bool {
        guard let host = address.ipAddress, let port = address.port else {
            throw TransferFault("\(address) is no address of the internet")
        }
        // Any host and any port of the URL; a colon after each.
        try setConnectTo("::\(host.contains(":") ? "[\(host)]" : host):\(port)")
        let scope = Self.scope(of: address)
        guard scope != 0 else { return true }
        try set(CURLOPT_ADDRESS_SCOPE, Int(scope))
        return false
    }

    /// Of link-local addresses, the network they are in, which libcurl does not tell connections apart by; otherwise 0.
    private static func scope(of address: SocketAddress) -> UInt32 {
        guard case .v6 = address else { return 0 }
        // Where the system's structures keep it, on all of them.
        return address.withSockAddr { address, _ in
            UnsafeRawPointer(address).loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        }
    }
}
