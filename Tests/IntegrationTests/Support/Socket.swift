import Foundation

/// A stream socket on 127.0.0.1, and the packets of PostgreSQL's protocol on it. Blocking: for threads.
struct Socket: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    static func make() -> Int32 {
        #if canImport(Glibc)
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return address
    }

    /// A socket that listens on a port that was free.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = make()
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, Foundation.listen(descriptor, 64) == 0 else { return }
                getsockname(descriptor, generic, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        guard port != 0 else { throw ProxyError() }
        return (descriptor, port)
    }

    /// A connection to a port; `nil` if nobody is there.
    static func connect(to port: Int) -> Socket? {
        let descriptor = make()
        var address = address(port)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return Socket(descriptor) }
        Foundation.close(descriptor)
        return nil
    }

    func close() { _ = Foundation.close(descriptor) }

    /// The next packet, whole; `nil` when the other side is gone.
    /// - Parameter typed: whether a byte that says what it is stands before its length, as in all but a client's first.
    func packet(typed: Bool) -> [UInt8]? {
        let head = typed ? 1 : 0
        guard let start = bytes(head + 4) else { return nil }
        let length = start.dropFirst(head).reduce(0) { $0 << 8 | Int($1) }
        guard length >= 4, let rest = bytes(length - 4) else { return nil }
        return start + rest
    }

    private func bytes(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress.map { $0 + filled }, count - filled)
            }
            if got <= 0 { return nil }
            filled += got
        }
        return bytes
    }

    func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
            }
            if written <= 0 { return }
            sent += written
        }
    }
}
