/// The end of what a command wrote.
struct OutputTail: Sendable {
    /// More than is ever quoted of a line, in bytes.
    private static let limit = 4096

    private var bytes: [UInt8] = []

    mutating func append(_ part: some Collection<UInt8>) {
        bytes += part.suffix(Self.limit)
        if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    /// The last line with anything in it, made printable; empty if there is none.
    var lastLine: String {
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        return lines.reversed().lazy.map { PrintableText.text(of: $0) }.first { !$0.isEmpty } ?? ""
    }
}
