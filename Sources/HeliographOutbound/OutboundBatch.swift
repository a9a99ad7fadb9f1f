/// Records on their way to the outside, and what tells the receiver that it has seen them before.
///
/// ```swift
/// let batch = OutboundBatch(id: "mailing-17", lines: [#"{"id":17,"sender":"public.users"}"#])
/// try await Webhook("https://example.org/hook", configuration: .init(secret: secret)).deliver(batch)
/// ```
public struct OutboundBatch: Sendable {
    /// The idempotency key: the same for every attempt to deliver these records, and for no other records.
    ///
    /// 1 to 255 printable ASCII characters without blanks.
    public let id: String
    /// The records, each one JSON value in one line, without the line's end.
    public let lines: [String]
    /// Which attempt this is, counted from 1.
    public let attempt: Int

    /// A batch for one attempt.
    ///
    /// - Parameters:
    ///   - id: The idempotency key.
    ///   - lines: One record each, as JSON.
    ///   - attempt: Which attempt this is, counted from 1.
    public init(id: String, lines: [String], attempt: Int = 1) {
        self.id = id
        self.lines = lines
        self.attempt = attempt
    }

    /// Refuses what would break out of its place: an id that becomes a header and a variable, a record that becomes a
    /// line.
    func check() throws(OutboundFailure) {
        guard (1...255).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OutboundFailure(
                "the id of a batch has to be 1 to 255 printable ASCII characters without blanks", isPermanent: true)
        }
        guard !lines.contains(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) else {
            throw OutboundFailure("a record of the batch \(id) is longer than one line", isPermanent: true)
        }
    }

    /// The records as one JSON array.
    var jsonArray: [UInt8] { bytes(from: "[", between: ",", to: "]") }

    /// The records as lines, each with its end.
    var jsonLines: [UInt8] { bytes(from: "", between: "\n", to: lines.isEmpty ? "" : "\n") }

    private func bytes(from start: String, between separator: String, to end: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(2) { $0 + $1.utf8.count + 1 })
        bytes += start.utf8
        for (index, line) in lines.enumerated() {
            if index > 0 { bytes += separator.utf8 }
            bytes += line.utf8
        }
        bytes += end.utf8
        return bytes
    }
}
