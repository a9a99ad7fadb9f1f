import Testing

@testable import HeliographOutbound

/// The expected signatures are not of this program: the first is the example of the Standard Webhooks specification,
/// the others were computed with Python's `hmac`.
@Suite("Signatures of webhooks")
struct WebhookSignerTests {
    private let body = Array(#"[{"id":1},{"id":2}]"#.utf8)

    @Test("The example of the specification")
    func specification() throws {
        let signer = try WebhookSigner(secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = try signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("Several secrets sign once each, in their order; a text is a key as it is")
    func rotation() throws {
        let signer = try WebhookSigner(
            secrets: " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw  a-raw-secret-that-is-long-enough\n")
        let signature = try signer.signature(id: "batch-1", timestamp: 1_700_000_000, body: body)
        #expect(
            signature
                == "v1,quBc0QvuHDOQCKe7ObqLXDz5/VnAsBcu/ocAIYTp/wI= v1,B5kJc7Pi5huZq35vaMZWtLUa4TA3tT+2TGZlxatpj2w=")
    }

    @Test("Padding may be missing")
    func padding() throws {
        let padded = try WebhookSigner(secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==")
        let bare = try WebhookSigner(secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA")
        #expect(
            try padded.signature(id: "a", timestamp: 1, body: body)
                == bare.signature(id: "a", timestamp: 1, body: body))
    }

    @Test(
        "Secrets that are none, of which nothing is told",
        arguments: [
            "", "  ", "short-s3cret", "whsec_", "whsec_s3cret!!!not-base64!!!!!!", "whsec_czNjcmV0czNjcmV0",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw short-s3cret",
        ])
    func refused(secret: String) throws {
        let message = try complaint { _ = try WebhookSigner(secrets: secret) }
        #expect(message.contains("secret of a webhook") || message.contains("webhook's secret"))
        #expect(!message.contains("s3cret") && !message.contains("czNj"))
    }
}
