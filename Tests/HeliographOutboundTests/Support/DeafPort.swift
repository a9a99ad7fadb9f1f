import Foundation
import NIOCore

/// A port of loopback where nobody answers.
final class DeafPort: Sendable {
    /// What becomes of connections.
    enum Way {
        /// They are refused.
        case refuses
        /// The system accepts them, without anybody taking them up.
        case accepts
        /// The system leaves them unanswered, as if the network lost them.
        case ignores
    }

    let address: SocketAddress
    private let descriptors: [Int32]

    init(_ way: Way = .refuses) throws {
        let descriptor = try Self.socket()
        var descriptors = [descriptor]
        let wanted = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let backlog: Int32 = way == .ignores ? 0 : 8
        let bound = wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 }
        guard bound, way == .refuses || listen(descriptor, backlog) == 0 else { throw POSIXError(.EADDRINUSE) }
        var name = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(name.count)
        name.withUnsafeMutableBytes {
            _ = getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port follows the family, the most significant byte first.
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(name[2]) << 8 | Int(name[3]))
        // These fill the queue.
        for _ in 0..<(way == .ignores ? 4 : 0) {
            let filler = try Self.socket()
            descriptors.append(filler)
            _ = fcntl(filler, F_SETFL, O_NONBLOCK)
            _ = address.withSockAddr { connect(filler, $0, socklen_t($1)) }
        }
        self.address = address
        self.descriptors = descriptors
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private static func socket() throws -> Int32 {
        #if canImport(Glibc)
            let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = Foundation.socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }
}
