import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Lets any thread cut a connection's socket, but not after libpq has closed it and the number belongs to somebody else.
final class SocketHandle: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// Cuts both directions; who waits for the socket wakes.
    func shutDown() {
        descriptor.withLock { descriptor in
            if let descriptor { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// The socket is about to be closed.
    func forget() { descriptor.withLock { $0 = nil } }
}
