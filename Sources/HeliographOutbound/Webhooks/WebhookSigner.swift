import Crypto
import Foundation

/// Signs requests by the Standard Webhooks scheme (standardwebhooks.com), with HMAC-SHA256.
struct WebhookSigner: Sendable {
    /// The scheme's least length of a key, in bytes.
    private static let leastBytes = 24

    private let keys: [SymmetricKey]

    /// - Parameter secrets: One secret, or several separated by blanks.
    init(secrets: String) throws(OutboundTargetError) {
        var keys: [SymmetricKey] = []
        for secret in secrets.split(whereSeparator: \.isWhitespace) { keys.append(try Self.key(of: secret)) }
        guard !keys.isEmpty else {
            throw OutboundTargetError("the webhook's secret is empty: give whsec_… or a text of at least 24 bytes")
        }
        self.keys = keys
    }

    /// The value of the header `webhook-signature`: one signature for each secret.
    ///
    /// - Parameters:
    ///   - id: What the header `webhook-id` says.
    ///   - timestamp: What the header `webhook-timestamp` says: seconds since 1970.
    ///   - body: The request's body.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        keys.map { key in
            var code = HMAC<SHA256>(key: key)
            code.update(data: Array("\(id).\(timestamp).".utf8))
            code.update(data: body)
            return "v1,\(Data(code.finalize()).base64EncodedString())"
        }.joined(separator: " ")
    }

    private static func key(of secret: Substring) throws(OutboundTargetError) -> SymmetricKey {
        let prefix = "whsec_"
        guard secret.hasPrefix(prefix) else {
            guard secret.utf8.count >= leastBytes else {
                throw OutboundTargetError(
                    "a secret of a webhook has to have at least \(leastBytes) bytes, for example what "
                        + "`openssl rand -base64 32` prints")
            }
            return SymmetricKey(data: Data(secret.utf8))
        }
        let code = secret.dropFirst(prefix.count)
        // Written with and without the padding at its end.
        let padding = String(repeating: "=", count: (4 - code.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: code + padding), data.count >= leastBytes else {
            throw OutboundTargetError(
                "what follows \(prefix) in a secret of a webhook has to be base64 of at least \(leastBytes) bytes")
        }
        return SymmetricKey(data: data)
    }
}
