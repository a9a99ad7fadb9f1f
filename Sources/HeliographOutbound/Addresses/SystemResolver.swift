import Foundation
import NIOCore
import NIOPosix

/// Asks the system: its hosts file, its name servers.
struct SystemResolver: HostResolver {
    func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: [SocketAddress].self)
        NIOThreadPool.singleton.submit { state in
            guard case .active = state else { return promise.fail(CancellationError()) }
            promise.completeWith(Result { try Self.look(up: host, port: port) })
        }
        // The system's call cannot be interrupted; nobody waits for it any longer. The first result of a promise
        // counts.
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
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
            let bytes = UnsafeRawPointer(entry.ai_addr)
            switch entry.ai_family {
            case AF_INET: (bytes?.loadUnaligned(as: sockaddr_in.self)).map { addresses.append(SocketAddress($0)) }
            case AF_INET6: (bytes?.loadUnaligned(as: sockaddr_in6.self)).map { addresses.append(SocketAddress($0)) }
            default: break
            }
            next = entry.ai_next
        }
        return addresses
    }
}
