import CLibCrypto
import Foundation

/// Signs requests by the Standard Webhooks scheme (standardwebhooks.com), with HMAC-SHA256.
struct WebhookSigner: Sendable {
    /// The scheme's least length of a key, in bytes.
    private static let leastBytes = 24

    private let keys: [[UInt8]]

    /// - Parameter secrets: One secret, or several separated by blanks.
    init(secrets: String) throws(OutboundTargetError) {
        var keys: [[UInt8]] = []
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
    /// - Throws: ``OutboundFailure`` if OpenSSL refuses to compute it.
    func signature(id: String, timestamp: Int64, body: [UInt8]) throws(OutboundFailure) -> String {
        let message = Array("\(id).\(timestamp).".utf8) + body
        var signatures: [String] = []
        for key in keys {
            signatures.append("v1,\(Data(try Self.code(of: message, key)).base64EncodedString())")
        }
        return signatures.joined(separator: " ")
    }

    /// HMAC-SHA256.
    private static func code(of message: [UInt8], _ key: [UInt8]) throws(OutboundFailure) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // OpenSSL may be told to allow only some algorithms, and less than all memory is not worth a crash.
        guard let keyLength = Int32(exactly: key.count),
            HMAC(EVP_sha256(), key, keyLength, message, message.count, &code, &length) != nil
        else {
            throw OutboundFailure("the request cannot be signed: the OpenSSL of this system does not do HMAC-SHA256")
        }
        return Array(code.prefix(Int(length)))
    }

    private static func key(of secret: Substring) throws(OutboundTargetError) -> [UInt8] {
        let prefix = "whsec_"
        guard secret.hasPrefix(prefix) else {
            guard secret.utf8.count >= leastBytes else {
                throw OutboundTargetError(
                    "a secret of a webhook has to have at least \(leastBytes) bytes, for example what "
                        + "`openssl rand -base64 32` prints")
            }
            return Array(secret.utf8)
        }
        let code = secret.dropFirst(prefix.count)
        // Written with and without the padding at its end.
        let padding = String(repeating: "=", count: (4 - code.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: code + padding), data.count >= leastBytes else {
            throw OutboundTargetError(
                "what follows \(prefix) in a secret of a webhook has to be base64 of at least \(leastBytes) bytes")
        }
        return Array(data)
    }
}
