import Foundation
import NIOCore

extension SocketAddress {
    /// The address in one of the system's structures; `nil` if it is not one of the internet.
    ///
    /// - Parameter address: Followed by as many bytes as its family has.
    init?(_ address: UnsafePointer<sockaddr>) {
        let bytes = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET: self.init(bytes.loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: self.init(bytes.loadUnaligned(as: sockaddr_in6.self))
        default: return nil
        }
    }
}
