import CLibCurl
import Foundation

/// Opens and closes sockets for libcurl. Only the loop's thread touches it; it has to live until libcurl has closed
/// all.
final class TransferSockets {
    /// By descriptor, those of connections that have been left open as well. Some may be closed already: libcurl 7.88
    /// does that by itself with one that was never connected. They stay until the system gives their number again.
    private var sockets: [curl_socket_t: TransferSocket] = [:]

    /// - Returns: The socket, or `CURL_SOCKET_BAD`.
    func open(to address: UnsafeMutablePointer<curl_sockaddr>, for socket: TransferSocket) -> curl_socket_t {
        let descriptor = heliograph_curl_open_socket(address)
        if descriptor == CURL_SOCKET_BAD {
            socket.hasFailed(errno)
        } else {
            socket.hasOpened(descriptor)
            sockets[descriptor] = socket
        }
        return descriptor
    }

    /// Has a handle tell this object what it is about to close.
    func watch(_ easy: EasyHandle) throws(TransferFault) {
        try easy.set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
        try easy.set(CURLOPT_CLOSESOCKETFUNCTION) { context, descriptor in
            if let context { Unmanaged<TransferSockets>.fromOpaque(context).takeUnretainedValue().forget(descriptor) }
            return Foundation.close(descriptor)
        }
    }

    private func forget(_ descriptor: curl_socket_t) {
        sockets.removeValue(forKey: descriptor)?.isAboutToClose()
    }
}
