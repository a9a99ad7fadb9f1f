import NIOCore

/// Finds the addresses of a host.
protocol HostResolver: Sendable {
    /// The addresses of a host, the best first.
    ///
    /// - Throws: An error whose description says in one line why there are none; `CancellationError`.
    func addresses(of host: String, port: Int) async throws -> [SocketAddress]
}
