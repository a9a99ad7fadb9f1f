/// What a test server answers.
struct TestReply: Sendable {
    /// The whole answer, head and body, as it goes over the wire.
    var bytes: String
    /// Whether the connection stays open after it.
    var holds = false

    static let ok = TestReply(bytes: "HTTP/1.1 204 No Content\r\n\r\n")
    static let silence = TestReply(bytes: "", holds: true)

    static func status(_ line: String, _ headers: [String] = [], body: String = "") -> TestReply {
        let head = ["HTTP/1.1 \(line)"] + headers + ["Content-Length: \(body.utf8.count)", "", ""]
        return TestReply(bytes: head.joined(separator: "\r\n") + body)
    }
}
