import Foundation
import NIOCore

/// Where a webhook leads, in the parts that a request consists of.
struct WebhookURL: Sendable {
    let isSecure: Bool
    /// The host's name in lower case, or its address without brackets.
    let host: String
    let port: Int
    /// Path and query, as the request names them.
    let target: String
    /// The address, if the URL has one instead of a name.
    let address: SocketAddress?

    /// - Parameters:
    ///   - text: The URL.
    ///   - allowInsecure: Whether it may be `http`.
    init(_ text: String, allowInsecure: Bool) throws(OutboundTargetError) {
        guard let url = URLComponents(string: text, encodingInvalidCharacters: false), let scheme = url.scheme else {
            throw OutboundTargetError("this is no URL: a webhook has one such as https://example.org/hook")
        }
        switch scheme.lowercased() {
        case "https": isSecure = true
        case "http" where allowInsecure: isSecure = false
        case "http":
            throw OutboundTargetError("a webhook has to be https, or insecure ones have to be allowed")
        default:
            throw OutboundTargetError(
                "a webhook has to be https, not \(PrintableText.text(of: scheme.utf8, limit: 40))")
        }
        guard url.percentEncodedUser == nil, url.percentEncodedPassword == nil else {
            throw OutboundTargetError(
                "take the user and password out of the webhook's URL: the signature says who sends")
        }
        guard url.percentEncodedFragment == nil else {
            throw OutboundTargetError("take the fragment, from # on, out of the webhook's URL: it is never sent")
        }
        host = try Self.host(url.encodedHost ?? "")
        port = url.port ?? (isSecure ? 443 : 80)
        guard (1...65_535).contains(port) else {
            throw OutboundTargetError("the port of the webhook's URL has to be between 1 and 65535")
        }
        address = try? SocketAddress(ipAddress: host, port: port)
        guard address != nil || !host.contains(":") else {
            throw OutboundTargetError("the IPv6 address of the webhook's URL cannot be read")
        }
        target =
            (url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath)
            + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    /// What the Host header says: the port only where it is not the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The name in the server's certificate, or `nil` where that has to name the address.
    var serverName: String? {
        if address != nil { return nil }
        return host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    /// For libcurl, which takes from it what to do, the name in the server's certificate, and nothing else.
    var connection: String {
        let name = serverName ?? (host.contains(":") ? "[\(host)]" : host)
        return "\(isSecure ? "https" : "http")://\(name):\(port)/"
    }

    /// Why a webhook does not connect to an address of its host.
    ///
    /// - Parameter kind: What kind of address it is, with its article.
    func refusal(of address: SocketAddress, _ kind: String) -> String {
        let text = address.ipAddress ?? "?"
        return (text == host ? "\(text) is \(kind)" : "\(host) is \(text), \(kind)")
            + ": webhooks lead to the public internet unless private addresses are allowed"
    }

    private static func host(_ text: String) throws(OutboundTargetError) -> String {
        let host = (text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text)
            .lowercased()
        guard !host.isEmpty else {
            throw OutboundTargetError("the webhook's URL has no host: it has to be such as https://example.org/hook")
        }
        guard host.utf8.allSatisfy({ isAllowed($0) }) else {
            throw OutboundTargetError(
                "the webhook's host has to be written in ASCII, for other names in their form xn--…")
        }
        return host
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"): true
        default: false
        }
    }
}
