import CLibCurl
import Synchronization

/// libcurl's set of transfers, with the connections that they leave open.
///
/// Unchecked, because everything but ``wake()`` is for the thread that waits with it; libcurl documents that one call
/// as safe from any thread.
struct MultiHandle: @unchecked Sendable {
    /// As many connections stay open at most beside those in use.
    private static let idleConnections = 64
    /// Whether libcurl has been told to begin, which it has to be once. There is no end to it: other libraries of the
    /// process may use it.
    private static let hasBegun = Mutex(false)

    let pointer: UnsafeMutableRawPointer

    /// `nil` if the system has no memory or no file descriptors left.
    init?() {
        let hasBegun = Self.hasBegun.withLock { hasBegun in
            // What could not begin for want of memory or descriptors may later.
            hasBegun = hasBegun || curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
            return hasBegun
        }
        guard hasBegun, let pointer = curl_multi_init() else { return nil }
        // libcurl goes without what wakes it if it cannot have it, and nobody would be heard.
        guard curl_multi_wakeup(pointer) == CURLM_OK else {
            _ = curl_multi_cleanup(pointer)
            return nil
        }
        self.pointer = pointer
    }

    /// Has libcurl keep connections open when their transfers end.
    ///
    /// - Parameter count: How many transfers there are. libcurl counts the connections that are in use as well.
    func keepConnections(besideThoseOf count: Int) {
        // Otherwise it would be four times as many as there are transfers, which may be just one at a time.
        _ = heliograph_curl_set_multi_long(pointer, CURLMOPT_MAXCONNECTS, count + Self.idleConnections)
    }

    /// Has a wait end, the current one or the next one. Not after ``free()``.
    func wake() { _ = curl_multi_wakeup(pointer) }

    /// Closes all connections. No transfer may be left.
    func free() { _ = curl_multi_cleanup(pointer) }
}
