import Foundation
import NIOCore

/// A port of loopback where nobody answers.
final class DeafPort: Sendable {
    let address: SocketAddress
    private let descriptor: Int32

    /// - Parameter accepts: Whether the system accepts connections, without anybody taking them up; otherwise they are
    ///   refused.
    init(accepts: Bool = false) throws {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        let wanted = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let bound = wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 }
        guard bound, !accepts || listen(descriptor, 8) == 0 else { throw POSIXError(.EADDRINUSE) }
        var name = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(name.count)
        name.withUnsafeMutableBytes {
            _ = getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port follows the family, the most significant byte first.
        address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(name[2]) << 8 | Int(name[3]))
    }

    deinit { close(descriptor) }
}
