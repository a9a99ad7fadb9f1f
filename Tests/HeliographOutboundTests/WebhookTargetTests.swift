import NIOCore
import Testing

@testable import HeliographOutbound

@Suite("What a webhook can be made of")
struct WebhookTargetTests {
    private func complaint(_ url: String, _ configuration: Webhook.Configuration = .init(unsigned: true)) throws
        -> String
    {
        try HeliographOutboundTests.complaint { _ = try Webhook(url, configuration: configuration) }
    }

    @Test(
        "URLs that are refused, and why",
        arguments: [
            ("", "no URL"), ("hook", "no URL"), ("https://exa mple.org/", "no URL"),
            ("https://example.org/\r\nX: y", "no URL"),
            ("http://example.org/", "has to be https"), ("ftp://example.org/", "not ftp"),
            ("file:///etc/passwd", "not file"),
            ("https:///hook", "has no host"), ("https://user@example.org/", "take the user"),
            ("https://user:pass@example.org/", "take the user"), ("https://@example.org/", "take the user"),
            ("https://example.org/#part", "take the fragment"), ("https://example.org:0/", "port"),
            ("https://example.org:70000/", "port"), ("https://ex%61mple.org/", "ASCII"),
            ("https://[fe80::1%25eth0]/", "ASCII"),
            ("https://[1:2]/", "IPv6"), ("https://127.0.0.1/", "127.0.0.1 is a loopback address"),
            ("https://[::1]:8443/", "::1 is a loopback address"), ("https://169.254.169.254/", "link-local"),
        ])
    func refused(url: String, why: String) throws {
        #expect(try complaint(url).contains(why))
    }

    @Test("The parts of a URL")
    func parts() throws {
        let plain = try WebhookURL("HTTPS://Example.ORG", allowInsecure: false)
        #expect(
            plain.host == "example.org" && plain.port == 443 && plain.target == "/" && plain.authority == "example.org")
        let full = try WebhookURL("http://example.org.:8080/a%20b?c=d&e", allowInsecure: true)
        #expect(
            full.target == "/a%20b?c=d&e" && full.authority == "example.org.:8080" && full.serverName == "example.org")
        #expect(!full.isSecure)
        let address = try WebhookURL("https://[2606:4700::1111]:444/", allowInsecure: false)
        #expect(address.authority == "[2606:4700::1111]:444" && address.serverName == nil)
        #expect(address.address?.ipAddress == "2606:4700::1111" && address.address?.port == 444)
    }

    @Test("Without a secret only if that is said, and not both")
    func secret() throws {
        #expect(try complaint("https://example.org/", .init()).contains("needs a secret"))
        let secret = "a-raw-secret-that-is-long-enough"
        #expect(try complaint("https://example.org/", .init(secret: secret, unsigned: true)).contains("leave out"))
        #expect(throws: Never.self) { try Webhook("https://example.org/", configuration: .init(secret: secret)) }
    }

    @Test("Time-outs that cannot be meant", arguments: [Duration.zero, .seconds(-1), .seconds(86_401)])
    func timeouts(timeout: Duration) throws {
        #expect(try complaint("https://example.org/", .init(unsigned: true, timeout: timeout)).contains("time-out"))
        #expect(
            try complaint("https://example.org/", .init(unsigned: true, connectTimeout: timeout)).contains("time-out"))
    }

    @Test("A configuration that is printed does not tell the secret")
    func discreet() {
        let configuration = Webhook.Configuration(secret: "a-raw-secret-that-is-long-enough")
        #expect(!"\(configuration) \(String(reflecting: configuration))".contains("raw-secret"))
    }
}
