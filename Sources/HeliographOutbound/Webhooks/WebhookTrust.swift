import CLibCurl
import Foundation

/// Which authorities may vouch for a webhook's server.
enum WebhookTrust: Sendable {
    /// Those of the system.
    case system
    /// Those in a file, in PEM, and no others.
    case file(String)

    /// Tells early what would otherwise keep every delivery from agreeing on TLS.
    func check() throws(OutboundTargetError) {
        guard heliograph_curl_has_tls() != 0 else {
            throw OutboundTargetError(
                "the libcurl of this system knows no TLS: install one that does, such as libcurl4 of Debian")
        }
        guard let path, access(path, R_OK) != 0 else { return }
        throw OutboundTargetError(
            "cannot prepare TLS, are the system's certificates installed (ca-certificates)? "
                + "\(PrintableText.text(of: path.utf8)): \(String(cString: strerror(errno)))")
    }

    private var path: String? {
        switch self {
        case .file(let path): path
        case .system:
            // Copied while the handle is there.
            EasyHandle().flatMap { heliograph_curl_default_ca_file($0.pointer).map { String(cString: $0) } }
        }
    }
}
