import CLibCurl
import Foundation

/// The socket that libcurl has opened for a transfer, if it has, and whether it was ever connected: libcurl does not say
/// whether it ran out of time before that or after.
///
/// A connection that stays open outlives its transfer, so the open socket keeps this object.
final class TransferSocket {
    /// Why the system opened none.
    private(set) var error: Int32 = 0
    private var descriptor = CURL_SOCKET_BAD
    private var wasConnected = false

    var isConnected: Bool { descriptor == CURL_SOCKET_BAD ? wasConnected : Self.hasPeer(descriptor) }

    /// - Returns: The socket, or `CURL_SOCKET_BAD`.
    func open(to address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        descriptor = heliograph_curl_open_socket(address)
        if descriptor == CURL_SOCKET_BAD {
            error = errno
        } else {
            _ = Unmanaged.passRetained(self)
        }
        return descriptor
    }

    /// Has libcurl close by ``close(_:)`` what it opens by ``open(to:)``.
    func watch(_ easy: EasyHandle) throws(TransferFault) {
        try easy.set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
        try easy.set(CURLOPT_CLOSESOCKETFUNCTION) { context, descriptor in
            guard let context else { return Foundation.close(descriptor) }
            return Unmanaged<TransferSocket>.fromOpaque(context).takeRetainedValue().close(descriptor)
        }
    }

    private func close(_ descriptor: curl_socket_t) -> Int32 {
        wasConnected = Self.hasPeer(descriptor)
        self.descriptor = CURL_SOCKET_BAD
        return Foundation.close(descriptor)
    }

    private static func hasPeer(_ descriptor: curl_socket_t) -> Bool {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        return withUnsafeMutableBytes(of: &peer) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getpeername(descriptor, $0.baseAddress, &length) == 0 }
        }
    }
}
