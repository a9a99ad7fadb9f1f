/// Takes an answer in as it comes, and only as much of it as is needed.
struct AnswerReader {
    /// The most that is read of the heads of an answer, hints of 1xx among them, in bytes.
    static let headLimit = 64 << 10
    /// The most that is read of its body, in bytes.
    static let bodyLimit = 64 << 10

    /// The answer, once its head is complete.
    private(set) var answer: WebhookAnswer?
    /// How much has come before the body, in bytes.
    private(set) var headBytes = 0
    /// A head that is not complete.
    private var draft: WebhookAnswer?

    /// - Parameter line: One line of a head, or of what may follow a body, with its end.
    /// - Returns: Whether to read on.
    mutating func readHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Self.headLimit else { return false }
        guard answer == nil else { return true }
        let end = line.lastIndex { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        read(String(decoding: line[..<(end.map { $0 + 1 } ?? 0)], as: UTF8.self))
        return true
    }

    /// - Parameter part: What has come of the body.
    /// - Returns: Whether to read on.
    mutating func readBody(_ part: UnsafeRawBufferPointer) -> Bool {
        answer?.append(part)
        return (answer?.bodyBytes ?? 0) < Self.bodyLimit
    }

    private mutating func read(_ line: String) {
        guard var head = draft else {
            draft = WebhookAnswer(statusLine: line)
            return
        }
        draft = nil
        if line.isEmpty {
            // Hints come before the answer.
            if head.isFinal { answer = head }
        } else {
            head.readHeader(line)
            draft = head
        }
    }
}
