/// What a test server answers.
struct TestReply: Sendable {
    /// The whole answer, head and body, as it goes over the wire.
    var bytes: String
    /// Whether the connection stays open after it.
    var holds = false
    /// Whether it comes before the request's body.
    var isEarly = false

    static let ok = TestReply(bytes: "HTTP/1.1 204 No Content\r\n\r\n")
    /// The same on a connection that stays open.
    static let kept = TestReply(bytes: "HTTP/1.1 204 No Content\r\n\r\n", holds: true)
    static let silence = TestReply(bytes: "", holds: true)
    /// The end of the connection in place of an answer.
    static let hangUp = TestReply(bytes: "")

    static func status(_ line: String, _ headers: [String] = [], body: String = "", holds: Bool = false) -> TestReply {
        let head = ["HTTP/1.1 \(line)"] + headers + ["Content-Length: \(body.utf8.count)", "", ""]
        return TestReply(bytes: head.joined(separator: "\r\n") + body, holds: holds)
    }
}
