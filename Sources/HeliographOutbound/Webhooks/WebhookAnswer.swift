import Foundation

/// What a server answered to a webhook, as far as it was read.
struct WebhookAnswer: Sendable {
    let statusCode: Int
    private let reasonPhrase: String
    private var location: String?
    private var retryAfter: String?
    /// The start of the body, as much as is quoted.
    private var body: [UInt8] = []
    /// How much of the body has come, in bytes.
    private(set) var bodyBytes = 0

    /// - Parameter statusLine: Such as `HTTP/1.1 204 No Content`, without its end.
    init?(statusLine: String) {
        let words = statusLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let code = Int(words[1]), (100...999).contains(code) else {
            return nil
        }
        statusCode = code
        reasonPhrase = words.count > 2 ? String(words[2]) : ""
    }

    /// Whether no other answer follows. (101 would turn to another protocol, which nobody has asked for.)
    var isFinal: Bool { statusCode >= 200 || statusCode == 101 }

    var isAcknowledgement: Bool { (200..<300).contains(statusCode) }

    /// - Parameter line: A name and a value, without the line's end. The first value of a name counts.
    mutating func readHeader(_ line: String) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = String(line[line.index(after: colon)...].drop { $0.isWhitespace })
        switch line[..<colon].lowercased() {
        case "location": location = location ?? value
        case "retry-after": retryAfter = retryAfter ?? value
        default: break
        }
    }

    mutating func append(_ part: some Collection<UInt8>) {
        // Four bytes a character at most: what is cut off here would not be quoted anyway.
        body += part.prefix(PrintableText.quotedBytes - body.count)
        bodyBytes += part.count
    }

    /// - Parameters:
    ///   - place: Who answered.
    ///   - now: From when on a date in `Retry-After` counts.
    func failure(of place: String, now: Date) -> OutboundFailure {
        var reason =
            "\(place) answered " + PrintableText.text(of: "\(statusCode) \(reasonPhrase)".utf8, limit: 80)
        if (300..<400).contains(statusCode) {
            reason += ": redirects are not followed, give the webhook its final URL"
            if let location { reason += " (\(PrintableText.text(of: location.utf8)))" }
        } else {
            let text = PrintableText.text(of: body)
            if !text.isEmpty { reason += ": \(text)" }
        }
        let isBusy = statusCode == 429 || statusCode == 503
        return OutboundFailure(
            reason,
            retryAfter: isBusy ? retryAfter.flatMap { RetryAfter.duration(of: $0, now: now) } : nil,
            isPermanent: statusCode == 410,
            statusCode: statusCode)
    }
}
