import Foundation
import NIOHTTP1

/// What a server answered to a webhook, as far as it was read.
struct WebhookAnswer: Sendable {
    let head: HTTPResponseHead
    /// The start of the body, as much as is quoted.
    private(set) var body: [UInt8] = []
    /// How much of the body has come, in bytes.
    private(set) var bodyBytes = 0

    init(_ head: HTTPResponseHead) { self.head = head }

    var isAcknowledgement: Bool { (200..<300).contains(head.status.code) }

    mutating func append(_ part: some Collection<UInt8>) {
        // Four bytes a character at most: what is cut off here would not be quoted anyway.
        body += part.prefix(PrintableText.quotedBytes - body.count)
        bodyBytes += part.count
    }

    /// - Parameters:
    ///   - place: Who answered.
    ///   - now: From when on a date in `Retry-After` counts.
    func failure(of place: String, now: Date) -> OutboundFailure {
        let code = Int(head.status.code)
        var reason =
            "\(place) answered " + PrintableText.text(of: "\(code) \(head.status.reasonPhrase)".utf8, limit: 80)
        if (300..<400).contains(code) {
            let location = head.headers.first(name: "location").map { PrintableText.text(of: $0.utf8) }
            reason += ": redirects are not followed, give the webhook its final URL"
            if let location { reason += " (\(location))" }
        } else {
            let text = PrintableText.text(of: body)
            if !text.isEmpty { reason += ": \(text)" }
        }
        let isBusy = code == 429 || code == 503
        return OutboundFailure(
            reason,
            retryAfter: isBusy
                ? head.headers.first(name: "retry-after").flatMap { RetryAfter.duration(of: $0, now: now) } : nil,
            isPermanent: code == 410,
            statusCode: code)
    }
}
