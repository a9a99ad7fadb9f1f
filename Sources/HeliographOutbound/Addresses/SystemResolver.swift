import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Asks the system: its hosts file, its name servers.
///
/// Each time on a thread of its own. The system's call blocks and cannot be interrupted, for a minute perhaps; on a
/// pool of few threads, one name whose servers are down would keep all other names waiting.
struct SystemResolver: HostResolver {
    /// More are not looked up at once.
    private static let limit = 64
    private static let running = Atomic<Int>(0)

    func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: [SocketAddress].self)
        Self.start(host, port, promise)
        // Nobody waits for a call that goes on after a cancellation. The first result of a promise counts.
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private static func start(_ host: String, _ port: Int, _ promise: EventLoopPromise<[SocketAddress]>) {
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            return promise.fail(OutboundFailure("\(host) was not looked up: the name servers do not keep up"))
        }
        let hasStarted = DetachedThread.start {
            promise.completeWith(Result { try look(up: host, port: port) })
            running.subtract(1, ordering: .relaxed)
        }
        guard !hasStarted else { return }
        running.subtract(1, ordering: .relaxed)
        promise.fail(OutboundFailure("\(host) was not looked up: the system has no thread left"))
    }

    private static func look(up host: String, port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw OutboundFailure("\(host) has no address: \(gai_strerror(status).map { String(cString: $0) } ?? "?")")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap({ SocketAddress($0) }) { addresses.append(address) }
            next = entry.ai_next
        }
        return addresses
    }
}
