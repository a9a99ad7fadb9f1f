import Foundation
import Synchronization

/// A network between workers and the server: delays, cuts, and loses what passes through it.
final class NetworkProxy: Sendable {
    /// What becomes of bytes.
    enum Weather: Sendable {
        case clear
        /// Each piece waits for up to so many milliseconds.
        case slow(Int)
        /// Nothing arrives, in either direction, and nobody is told: as with a cut cable.
        case lost
        /// What the server says arrives, what the worker says does not.
        case halfOpen
    }

    private struct State {
        var descriptors: Set<Int32> = []
        var weather = Weather.clear
        var isOver = false
    }

    /// Where workers connect to, on 127.0.0.1.
    let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())

    init(to target: Int) throws {
        self.target = target
        // To write to a socket that has been cut is an error here, and not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        (listener, port) = try LoopbackSocket.listen()
        Thread.detachNewThread { [self] in acceptAll() }
    }

    func turn(_ weather: Weather) { state.withLock { $0.weather = weather } }

    /// Closes every connection that goes through it; new ones are accepted. After bytes were lost, what TCP would do.
    func cut() {
        state.withLock { state in
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

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
            guard let server = LoopbackSocket.connect(to: target) else {
                close(client)
                continue
            }
            let isOver = state.withLock { state in
                if !state.isOver { state.descriptors.formUnion([client, server]) }
                return state.isOver
            }
            guard !isOver else {
                close(client)
                close(server)
                return
            }
            let isShared = Pair(client: client, server: server) { [self] in release([client, server]) }
            Thread.detachNewThread { [self] in pump(isShared, fromClient: true) }
            Thread.detachNewThread { [self] in pump(isShared, fromClient: false) }
        }
    }

    /// Before their numbers become somebody else's, nobody may shut them down any more.
    private func release(_ descriptors: [Int32]) {
        state.withLock { $0.descriptors.subtract(descriptors) }
        for descriptor in descriptors { close(descriptor) }
    }

    private func pump(_ pair: Pair, fromClient: Bool) {
        let (source, target) = fromClient ? (pair.client, pair.server) : (pair.server, pair.client)
        defer { pair.finish() }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(source, &bytes, bytes.count)
            if count <= 0 { break }
            switch state.withLock({ $0.weather }) {
            case .clear: break
            case .slow(let limit): usleep(UInt32(Int.random(in: 0...limit)) * 1_000)
            case .lost: continue
            case .halfOpen where fromClient: continue
            case .halfOpen: break
            }
            var sent = 0
            while sent < count {
                let written = bytes.withUnsafeBytes { write(target, $0.baseAddress.map { $0 + sent }, count - sent) }
                if written <= 0 { break }
                sent += written
            }
            if sent < count { break }
        }
        // While everything is lost, nobody hears of an end either.
        if case .lost = state.withLock({ $0.weather }) { return }
        shutdown(target, Int32(SHUT_RDWR))
    }

    /// The two ends of a connection, closed when both directions have ended.
    private final class Pair: Sendable {
        let client: Int32
        let server: Int32
        private let left = Mutex(2)
        private let onEnd: @Sendable () -> Void

        init(client: Int32, server: Int32, onEnd: @escaping @Sendable () -> Void) {
            self.client = client
            self.server = server
            self.onEnd = onEnd
        }

        func finish() {
            let isLast = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isLast { onEnd() }
        }
    }
}
