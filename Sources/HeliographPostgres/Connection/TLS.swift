import CLibPQ

/// What libpq does not say about its TLS connection.
enum TLS {
    private typealias Pending = @convention(c) (UnsafeMutableRawPointer) -> Int32

    /// OpenSSL's `SSL_pending`, found at run time: libpq brings the library along, or has been built without.
    private static let pending: Pending? = {
        LibPQ.symbol("SSL_pending").map { unsafeBitCast($0, to: Pending.self) }
    }()

    /// Whether decrypted bytes lie in the TLS library. A record may hold more than libpq reads at once (8 kB; proxies send
    /// up to 16), and the socket is not readable for what has left it already.
    static func hasPending(_ connection: OpaquePointer?) -> Bool {
        guard PQsslInUse(connection) == 1, let pending, let session = PQsslStruct(connection, "OpenSSL") else {
            return false
        }
        return pending(session) > 0
    }
}
