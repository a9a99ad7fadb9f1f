import Foundation
import Synchronization

/// A network between a client and a server, in this process: forwards bytes until it is told to swallow or to cut them.
final class Proxy: Sendable {
    private struct State {
        var descriptors: [Int32] = []
        var isOver = false
    }

    /// Where clients connect to, on 127.0.0.1.
    let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())
    /// Bytes are read and thrown away, connections accepted and left alone: as a cut cable does.
    private let swallows = Atomic<Bool>(false)
    private let swallowsNotifications: Bool

    /// - Parameter swallowsNotifications: whether clients are sent everything but what others NOTIFY.
    init(to target: Int, swallowsNotifications: Bool = false) throws {
        self.target = target
        self.swallowsNotifications = swallowsNotifications
        // To write to a socket that has been cut is an error here, and not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        (listener, port) = try Socket.listen()
        Thread.detachNewThread { [self] in acceptAll() }
    }

    func swallowAll() { swallows.store(true, ordering: .relaxed) }

    func forward() { swallows.store(false, ordering: .relaxed) }

    /// Closes every connection that goes through it; new ones are accepted.
    func cut() {
        let open = state.withLock { $0.descriptors }
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// The thread that accepts closes its descriptor itself: closed from here, its number might be another's by the next accept.
    func end() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func acceptAll() {
        defer { close(listener) }
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 { return }
            let server = Socket.connect(to: target)?.descriptor
            let isOver = state.withLock { state in
                if !state.isOver, let server { state.descriptors += [client, server] }
                return state.isOver
            }
            guard let server, !isOver else {
                close(client)
                if let server { close(server) }
                continue
            }
            Thread.detachNewThread { [self] in pump(from: client, to: server, nil) }
            let filter = swallowsNotifications ? NotificationFilter() : nil
            Thread.detachNewThread { [self] in pump(from: server, to: client, filter) }
        }
    }

    /// Until one side closes; then the other one is told, unless everything is swallowed. (The descriptors stay open for the
    /// test's time: their numbers must not become somebody else's.)
    private func pump(from source: Int32, to target: Int32, _ filter: NotificationFilter?) {
        var filter = filter
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(source, &bytes, bytes.count)
            if count <= 0 { break }
            if swallows.load(ordering: .relaxed) { continue }
            let passed = filter?.pass(bytes[..<count]) ?? Array(bytes[..<count])
            var sent = 0
            while sent < passed.count {
                let written = passed.withUnsafeBytes {
                    write(target, $0.baseAddress.map { $0 + sent }, passed.count - sent)
                }
                if written <= 0 { return }
                sent += written
            }
        }
        if !swallows.load(ordering: .relaxed) { shutdown(target, Int32(SHUT_RDWR)) }
    }
}

struct ProxyError: Error {}
