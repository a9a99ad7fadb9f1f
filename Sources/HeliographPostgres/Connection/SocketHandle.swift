import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A connection's socket under a descriptor of our own.
///
/// libpq closes its descriptor by itself when a read fails, and the number may belong to somebody else a moment later: who
/// waited for it by that number would wait for, or cut, a stranger's socket.
final class SocketHandle: Sendable {
    /// `nil` once closed.
    private let descriptor: Mutex<Int32?>
    /// Valid until ``close()``.
    let number: Int32
    private let isShut = Atomic(false)

    /// - Parameter original: libpq's descriptor.
    /// - Returns: `nil` if the process has no descriptor left.
    init?(duplicating original: Int32) {
        let copy = fcntl(original, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        number = copy
        descriptor = Mutex(copy)
    }

    deinit { _ = close() }

    /// Whether bytes, or the end of the stream, lie in the socket. Not after ``close()``.
    var hasBytes: Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Cuts both directions, from any thread; who waits for the socket wakes.
    func shutDown() {
        isShut.store(true, ordering: .relaxed)
        descriptor.withLock { descriptor in
            if let descriptor { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Whether it has been cut, though that may not have been noticed yet.
    var isCut: Bool { isShut.load(ordering: .relaxed) }

    /// Closes the descriptor. Nobody may wait for it any more.
    /// - Returns: whether it was open.
    @discardableResult
    func close() -> Bool {
        let open = descriptor.withLock { $0.take() }
        guard let open else { return false }
        #if canImport(Darwin)
            Darwin.close(open)
        #elseif canImport(Musl)
            Musl.close(open)
        #else
            Glibc.close(open)
        #endif
        return true
    }
}
