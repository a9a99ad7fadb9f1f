import Foundation

/// The socket that libcurl has opened for a transfer, if it has, and whether it was ever connected: libcurl does not
/// say whether it ran out of time before that or after.
final class TransferSocket {
    private enum State {
        case none
        case failed(Int32)
        case open(Int32)
        case closed(wasConnected: Bool)
    }

    private var state = State.none

    /// Why the system opened none; `nil` if it did.
    var error: Int32? {
        if case .failed(let number) = state { number } else { nil }
    }

    var isConnected: Bool {
        switch state {
        case .none, .failed: false
        case .open(let descriptor): Self.hasPeer(descriptor)
        case .closed(let wasConnected): wasConnected
        }
    }

    func hasOpened(_ descriptor: Int32) { state = .open(descriptor) }

    /// - Parameter number: Why, by the system's number.
    func hasFailed(_ number: Int32) { state = .failed(number) }

    func isAboutToClose() { state = .closed(wasConnected: isConnected) }

    private static func hasPeer(_ descriptor: Int32) -> Bool {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        return withUnsafeMutableBytes(of: &peer) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getpeername(descriptor, $0.baseAddress, &length) == 0 }
        }
    }
}
